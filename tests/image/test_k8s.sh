#!/bin/bash
# test_k8s.sh - holds the example manifests, the charts and the kustomization to their rules, to the Kubernetes API's schema
# (with node and the packages that k8s-validate.mjs names, in K8S_NODE_MODULES), and brings each up with podman, gate-emulator
# in Gate's place. What cannot run here is named; exit 77: nothing can be brought up.
# shellcheck source=tests/image/lib.sh
. "$(dirname "$0")/lib.sh"
examples=$repo/config/kubernetes
sidecars=("$examples/sidecar.yaml" "$examples/sidecar-unix.yaml" "$examples/plain-sidecar.yaml")
answering=("$examples/answering.yaml")
charts=$repo/tests/charts

python3 -c 'import yaml' 2>/dev/null || skip "python3 has no yaml"
work=$(mktemp -d)
variant=$work/gate-sidecar-test.yaml
sidecar=
tidy() {
  [ -f "$variant" ] || return 0
  "$IMAGE_SH" kube down "$variant" || true
  # podman keeps what a ConfigMap became
  for volume in $(python3 "$here/kube_variant.py" --volumes "$variant"); do podman volume rm -f "$volume" || true; done
}
cleanup() {
  local code=$?
  [ $code = 0 ] || [ -z "$sidecar" ] || podman logs --tail 20 "$sidecar" || true
  tidy >/dev/null 2>&1
  rm -rf "$work"; exit $code
}
trap cleanup EXIT

is_valid() {
  if ! command -v node >/dev/null || [ ! -d "${K8S_NODE_MODULES:-/nowhere}" ]; then
    echo "not checked against the API's schema: no node, or no K8S_NODE_MODULES"
    return
  fi
  check "$(basename "$1") is valid" node "$here/k8s-validate.mjs" "$1"
}
for manifest in "${sidecars[@]}" "${answering[@]}" "$examples/doctor.yaml"; do
  check "$(basename "$manifest") keeps its rules" python3 "$here/check_manifest.py" "$manifest"
  is_valid "$manifest"
done
is_valid "$examples/require-sidecar.yaml"
if [ -d "${K8S_NODE_MODULES:-/nowhere}/@bufbuild/cel" ]; then
  check "the admission policy lets the examples in, and wrong Pods not" \
    node "$here/admission.mjs" "$examples/require-sidecar.yaml" "${sidecars[@]}"
else
  echo "the admission policy is not evaluated: no @bufbuild/cel in K8S_NODE_MODULES"
fi

if "$charts/render.sh" "$work/charts"; then
  for name in api extra answering; do is_valid "$work/charts/$name.yaml"; done
  sidecars+=("$work/charts/api.yaml" "$work/charts/extra.yaml"); answering+=("$work/charts/answering.yaml")
elif [ $? != 77 ]; then
  fail "the charts"
fi

require_images
require_kustomize
podman run --rm --network none -v "$repo/config:/config:ro" "$KUSTOMIZE_IMAGE" build /config/kustomize/example > "$work/kustomized.yaml"
check "the kustomization keeps its rules" python3 "$charts/check_rendered.py" "$work/kustomized.yaml"
is_valid "$work/kustomized.yaml"
sidecars+=("$work/kustomized.yaml")

health() { podman exec "$sidecar" /usr/bin/gate-sidecar healthcheck; }
get() { local port=$1 path=$2; shift 2; curl -s -o "$work/answer" -m 10 -w '%{http_code}' "$@" "http://$address:$port$path" || true; }
bearer="Authorization: Bearer $TOKEN"
through() { [ "$(get 8080 / -H "$bearer")" = 200 ]; }
not_ready() { [ "$(get 9902 /readyz)" = 503 ]; }
down() { "$IMAGE_SH" kube down "$variant" >/dev/null 2>&1; }

# up MANIFEST NAME-OF-DEPLOYMENT: its Pod runs and is healthy; sets sidecar and address.
up() {
  local pod infra
  echo "$(basename "$1"):"
  tidy >/dev/null 2>&1
  python3 "$here/kube_variant.py" "$1" "$GATE_IMAGE" "$SAMPLE_IMAGE" "$SECRET_KEY" "$TOKEN" "$work/socket" > "$variant"
  tidy >/dev/null 2>&1
  "$IMAGE_SH" kube up "$variant" > "$work/up.log" 2>&1 || { cat "$work/up.log"; fail "the manifest does not come up"; }
  sidecar=$2-pod-0-gate-sidecar
  check "the sidecar is healthy" wait_until 15 health
  pod=$(podman inspect -f '{{.Pod}}' "$sidecar")
  infra=$(podman pod inspect -f '{{.InfraContainerID}}' "$pod")
  address=$(podman inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$infra")
  expect "/livez, as the start-up and liveness probes ask it" 200 "$(get 9902 /livez)"
  expect "/readyz, as the readiness probe asks it" 200 "$(get 9902 /readyz)"
  expect "the admin listener cannot be reached from outside" 000 "$(get 9901 /)"
}

# As an emptyDir is for the Pod's fsGroup.
chmod 755 "$work"
install -d -m 2775 -o 65533 -g 65532 "$work/socket"
for manifest in "${sidecars[@]}"; do
  up "$manifest" sample-api
  expect "no token: 401" 401 "$(get 8080 /)"
  check "a token that Gate knows: 200" wait_until 15 through
  expect_in "the API sees the account" gacct_demo "$(cat "$work/answer")"
  expect_not_in "the API sees no token" "$TOKEN" "$(cat "$work/answer")"
  expect "the API cannot be reached past the sidecar" 000 "$(get 3000 /)"
  podman exec "$sidecar" /usr/bin/gate-sidecar drain
  check "the preStop hook makes it not ready" wait_until 3 not_ready
  expect "while requests still pass" 200 "$(get 8080 / -H "$bearer")"
  check "the manifest goes down" down
done

# What proxies send of the original request, in both ways.
original=(-H 'X-Forwarded-Method: GET' -H 'X-Forwarded-Uri: /orders' -H 'X-Forwarded-Host: api.test'
  -H 'X-Original-Method: GET' -H 'X-Original-URI: /orders')
answer() { get 9904 /auth "${original[@]}" "$@" -D "$work/head"; }
allows() { [ "$(answer -H "$bearer")" = 200 ]; }
for manifest in "${answering[@]}"; do
  up "$manifest" "$(python3 -c 'import sys, yaml; print(*[d["metadata"]["name"] for d in yaml.safe_load_all(open(sys.argv[1])) if d["kind"] == "Deployment"])' "$manifest")"
  expect "no token: 401" 401 "$(answer)"
  check "a token that Gate knows: 200" wait_until 15 allows
  expect_in "the proxy is told the account" gacct_demo "$(cat "$work/head")"
  expect "nothing is proxied for others" 000 "$(get 8080 / -H "$bearer")"
  check "the manifest goes down" down
done
echo "kubernetes: all passed"
