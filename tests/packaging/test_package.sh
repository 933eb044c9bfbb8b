#!/bin/bash
# test_package.sh DIRECTORY OLDER - tests the packages in DIRECTORY: checksums, lintian, contents, and in bare roots of Debian 12
# and 13: installed (those in the directory OLDER), upgraded, started by the unit's own command line, removed and purged.
# Needs root. Roots are kept in PACKAGE_ROOTS (default: build/package-roots). Exit 77: cannot run here.
#
# Those of an architecture that is not this machine's are installed in a root of this machine's with the other one as its
# foreign architecture and that one's libc: dpkg checks the dependencies, the scripts run, and the program runs under
# qemu-user-static, which is named on the command line, so that nothing has to be registered with the kernel.
# shellcheck source=tests/image/lib.sh
. "$(dirname "$0")/../image/lib.sh"
dist=$(cd "$1" && pwd)
olders=$(cd "$2" && pwd)
roots=${PACKAGE_ROOTS:-$repo/build/package-roots}
native=$(dpkg --print-architecture)
work=$(mktemp -d)
root=
cleanup() {
  local code=$?
  if [ -n "$root" ]; then umount "$root/proc" 2>/dev/null || true; fi
  rm -rf "$work"; exit $code
}
trap cleanup EXIT

qemu="qemu-aarch64-static"   # the only other architecture that package.sh builds for
tools=(lintian debootstrap unshare dpkg-deb)
if find "$dist" -name '*.deb' | grep -qv "_$native.deb$"; then tools+=("$qemu"); fi
for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || skip "no $tool"; done
[ "$(id -u)" = 0 ] || skip "roots need root"

# ---- what is in them
check "the checksums are right" bash -c "cd '$dist' && sha256sum --check --quiet SHA256SUMS"
expect "SHA256SUMS has each file" "$(cd "$dist" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort)" \
  "$(awk '{print $2}' "$dist/SHA256SUMS" | sort)"

contents() {   # contents ARCHITECTURE: of its .deb, its tarball and its SBOM; unpacked in $work/$1
  local package tarball sbom deb=$work/$1/deb
  package=$(find "$dist" -name "*_$1.deb") tarball=$(find "$dist" -name "*-linux-$1.tar.gz") sbom=$(find "$dist" -name "*-$1.spdx.json")
  echo "$1:"
  check "lintian has nothing to say" lintian --allow-root --fail-on error,warning "$package"
  expect "it is of its architecture" "$1" "$(dpkg-deb -f "$package" Architecture)"
  mkdir "$work/$1"
  dpkg-deb -x "$package" "$deb"
  tar -C "$work/$1" -xzf "$tarball"
  check "the SBOM is in the package, too" cmp "$deb/usr/share/doc/gate-sidecar/gate-sidecar.spdx.json" "$sbom"
  check "both have the same program" cmp "$deb/usr/bin/gate-sidecar" "$work/$1"/gate-sidecar-*/bin/gate-sidecar
  expect "its digest stands in the SBOM" "$(sha256sum < "$deb/usr/bin/gate-sidecar" | cut -d' ' -f1)" \
    "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["packages"][0]["checksums"][0]["checksumValue"])' "$sbom")"
  expect "what is linked in is of its architecture" "" \
    "$(grep -o 'pkg:deb/debian/lib[^"]*' "$sbom" | grep -vE "\?arch=($1|all)\$" || true)"
  expect "no path of this machine is in the program" "" "$(strings "$deb/usr/bin/gate-sidecar" | grep -F "$repo" || true)"
}
mapfile -t architectures < <(find "$dist" -name '*.deb' | sed 's/.*_\(.*\)\.deb$/\1/' | sort)
for architecture in "${architectures[@]}"; do contents "$architecture"; done
for architecture in "${architectures[@]:1}"; do
  check "but for the program and its SBOM, $architecture's package is ${architectures[0]}'s" \
    diff -r -x 'gate-sidecar.spdx.json' -x bin "$work/${architectures[0]}/deb" "$work/$architecture/deb"
done

