#!/bin/bash
# test_arm64.sh - the unit tests and the demo with programs for arm64, which run under qemu-user-static: in the root that
# config/packaging/arm64_root.sh makes, and in the build tree of the package, so that what is tested is linked from the very objects
# that ship. Needs root.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$repo/build/package-arm64
if [ "${1:-}" != --inside ]; then exec "$repo/config/packaging/arm64_root.sh" tests/packaging/test_arm64.sh --inside; fi
cd "$repo"
jobs=$(nproc)
export QEMU_CPU=max,pauth-impdef=on   # signs return addresses by a function that is cheap to emulate

echo "unit tests, built for arm64:"
# Fewer, larger sources for the tests; the layers, which ship, are compiled as for the package.
cmake --preset package-arm64 -DBUILD_TESTING=ON -DGATE_UNITY_TESTS=ON > "$build.log" || { cat "$build.log"; exit 1; }
mapfile -t programs < <(ninja -C "$build" -t targets all | sed -n 's/^\(unit_[a-z_]*\): phony$/\1/p' | sort)
[ ${#programs[@]} -gt 10 ] || { echo "FAILED: only ${#programs[@]} programs with unit tests" >&2; exit 1; }
cmake --build "$build" -j "$jobs" --target "${programs[@]}" gate-sidecar gate-emulator

signed_returns=$(aarch64-linux-gnu-objdump -d "$build/src/auth/libgate_auth.a" | grep -c paciasp) || true
[ "$signed_returns" -gt 0 ] || { echo "FAILED: no function signs its return address (-mbranch-protection)" >&2; exit 1; }
# Without promtool, which reads text that is the same on each processor.
ctest --test-dir "$build" -R '^unit\.' -E '^unit\.telemetry\.promtool$' -j "$jobs" --output-on-failure --no-tests=error
awk '/^All tests passed/ {gsub(/[^0-9 ]/, ""); assertions += $1; cases += $2} END {print cases " test cases, " assertions " assertions passed"}' \
  "$build/Testing/Temporary/LastTest.log"

echo "the demo, with the programs for arm64:"
wrappers=$(mktemp -d)
trap 'rm -rf "$wrappers"' EXIT   # a file for each, because nothing tells the kernel of qemu
for program in "$build/src/app/gate-sidecar" "$build/src/emulator/gate-emulator"; do
  printf '#!/bin/sh\nexec qemu-aarch64-static "%s" "$@"\n' "$program" > "$wrappers/${program##*/}"
done
chmod +x "$wrappers"/*
GATE_SIDECAR=$wrappers/gate-sidecar GATE_EMULATOR=$wrappers/gate-emulator tests/demo/demo.sh > "$build.demo.log" 2>&1 ||
  { cat "$build.demo.log"; echo "FAILED: the demo" >&2; exit 1; }
grep -E '^[1-9]\.|  ok: ' "$build.demo.log"
echo "arm64: the unit tests and the demo passed"
