#!/bin/bash
# render.sh DIRECTORY - renders the charts into DIRECTORY and holds them to their rules. Exit 77: no Go here.
# shellcheck source=tests/image/lib.sh
. "$(dirname "$0")/../image/lib.sh"
out=${1:?directory}
charts=$repo/tests/charts
helm=$repo/config/helm
command -v go >/dev/null || skip "no go; golang-go and golang-github-masterminds-sprig-dev render the charts"
mkdir -p "$out"
(cd "$charts" && GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' go build -o "$out/render" render.go)

# shows_error WORDS RENDER-ARGUMENTS...: rendering fails, and says so.
shows_error() {
  local words=$1; shift
  if "$out/render" "$@" >/dev/null 2> "$out/error"; then fail "it renders"; fi
  expect_in "fails with '$words'" "$words" "$(cat "$out/error")"
}
echo '{askedBy: {app: a}}' > "$out/no-key.yaml"
echo '{secretKey: {name: gate-secret-key}}' > "$out/nobody-asks.yaml"
echo '{gate-sidecar: {secretKey: {name: ""}}}' > "$out/no-key-below.yaml"
echo '{askedBy: {app: a}, secretKey: {name: a}, config: {fleet: {url: "redis://valkey:6379"}}}' > "$out/no-fleet-key.yaml"
echo '{gate-sidecar: {config: {fleet: {url: "redis://valkey:6379"}}}}' > "$out/no-fleet-key-below.yaml"
shows_error "fleetSecret.name" -f "$out/no-fleet-key.yaml" "$helm/gate-sidecar-answering"
shows_error "gate-sidecar.fleetSecret.name" -f "$out/no-fleet-key-below.yaml" "$helm/examples/api"
shows_error "secretKey.name" -f "$out/no-key.yaml" "$helm/gate-sidecar-answering"
shows_error "askedBy" -f "$out/nobody-asks.yaml" "$helm/gate-sidecar-answering"
shows_error "gate-sidecar.secretKey.name" -f "$out/no-key-below.yaml" "$helm/examples/api"

"$out/render" -n sample-api "$helm/examples/api" > "$out/api.yaml"
"$out/render" -n gate -f "$helm/examples/answering-values.yaml" "$helm/gate-sidecar-answering" > "$out/answering.yaml"
python3 "$charts/with_extra.py" "$helm/examples/extra-containers.yaml" > "$out/extra.yaml"
# With a fleet, and a password for its store, one for its sentinels, or none.
fleet='config: {fleet: {url: "rediss://valkey:6379", username: gate}}'
asked='config: {fleet: {url: "rediss+sentinel://valkey/gate", username: gate, sentinel: {username: gate}}}'
passwords='passwordKey: password, sentinelPasswordKey: of-the-sentinels'
echo "{gate-sidecar: {fleetSecret: {name: gate-fleet, $passwords}, $asked}}" > "$out/fleet-below.yaml"
echo "{secretKey: {name: gate-secret-key}, askedBy: {app: a}, fleetSecret: {name: gate-fleet, $passwords}, $asked}" > "$out/asked-values.yaml"
echo "{secretKey: {name: gate-secret-key}, askedBy: {app: a}, fleetSecret: {name: gate-fleet}, $fleet}" > "$out/fleet-values.yaml"
"$out/render" -n sample-api -f "$out/fleet-below.yaml" "$helm/examples/api" > "$out/api-fleet.yaml"
"$out/render" -n gate -f "$out/fleet-values.yaml" "$helm/gate-sidecar-answering" > "$out/answering-fleet.yaml"
"$out/render" -n gate -f "$out/asked-values.yaml" "$helm/gate-sidecar-answering" > "$out/answering-asked-fleet.yaml"
for name in api-fleet answering-asked-fleet; do
  expect_in "the password of the sentinels is looked for in $name" "password_file: /etc/gate-sidecar/fleet/sentinel-password" \
    "$(cat "$out/$name.yaml")"
done
expect_in "the fleet's password is looked for where it is mounted" "password_file: /etc/gate-sidecar/fleet/password" "$(cat "$out/api-fleet.yaml")"
expect_not_in "no password is looked for where there is none" password_file "$(cat "$out/answering-fleet.yaml")"
for name in api answering api-fleet answering-fleet answering-asked-fleet; do
  expect_in "the key of a fleet is mounted in $name where there is one" "$(case $name in *-fleet) echo 1 ;; *) echo 0 ;; esac)" \
    "$(grep -c 'secretName: gate-fleet' "$out/$name.yaml" || true)"
done
for name in api answering extra api-fleet answering-fleet answering-asked-fleet; do
  check "the rendered $name keeps its rules" python3 "$charts/check_rendered.py" "$out/$name.yaml"
done
values() {
  "$out/render" -values "$helm/examples/api"
  "$out/render" -values -f "$helm/examples/answering-values.yaml" "$helm/gate-sidecar-answering"
  "$out/render" -values -f "$out/fleet-below.yaml" "$helm/examples/api"
  "$out/render" -values -f "$out/fleet-values.yaml" "$helm/gate-sidecar-answering"
  "$out/render" -values -f "$out/asked-values.yaml" "$helm/gate-sidecar-answering"
}
check "the values keep their schemas, and wrong ones do not" python3 "$charts/check_values.py" < <(values)