# ---- installed, upgraded, started, removed
make_root() {   # make_root SUITE: a bare system, kept as $roots/SUITE.tar
  local mirror
  if [ -f "$roots/$1.tar" ]; then return; fi
  mirror=$("$repo/config/packaging/debian_mirror.sh")
  mkdir -p "$roots"
  debootstrap --variant=minbase "$1" "$work/new" "$mirror" > "$work/log" 2>&1 || { tail "$work/log"; fail "debootstrap $1"; }
  tar -C "$work/new" -cf "$roots/$1.tar" .
  rm -rf "$work/new"
}
unpack_root() {   # unpack_root NAME: a fresh copy of it in $root
  root=$work/root
  mkdir "$root"
  tar -C "$root" -xf "$roots/$1.tar"
  mount -t proc proc "$root/proc"
}
remove_root() {
  umount "$root/proc"
  rm -rf "$root"; root=
}
make_foreign_root() {   # make_foreign_root SUITE ARCHITECTURE: the same with the libc of another architecture, and qemu
  if [ -f "$roots/$1-$2.tar" ]; then return; fi
  unpack_root "$1"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp "$(command -v "$qemu")" "$root/usr/bin/"
  if ! { chroot "$root" dpkg --add-architecture "$2" && chroot "$root" apt-get -q update &&
         chroot "$root" apt-get -q -y --no-install-recommends install "libc6:$2"; } > "$work/log" 2>&1; then
    tail "$work/log"; fail "libc6:$2 in $1"
  fi
  chroot "$root" apt-get clean
  umount "$root/proc"
  tar -C "$root" -cf "$roots/$1-$2.tar" .
  rm -rf "$root"; root=
}
# In the root, in a network of its own.
inside() { unshare --net -- sh -c 'ip link set lo up; exec chroot "$@"' sh "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }
quietly() { inside "$@" > "$work/said" 2>&1 || { cat "$work/said"; return 1; }; }
# shellcheck disable=SC2016 # dpkg-query's own variables
version_inside() { inside dpkg-query -W -f '${Version} ${db:Status-Abbrev}' gate-sidecar 2>/dev/null | sed 's/ *$//'; }

# What systemd would run, with the key where LoadCredential= puts it; asked and ended as systemd does.
cat > "$work/serve.sh" <<'SERVE'
set -eu
gate_sidecar() { ${EMULATOR:-} /usr/bin/gate-sidecar "$@"; }
command=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/gate-sidecar.service)
printf sk_test_packaged > /secret-key
export GATE_SIDECAR_GATE_SECRET_KEY_FILE=/secret-key
${EMULATOR:-} $command > /log 2>&1 &
for _ in $(seq 100); do if gate_sidecar healthcheck; then break; fi; sleep 0.1; done > /dev/null 2>&1
gate_sidecar healthcheck --config /etc/gate-sidecar/gate-sidecar.yaml
kill -TERM $!
wait $!
SERVE

life() {   # life SUITE ARCHITECTURE
  local package name=$1 emulator=
  package=$(find "$dist" -name "*_$2.deb")
  echo "$1, $2:"
  make_root "$1"
  if [ "$2" != "$native" ]; then
    emulator=$qemu name=$1-$2
    make_foreign_root "$1" "$2"
  fi
  unpack_root "$name"
  cp "$package" "$root/new.deb"
  cp "$olders"/*"_$2.deb" "$root/older.deb"
  check "installs" quietly dpkg -i /older.deb
  expect_in "the older version is there" "~" "$(version_inside)"
  echo '# ours' >> "$root/etc/gate-sidecar/gate-sidecar.yaml"
  check "is upgraded" quietly dpkg -i /new.deb
  expect "the new version is there" "$(dpkg-deb -f "$package" Version) ii" "$(version_inside)"
  expect_in "what was configured stays" "# ours" "$(tail -n 1 "$root/etc/gate-sidecar/gate-sidecar.yaml")"
  check "no file of it has changed" quietly dpkg --verify gate-sidecar
  check "starts by the unit's command line, is healthy, and ends with 0" quietly EMULATOR="$emulator" sh -c "$(cat "$work/serve.sh")"
  # shellcheck disable=SC2086 # the emulator is a word or none
  check "validates its configuration" quietly FOIL_SECRET_KEY=sk_test_packaged $emulator /usr/bin/gate-sidecar validate --config /etc/gate-sidecar/gate-sidecar.yaml
  # shellcheck disable=SC2086
  check "says what it is" quietly $emulator /usr/bin/gate-sidecar version
  echo sk_test_ours > "$root/etc/gate-sidecar/secret-key"
  check "is removed" quietly dpkg -r gate-sidecar
  check "the program is gone, its configuration is not" [ ! -e "$root/usr/bin/gate-sidecar" ]
  check "the configuration is left" [ -e "$root/etc/gate-sidecar/gate-sidecar.yaml" ]
  check "is purged" quietly dpkg -P gate-sidecar
  check "the configuration is gone" [ ! -e "$root/etc/gate-sidecar/gate-sidecar.yaml" ]
  check "the secret key is the administrator's" [ -e "$root/etc/gate-sidecar/secret-key" ]
  expect "nothing else is left" "/etc/gate-sidecar /etc/gate-sidecar/secret-key " \
    "$(find "$root/etc" "$root/usr" "$root/var/lib/systemd" -path '*gate-sidecar*' 2>/dev/null | sed "s#^$root##" | sort | tr '\n' ' ')"
  remove_root
}
for architecture in "${architectures[@]}"; do
  for suite in bookworm trixie; do life "$suite" "$architecture"; done
done
echo "packages: all passed"
