#!/bin/bash
# test_k8s.sh - holds the example manifests to their rules, to the Kubernetes API's schema (with node and the packages
# that k8s-validate.mjs names, in K8S_NODE_MODULES), and brings each up with podman, gate-emulator in Gate's place.
# What cannot run here is named; exit 77: it cannot be brought up.
# shellcheck source=tests/image/lib.sh
. "$(dirname "$0")/lib.sh"
manifests=("$repo/config/kubernetes/sidecar.yaml" "$repo/config/kubernetes/sidecar-unix.yaml")

python3 -c 'import yaml' 2>/dev/null || skip "python3 has no yaml"
for manifest in "${manifests[@]}"; do
  check "$(basename "$manifest") keeps its rules" python3 "$here/check_manifest.py" "$manifest"
  if command -v node >/dev/null && [ -d "${K8S_NODE_MODULES:-/nowhere}" ]; then
    check "the manifest is valid" node "$here/k8s-validate.mjs" "$manifest"
  else
    echo "not checked against the API's schema: no node, or no K8S_NODE_MODULES"
  fi
done

require_images
work=$(mktemp -d)
variant=$work/gate-sidecar-test.yaml
sidecar=sample-api-pod-0-gate-sidecar
tidy() {
  "$IMAGE_SH" kube down "$variant" || true
  podman volume rm -f gate-sidecar gate-secret-key || true  # podman keeps what a ConfigMap became
}
cleanup() {
  local code=$?
  [ $code = 0 ] || podman logs --tail 20 "$sidecar" || true
  tidy >/dev/null 2>&1
  rm -rf "$work"; exit $code
}
trap cleanup EXIT

health() { podman exec "$sidecar" /usr/bin/gate-sidecar healthcheck; }
get() { local port=$1 path=$2; shift 2; curl -s -o "$work/answer" -m 10 -w '%{http_code}' "$@" "http://$address:$port$path" || true; }
bearer="Authorization: Bearer $TOKEN"
through() { [ "$(get 8080 / -H "$bearer")" = 200 ]; }
not_ready() { [ "$(get 9902 /readyz)" = 503 ]; }
down() { "$IMAGE_SH" kube down "$variant" >/dev/null 2>&1; }

# As an emptyDir is for the Pod's fsGroup.
chmod 755 "$work"
install -d -m 2775 -o 65533 -g 65532 "$work/socket"
for manifest in "${manifests[@]}"; do
  echo "$(basename "$manifest"):"
  python3 "$here/kube_variant.py" "$manifest" "$GATE_IMAGE" "$SAMPLE_IMAGE" "$SECRET_KEY" "$TOKEN" "$work/socket" > "$variant"
  tidy >/dev/null 2>&1
  "$IMAGE_SH" kube up "$variant" > "$work/up.log" 2>&1 || { cat "$work/up.log"; fail "the manifest does not come up"; }
  check "the sidecar is healthy" wait_until 15 health

  pod=$(podman inspect -f '{{.Pod}}' "$sidecar")
  infra=$(podman pod inspect -f '{{.InfraContainerID}}' "$pod")
  address=$(podman inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$infra")
  expect "/livez, as the start-up and liveness probes ask it" 200 "$(get 9902 /livez)"
  expect "/readyz, as the readiness probe asks it" 200 "$(get 9902 /readyz)"
  expect "no token: 401" 401 "$(get 8080 /)"
  check "a token that Gate knows: 200" wait_until 15 through
  expect_in "the API sees the account" gacct_demo "$(cat "$work/answer")"
  expect_not_in "the API sees no token" "$TOKEN" "$(cat "$work/answer")"
  expect "the API cannot be reached past the sidecar" 000 "$(get 3000 /)"
  expect "the admin listener cannot be reached from outside" 000 "$(get 9901 /)"

  podman exec "$sidecar" /usr/bin/gate-sidecar drain
  check "the preStop hook makes it not ready" wait_until 3 not_ready
  expect "while requests still pass" 200 "$(get 8080 / -H "$bearer")"
  check "the manifest goes down" down
done
echo "kubernetes: all passed"
