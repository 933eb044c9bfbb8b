#!/usr/bin/env bash
# tests/bench/run.sh [arguments of bench.py]: compiles the load generator and the relay, where they are out of date, and
# measures. GATE_SIDECAR names the program; `./run bench` builds it and calls this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tools=build/bench
mkdir -p "$tools"

compile() {   # compile PROGRAM SOURCE...
  local program=$tools/$1; shift
  if [ -x "$program" ] && [ -z "$(find tests/bench/load tests/bench/relay.cpp -newer "$program" -print -quit)" ]; then return; fi
  "${CXX:-g++}" -std=c++20 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -o "$program" "$@"
}

compile load tests/bench/load/*.cpp -lssl -lcrypto
compile relay tests/bench/relay.cpp
: "${GATE_SIDECAR:?names the program to measure}"
export GATE_BENCH_TOOLS=$PWD/$tools PYTHONDONTWRITEBYTECODE=1

# A network of its own, where the kernel allows one: firewall rules and connection tracking cost on the loopback too.
network=()
if unshare --net true 2>/dev/null; then
  network=(unshare --net)
elif unshare --map-root-user --net true 2>/dev/null; then
  network=(unshare --map-root-user --net)
fi
exec "${network[@]}" /usr/bin/python3 -B tests/bench/bench.py "$@"
