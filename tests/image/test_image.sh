#!/bin/bash
# test_image.sh - builds the image and holds it to what it promises: small, without a shell or a superuser, fit for
# a read-only root without capabilities, and working: requests, health check, drain, end. Exit 77: cannot run here.
# shellcheck source=tests/image/lib.sh
. "$(dirname "$0")/lib.sh"
require_images
run=gate-image-test-$$
hardened=(--pull never --no-healthcheck --read-only --cap-drop ALL --security-opt no-new-privileges)
work=$(mktemp -d)
cleanup() {
  local code=$?
  if [ $code != 0 ]; then for name in sidecar emulator api; do podman logs --tail 20 "$run-$name" 2>&1 || true; done; fi
  remove "$run-files" "$run-ending" "$run-tls-api" "$run-tls-emulator" "$run-tls" "$run-emulator" "$run-api" "$run-sidecar"
  rm -rf "$work"; exit $code
}
trap cleanup EXIT

inspect() { podman image inspect -f "$1" "$GATE_IMAGE"; }
once() { podman run --rm --network none "${hardened[@]}" "$GATE_IMAGE" "$@"; }

# What is in it
size=$(inspect '{{.Size}}')
check "is under 25 MB: $((size / 1000)) kB" [ "$size" -lt 25000000 ]
expect "runs as 65532" 65532:65532 "$(inspect '{{.User}}')"
expect "starts the sidecar" '[/usr/bin/gate-sidecar]' "$(inspect '{{.Config.Entrypoint}}')"
expect "is checked by the sidecar itself" '[CMD /usr/bin/gate-sidecar healthcheck]' "$(inspect '{{.HealthCheck.Test}}')"
expect "names its licence" Apache-2.0 "$(inspect '{{index .Labels "org.opencontainers.image.licenses"}}')"
expect_not_in "has no secret in its environment" KEY "$(inspect '{{.Config.Env}}')"

podman create --name "$run-files" "$GATE_IMAGE" >/dev/null
podman export -o "$work/files.tar" "$run-files"
tar tf "$work/files.tar" > "$work/files"; tar tvf "$work/files.tar" > "$work/modes"
expect "has the two programs and no other" "usr/bin/gate-emulator usr/bin/gate-sidecar " \
  "$(grep -E '^(usr/)?(local/)?s?bin/.' "$work/files" | sort | tr '\n' ' ')"
expect "has no shell" "" "$(grep -E '(^|/)(sh|bash|dash|busybox)$' "$work/files" || true)"
expect "has nothing set-uid or writable by all" "" "$(grep -E '^[^l]..[sS]|^[^l].{5}[sS]|^[^l].{7}w' "$work/modes" || true)"
for package in libc6 libssl-dev libyaml-cpp-dev; do
  expect "tells scanners of $package" "Package: $package" \
    "$(tar xOf "$work/files.tar" "var/lib/dpkg/status.d/$package" | grep ^Package:)"
done
awk '$1 ~ /^-/ && $6 ~ /\.so(\.|$)/ {print $6}' "$work/modes" | sort > "$work/libraries"
tar xOf "$work/files.tar" --wildcards 'var/lib/dpkg/status.d/*.md5sums' | awk '{print $2}' | sort > "$work/named"
expect "every library belongs to a package that is named" "" "$(comm -23 "$work/libraries" "$work/named")"
check "libraries were found" [ -s "$work/libraries" ]

for program in gate-sidecar gate-emulator; do
  tar xOf "$work/files.tar" "usr/share/doc/$program/$program.spdx.json" > "$work/sbom"
  tar xOf "$work/files.tar" "usr/bin/$program" | sha256sum | cut -d' ' -f1 > "$work/digest"
  expect "$program has an SBOM, of this very program" "SPDX-2.3 $program $(cat "$work/digest")" \
    "$(python3 -c 'import json, sys; d = json.load(sys.stdin); p = d["packages"][0]
print(d["spdxVersion"], p["name"], p["checksums"][0]["checksumValue"])' < "$work/sbom")"
  for package in libc6 libboost libstdc++; do expect_in "it names $package" "\"name\": \"$package" "$(cat "$work/sbom")"; done
done
tar xOf "$work/files.tar" usr/share/doc/gate-sidecar/gate-sidecar.spdx.json > "$work/sbom"
for package in libssl-dev libspdlog-dev libyaml-cpp-dev libhiredis-dev; do
  expect_in "the sidecar's names $package" "\"name\": \"$package\"" "$(cat "$work/sbom")"
done

if command -v readelf >/dev/null; then
  for program in gate-sidecar gate-emulator; do
    tar xOf "$work/files.tar" "usr/bin/$program" > "$work/program"
    expect_in "$program can be loaded anywhere" PIE "$(readelf -dW "$work/program" | grep FLAGS_1)"
    expect_in "$program binds its symbols at start" NOW "$(readelf -dW "$work/program" | grep FLAGS_1)"
    expect_in "$program makes its tables read-only" GNU_RELRO "$(readelf -lW "$work/program")"
    expect_in "$program guards its stack" __stack_chk_fail "$(readelf -sW --dyn-syms "$work/program")"
    expect_in "$program checks copies" _chk@ "$(readelf -sW --dyn-syms "$work/program")"
    expect "$program is stripped" "" "$(readelf -SW "$work/program" | grep -F .symtab || true)"
  done
fi

