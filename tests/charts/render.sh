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
shows_error "secretKey.name" -f "$out/no-key.yaml" "$helm/gate-sidecar-answering"
shows_error "askedBy" -f "$out/nobody-asks.yaml" "$helm/gate-sidecar-answering"
shows_error "gate-sidecar.secretKey.name" -f "$out/no-key-below.yaml" "$helm/examples/api"

"$out/render" -n sample-api "$helm/examples/api" > "$out/api.yaml"
"$out/render" -n gate -f "$helm/examples/answering-values.yaml" "$helm/gate-sidecar-answering" > "$out/answering.yaml"
python3 "$charts/with_extra.py" "$helm/examples/extra-containers.yaml" > "$out/extra.yaml"
for name in api answering extra; do
  check "the rendered $name keeps its rules" python3 "$charts/check_rendered.py" "$out/$name.yaml"
done
values() {
  "$out/render" -values "$helm/examples/api"
  "$out/render" -values -f "$helm/examples/answering-values.yaml" "$helm/gate-sidecar-answering"
}
check "the values keep their schemas, and wrong ones do not" python3 "$charts/check_values.py" < <(values)
