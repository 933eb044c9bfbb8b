#!/usr/bin/env bash
# demo.sh [--keep] - shows gate-sidecar in front of a sample API, with gate-emulator in Gate's place, in real requests.
# Checks each answer itself: exit status 1 when one is not what it should be. --keep leaves everything running.
# GATE_SIDECAR and GATE_EMULATOR name the programs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sidecar_program=${GATE_SIDECAR:?names the program} emulator_program=${GATE_EMULATOR:?names the program}
python=/usr/bin/python3
PATH=$PATH:/usr/sbin   # where Debian has nginx
ttl=6
keep=no
if [ "${1:-}" = --keep ]; then keep=yes; fi
work=$(mktemp -d) gate_pid='' api_pid='' sidecar_pid='' nginx_pid=''

# ---- what it is made of ------------------------------------------------------------------------------------------
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'; else bold='' dim='' green='' red='' plain=''; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '%s  %s%s\n' "$dim" "$*" "$plain"; }
fail() { printf '%s  NOT as expected: %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }
right() { printf '%s  ok: %s%s\n' "$green" "$*" "$plain"; }
pause() { read -rt "$1" <> <(:) || true; }

cleanup() {
  local code=$?
  if [ $code != 0 ] && [ -s "$work/sidecar.log" ]; then echo "The sidecar's last words:" >&2; tail -n 5 "$work/sidecar.log" "$work/sidecar.err" >&2; fi
  if [ $code = 0 ] && [ $keep = yes ]; then return; fi
  for pid in $nginx_pid $sidecar_pid $api_pid $gate_pid; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# wait_for FILE PID PATTERN: the first line of FILE with PATTERN, as soon as it is there.
wait_for() {
  timeout 20 grep -m1 -E "$3" < <(tail -n +1 --pid="$2" -f "$1" 2>/dev/null) || fail "no '$3' in $1: $(cat "$1" "${1%.log}.err")"
}

# The log is there before the program is, so that wait_for can follow it.
fresh_log() { : > "$work/$1.log"; : > "$work/$1.err"; }

start_gate() {   # start_gate ADDRESS CONTROL
  fresh_log gate
  "$emulator_program" --listen "$1" --control "$2" --secret-key sk_test_demo --limit 0 --latency 150ms \
    --token agt_demo=gacct_demo > "$work/gate.log" 2> "$work/gate.err" &
  gate_pid=$!
  gate=$(wait_for "$work/gate.log" $gate_pid 'listening on' | sed 's/.* on //')
  control=$(wait_for "$work/gate.log" $gate_pid 'control on' | sed 's/.* on //')
}

start_api() {
  fresh_log api
  $python -B "$here/../sample_api/app.py" --port 0 > "$work/api.log" 2> "$work/api.err" &
  api_pid=$!
  api=$(wait_for "$work/api.log" $api_pid 'listening on' | sed 's/.* on //')
}

start_sidecar() {
  cat > "$work/sidecar.yaml" <<YAML
listener: {address: "127.0.0.1:0"}      # where callers come in
status:   {address: "127.0.0.1:0"}      # /livez, /readyz, /metrics
admin:    {address: "127.0.0.1:0"}
upstream: {url: "http://$api"}    # the API to protect
gate:     {base_url: "http://$gate"}
cache:    {ttl: ${ttl}s, negative_ttl: 2s}   # 60s and 30s by default; short, so that the demo is
answer:   {address: "127.0.0.1:0", original: x-original}   # where another proxy asks
routes:
  - {path: /health, methods: [GET, HEAD], auth: none}
  - {path: /catalog/**, methods: [GET, HEAD], auth: optional}
  - {path: /admin/**, auth: deny}
YAML
  fresh_log sidecar
  FOIL_SECRET_KEY=sk_test_demo "$sidecar_program" --config "$work/sidecar.yaml" > "$work/sidecar.log" 2> "$work/sidecar.err" &
  sidecar_pid=$!
  url=http://$(listener_address proxy)
  status_url=http://$(listener_address status)
}

# Below the ports that the kernel gives to outgoing connections.
free_port() {
  $python -c 'import random, socket
for port in random.sample(range(20000, 30000), 100):
    try:
        socket.create_server(("127.0.0.1", port)).close()
        print(port)
        break
    except OSError:
        pass'
}

# nginx with the files that ship, but for the addresses.
start_nginx() {
  local port
  port=$(free_port)
  cp -r "$here/../../config/answering/nginx" "$work/nginx"
  sed -i "s/127\.0\.0\.1:9904/$(listener_address answer)/; s/127\.0\.0\.1:3000/$api/; s/127\.0\.0\.1:8081/127.0.0.1:$port/" "$work"/nginx/*
  fresh_log nginx
  nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" -e stderr > "$work/nginx.log" 2> "$work/nginx.err" &
  nginx_pid=$!
  nginx_url=http://127.0.0.1:$port
  curl -s -o /dev/null --retry 40 --retry-connrefused --retry-delay 1 "$nginx_url/health" || fail "nginx does not answer: $(cat "$work/nginx.err")"
}

listener_address() {
  wait_for "$work/sidecar.log" $sidecar_pid "\"listener\":\"$1\"" |
    $python -c 'import json, sys; line = json.load(sys.stdin); print("127.0.0.1:%s" % line["server.port"])'
}

# request CURL-ARGUMENTS: shows the command and its answer; sets $code and $answer.
request() {
  local shown='' argument
  for argument in "$@"; do case $argument in *' '*) shown+=" '$argument'" ;; *) shown+=" $argument" ;; esac; done
  printf '\n  $ curl -i%s\n' "$shown"
  answer=$(curl -sS -i -m 20 "$@" | tr -d '\r')
  code=$(awk 'NR == 1 {print $2}' <<< "$answer")
  awk 'NR == 1 || tolower($0) ~ /^(www-authenticate|retry-after):/ || body {print "  | " $0} /^$/ {body = 1}' <<< "$answer"
}
expect_code() { if [ "$code" = "$1" ]; then right "$2"; else fail "expected status $1, got '$code'"; fi; }
# api_saw NAME: the value of that field in the request that the API received, empty if there was none.
api_saw() { sed '1,/^$/d' <<< "$answer" | $python -c 'import json, sys; print(json.load(sys.stdin)["headers"].get(sys.argv[1], ""))' "$1"; }
gate_calls() { curl -sS "http://$control/_control/state" | $python -c 'import json, sys; print(json.load(sys.stdin)["calls_per_token"].get(sys.argv[1], 0))' "$1"; }
issue_token() { curl -sS -X PUT "http://$control/_control/tokens/$1" -H 'Content-Type: application/json' -d "{\"account\": \"$2\"}" -o /dev/null -f; }

# ---- the transcript ----------------------------------------------------------------------------------------------
start_gate 127.0.0.1:0 127.0.0.1:0
start_api
start_sidecar
step "Three programs are running"
say "sample API     http://$api    the API to protect; it answers with the request as it saw it"
say "gate-emulator  http://$gate    stands in for Gate; knows the token agt_demo, of account gacct_demo"
say "gate-sidecar   $url    the only way to the API that callers should have"

step "1. A request without a token is refused"
request "$url/"
expect_code 401 "401, and WWW-Authenticate says what is missing"

step "2. A token that Gate does not know is refused"
request "$url/" -H 'Authorization: Bearer agt_nobody'
expect_code 401 "401: Gate said that the token is not valid"

step "3. A good token passes; the API learns the account, and never sees the token"
request "$url/orders" -H 'Authorization: Bearer agt_demo'
expect_code 200 "200 from the API"
if [ "$(api_saw x-gate-account-id)" != gacct_demo ]; then fail "the API did not see X-Gate-Account-Id: gacct_demo"; fi
if [ -n "$(api_saw authorization)" ]; then fail "the API saw the token"; fi
right "the API saw X-Gate-Account-Id: gacct_demo and no Authorization"

step "4. A forged identity never arrives, however it is spelt"
request "$url/" -H 'Authorization: Bearer agt_demo' -H 'X-Gate-Account-Id: gacct_forged' -H 'x_gate_account_id: gacct_forged'
expect_code 200 "200 from the API"
if [[ $answer = *gacct_forged* ]]; then fail "the forged account arrived"; fi
if [ "$(api_saw x-gate-account-id)" != gacct_demo ]; then fail "the API did not see the true account"; fi
right "the API saw gacct_demo only"

step "5. Ten first requests with a new token, at the same time, cost one call to Gate"
issue_token agt_crowd gacct_crowd
before=$(gate_calls agt_crowd)
printf "\n  $ curl --parallel -H 'Authorization: Bearer agt_crowd' '%s/[1-10]'\n" "$url"
codes=$(curl -sS -m 20 --parallel --parallel-immediate --parallel-max 10 -H 'Authorization: Bearer agt_crowd' \
  -o /dev/null -w '%{http_code}\n' "$url/[1-10]" 2>/dev/null | sort | uniq -c | xargs)
printf '  | answers: %s\n  | calls to Gate for this token: %s\n' "$codes" "$(($(gate_calls agt_crowd) - before))"
if [ "$codes" != "10 200" ]; then fail "expected ten times 200"; fi
if [ "$(gate_calls agt_crowd)" != $((before + 1)) ]; then fail "expected one call to Gate"; fi
right "ten answers, one call"

step "6. A token that is revoked at Gate is refused once its cached answer is older than cache.ttl (${ttl}s here)"
issue_token agt_leaver gacct_leaver
since=$SECONDS
request "$url/" -H 'Authorization: Bearer agt_leaver'
expect_code 200 "200 before the revocation"
printf '\n  (the token is revoked at Gate)\n'
curl -sS -f -o /dev/null -X POST "http://$control/_control/tokens/agt_leaver/revoke"
while [ "$code" = 200 ] && [ $((SECONDS - since)) -le $((ttl + 10)) ]; do
  pause 0.25
  code=$(curl -sS -o /dev/null -w '%{http_code}' "$url/" -H 'Authorization: Bearer agt_leaver')
done
waited=$((SECONDS - since))
request "$url/" -H 'Authorization: Bearer agt_leaver'
expect_code 401 "401, $waited s after the token was verified"
if [ $waited -gt $((ttl + 2)) ]; then fail "that was later than the TTL"; fi

step "7. Each path has the rule of its route, and no spelling of a path opens another"
sed -n '/^routes:/,$s/^/  | /p' "$work/sidecar.yaml"
request "$url/health"
expect_code 200 "200 without a token"
request "$url/catalog/shoes"
expect_code 200 "200 without a token, and without an account"
request "$url/admin/users" -H 'Authorization: Bearer agt_demo'
expect_code 403 "403, whoever asks"
request --path-as-is "$url/catalog/..%2fADMIN/users" -H 'Authorization: Bearer agt_demo'
expect_code 403 "403: an API that decodes the path would serve /admin/users"

step "8. A proxy that is already there asks the sidecar: nginx, with the files of config/answering/nginx"
start_nginx
say "nginx          $nginx_url   forwards to the sample API itself, and asks the sidecar first"
request "$nginx_url/orders"
expect_code 401 "401, as the sidecar wrote it"
request "$nginx_url/admin/users" -H 'Authorization: Bearer agt_demo'
expect_code 403 "403 by the same route table"
request "$nginx_url/orders" -H 'Authorization: Bearer agt_demo' -H 'X-Gate-Account-Id: gacct_forged'
expect_code 200 "200 from the API"
if [ "$(api_saw x-gate-account-id)" != gacct_demo ]; then fail "the API did not see X-Gate-Account-Id: gacct_demo"; fi
if [ -n "$(api_saw authorization)" ]; then fail "the API saw the token"; fi
right "the API saw X-Gate-Account-Id: gacct_demo and no Authorization"

step "9. Gate is switched off: tokens verified within the TTL still pass, new ones get 503 and are told to come back"
issue_token agt_late gacct_late
code=$(curl -sS -o /dev/null -w '%{http_code}' "$url/" -H 'Authorization: Bearer agt_late')
if [ "$code" != 200 ]; then fail "expected 200 while Gate is there, got $code"; fi
kill $gate_pid
wait $gate_pid 2>/dev/null || true
printf '\n  (agt_late has just been verified; gate-emulator has been stopped)\n'
request "$url/" -H 'Authorization: Bearer agt_late'
expect_code 200 "200: verified less than ${ttl}s ago"
request "$url/" -H 'Authorization: Bearer agt_newcomer'
expect_code 503 "503, never 401 and never open: nobody could say whether this token is good"
if ! grep -qi '^retry-after: *[0-9]' <<< "$answer"; then fail "no Retry-After"; fi

step "What the sidecar counted  ($status_url/metrics)"
curl -sS "$status_url/metrics" | grep -E '^(gate_decisions_total|gate_cache_lookups_total|gate_verify_calls_total).* [1-9]' | sed 's/^/  | /'

step "All nine steps went as they should."
if [ $keep = yes ]; then
  start_gate "$gate" "$control"
  trap - EXIT
  say "Left running, Gate too (token agt_demo):   curl -i $url/ -H 'Authorization: Bearer agt_demo'"
  say "Configuration and logs are in $work. To end everything:   kill $nginx_pid $sidecar_pid $api_pid $gate_pid"
fi
