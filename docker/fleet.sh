#!/bin/sh
# fleet.sh - asks each of the three sidecars of compose.fleet.yaml with the same token, and counts the calls to Gate.
set -eu
host=${1:-127.0.0.1}
token=agt_demo

calls_of() {   # calls_of STATUS-PORT: how often this sidecar has asked Gate
  curl -fsS "http://$host:$1/metrics" | awk '/^gate_verify_calls_total/ { sum += $NF } END { print sum + 0 }'
}

total=0
for number in 1 2 3; do
  status=$(curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "http://$host:808$number/")
  calls=$(calls_of "991$number")
  total=$((total + calls))
  echo "sidecar-$number: $status, $calls calls to Gate so far"
done
echo "all three together: $total"