# It runs, hardened
version=$(inspect '{{index .Labels "org.opencontainers.image.version"}}')
expect_in "tells the version that its label tells" "$version" "$(once version)"
lonely_health() { ! once healthcheck >/dev/null 2>&1; }
check "healthcheck fails without a sidecar" lonely_health

# A name in the upstream's URL, so that the image's resolver has something to do.
sidecar_options=(-e FOIL_SECRET_KEY="$SECRET_KEY" -e GATE_SIDECAR_UPSTREAM_URL=http://localhost:3000
  -e GATE_SIDECAR_GATE_BASE_URL=http://127.0.0.1:9903 -e GATE_SIDECAR_SHUTDOWN_GRACE=5s)
podman run -d --name "$run-sidecar" --network none "${hardened[@]}" "${sidecar_options[@]}" \
  -e GATE_SIDECAR_SHUTDOWN_DELAY=4s "$GATE_IMAGE" >/dev/null
health() { podman exec "$run-sidecar" /usr/bin/gate-sidecar healthcheck; }
check "healthcheck succeeds before Gate and the API are there" wait_until 10 health

process=/proc/$(podman inspect -f '{{.State.Pid}}' "$run-sidecar")/status
field() { awk -v name="$1:" '$1 == name {print $2}' "$process"; }
expect "runs with the uid 65532" 65532 "$(field Uid)"
expect "runs without capabilities" 0000000000000000 "$(field CapEff)"
expect "cannot gain privileges" 1 "$(field NoNewPrivs)"

ask() { local path=$1; shift; status_of "$run-sidecar" "http://127.0.0.1:8080$path" "$@"; }
bearer="Authorization: Bearer $TOKEN"
expect "no token: 401" 401 "$(ask /)"
expect "Gate is away: 503" 503 "$(ask / -H "$bearer")"

podman run -d --name "$run-emulator" --network "container:$run-sidecar" "${hardened[@]}" \
  --entrypoint /usr/bin/gate-emulator "$GATE_IMAGE" \
  --secret-key "$SECRET_KEY" --token "$TOKEN=gacct_demo" >/dev/null
podman run -d --name "$run-api" --network "container:$run-sidecar" "${hardened[@]}" "$SAMPLE_IMAGE" >/dev/null
api_up() { [ "$(ask / -H "$bearer")" = 200 ]; }
check "a token that Gate knows: 200" wait_until 15 api_up
expect "an unknown token: 401" 401 "$(ask / -H 'Authorization: Bearer agt_unknown')"
answer=$(in_network "$run-sidecar" curl -s -m 10 http://127.0.0.1:8080/ -H "$bearer" -H 'x_gate_account_id: gacct_forged')
expect_in "the API sees the account" gacct_demo "$answer"
expect_not_in "the API sees no forged account" gacct_forged "$answer"
expect_not_in "the API sees no token" "$TOKEN" "$answer"
expect_not_in "the log shows no token" "$TOKEN" "$(podman logs "$run-sidecar" 2>&1)"
expect_not_in "the log shows no key" "$SECRET_KEY" "$(podman logs "$run-sidecar" 2>&1)"
expect "metrics are served" 200 "$(status_of "$run-sidecar" http://127.0.0.1:9902/metrics)"

# Gate over TLS: the bundle at the system's place is the one that counts.
if command -v openssl >/dev/null; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
  chmod 755 "$work"; chmod 644 "$work/key.pem"
  podman run -d --name "$run-tls" --network none "${hardened[@]}" "${sidecar_options[@]}" \
    -e GATE_SIDECAR_GATE_BASE_URL=https://localhost:9903 \
    -v "$work/cert.pem:/etc/ssl/certs/ca-certificates.crt:ro" "$GATE_IMAGE" >/dev/null
  podman run -d --name "$run-tls-emulator" --network "container:$run-tls" "${hardened[@]}" -v "$work:/keys:ro" \
    --entrypoint /usr/bin/gate-emulator "$GATE_IMAGE" --secret-key "$SECRET_KEY" --token "$TOKEN=gacct_demo" \
    --tls-cert /keys/cert.pem --tls-key /keys/key.pem >/dev/null
  podman run -d --name "$run-tls-api" --network "container:$run-tls" "${hardened[@]}" "$SAMPLE_IMAGE" >/dev/null
  over_tls() { [ "$(status_of "$run-tls" http://127.0.0.1:8080/ -H "$bearer")" = 200 ]; }
  check "Gate is verified against the image's CA bundle" wait_until 15 over_tls
fi

# It ends
podman exec "$run-sidecar" /usr/bin/gate-sidecar drain
not_ready() { ! health; }
check "healthcheck fails while draining" wait_until 3 not_ready
expect "requests pass while the drain is young" 200 "$(ask / -H "$bearer")"
podman run -d --name "$run-ending" --network none "${hardened[@]}" "${sidecar_options[@]}" "$GATE_IMAGE" >/dev/null
ready() { podman exec "$run-ending" /usr/bin/gate-sidecar healthcheck; }
wait_until 10 ready || fail "the second sidecar never became healthy"
started=$SECONDS; podman stop -t 10 "$run-ending" >/dev/null; took=$((SECONDS - started))
expect "TERM ends it with 0" 0 "$(podman inspect -f '{{.State.ExitCode}}' "$run-ending")"
check "within its grace period: $took s" [ "$took" -le 7 ]
echo "image: all passed"
