#!/bin/bash
# test_compose.sh - holds the compose examples to their rules, has them read by Compose where there is one, and starts
# the services of each with podman as the file says. Exit 77: they cannot be started here.
# shellcheck source=tests/image/lib.sh
. "$(dirname "$0")/lib.sh"
examples=("$repo/docker/compose.yaml" "$repo/docker/compose-unix.yaml")

python3 -c 'import yaml' 2>/dev/null || skip "python3 has no yaml"
for compose in "${examples[@]}" "$repo/docker/compose.fleet.yaml"; do
  check "$(basename "$compose") keeps its rules" python3 "$here/check_compose.py" "$compose"
  if docker compose version >/dev/null 2>&1; then
    check "Compose reads it" docker compose -f "$compose" config --quiet
  elif command -v docker-compose >/dev/null; then
    # The first Compose knows every key but the project's name.
    old_compose() { sed '/^name:/d' "$compose" | docker-compose --project-directory "$repo/docker" -f - config --quiet; }
    check "Compose 1 reads it" old_compose
  else
    echo "not read by Compose: there is none"
  fi
done

require_images
run=gate-compose-test-$$
work=$(mktemp -d)
tidy() {
  remove "$run-gate-emulator" "$run-sample-api" "$run-store" "$run-sidecar-3" "$run-sidecar-2" "$run-sidecar-1" "$run-sidecar"
  podman volume rm -f "$run-api-socket" >/dev/null 2>&1 || true
}
cleanup() {
  local code=$?
  if [ $code != 0 ]; then
    for name in sidecar sidecar-1 sidecar-2 sidecar-3 store gate-emulator; do podman logs --tail 20 "$run-$name" 2>&1 || true; done
  fi
  tidy
  rm -rf "$work"
  exit $code
}
trap cleanup EXIT

start() {
  local arguments
  mapfile -t arguments < <(python3 "$here/compose_run.py" "$compose" "$1" "$run" "$2")
  podman "${arguments[@]}" >/dev/null
}
make_volumes() {
  local volume
  while read -ra volume; do podman volume create "${volume[@]}" >/dev/null; done \
    < <(python3 "$here/compose_run.py" "$compose" --volumes "$run")
}
ask() { status_of "$run-sidecar" http://127.0.0.1:8080/ "$@"; }
passes() { [ "$(ask -H "Authorization: Bearer $token")" = 200 ]; }

for compose in "${examples[@]}"; do
  echo "$(basename "$compose"):"
  make_volumes
  start sidecar "$GATE_IMAGE"; start sample-api "$SAMPLE_IMAGE"; start gate-emulator "$GATE_IMAGE"
  # What the head of the file tells its reader to try.
  token=$(sed -n "s/^#.*Bearer \([^']*\)'.*/\1/p" "$compose" | head -n 1)
  check "the token in its head passes: 200" wait_until 15 passes
  expect "no token: 401" 401 "$(ask)"
  expect_in "the API sees the account" gacct_demo \
    "$(in_network "$run-sidecar" curl -s -m 10 http://127.0.0.1:8080/ -H "Authorization: Bearer $token")"
  tidy
done

require_store
compose=$repo/docker/compose.fleet.yaml
echo "$(basename "$compose"):"
for number in 1 2 3; do start "sidecar-$number" "$GATE_IMAGE"; done
start store "$STORE_IMAGE"; start sample-api "$SAMPLE_IMAGE"; start gate-emulator "$GATE_IMAGE"
# Each knows the store, and of all three.
share() {
  local number
  for number in 1 2 3; do
    in_network "$run-sidecar-1" curl -fsS -m 10 "http://127.0.0.1:991$number/metrics" > "$work/metrics" || return 1
    grep -qx 'gate_fleet_connected 1' "$work/metrics" && grep -qx 'gate_fleet_replicas 3' "$work/metrics" || return 1
  done
}
check "the three share the store" wait_until 30 share
expect "its script: one call to Gate for all three" \
  "sidecar-1: 200, 1 calls to Gate so far sidecar-2: 200, 0 calls to Gate so far sidecar-3: 200, 0 calls to Gate so far all three together: 1 " \
  "$(in_network "$run-sidecar-1" "$repo/docker/fleet.sh" | tr '\n' ' ')"
tidy
echo "compose: all passed"
