#!/bin/bash
# test_package.sh DIRECTORY OLDER.deb - tests the packages in DIRECTORY: checksums, lintian, contents, and in bare roots of
# Debian 12 and 13: installed (OLDER.deb), upgraded, started by the unit's own command line, removed and purged. Needs root.
# Roots are kept in PACKAGE_ROOTS (default: build/package-roots). Exit 77: cannot run here.
# shellcheck source=tests/image/lib.sh
. "$(dirname "$0")/../image/lib.sh"
dist=$(cd "$1" && pwd)
older=$(realpath "$2")
roots=${PACKAGE_ROOTS:-$repo/build/package-roots}
package=$(find "$dist" -name '*.deb')
work=$(mktemp -d)
root=
cleanup() {
  local code=$?
  if [ -n "$root" ]; then umount "$root/proc" 2>/dev/null || true; fi
  rm -rf "$work"; exit $code
}
trap cleanup EXIT

for tool in lintian debootstrap unshare dpkg-deb; do command -v "$tool" >/dev/null || skip "no $tool"; done
[ "$(id -u)" = 0 ] || skip "roots need root"

# ---- what is in them
check "the checksums are right" bash -c "cd '$dist' && sha256sum --check --quiet SHA256SUMS"
expect "SHA256SUMS has each file" "$(cd "$dist" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort)" \
  "$(awk '{print $2}' "$dist/SHA256SUMS" | sort)"
check "lintian has nothing to say" lintian --allow-root --fail-on error,warning "$package"
dpkg-deb -x "$package" "$work/deb"
check "the SBOM is in the package, too" cmp "$work/deb/usr/share/doc/gate-sidecar/gate-sidecar.spdx.json" "$dist"/*.spdx.json
tar -C "$work" -xzf "$dist"/*.tar.gz
check "both have the same program" cmp "$work/deb/usr/bin/gate-sidecar" "$work"/gate-sidecar-*/bin/gate-sidecar
expect "its digest stands in the SBOM" "$(sha256sum < "$work/deb/usr/bin/gate-sidecar" | cut -d' ' -f1)" \
  "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["packages"][0]["checksums"][0]["checksumValue"])' "$dist"/*.spdx.json)"
expect "no path of this machine is in the program" "" "$(strings "$work/deb/usr/bin/gate-sidecar" | grep -F "$repo" || true)"

# ---- installed, upgraded, started, removed
make_root() {   # make_root SUITE: a bare system in $root
  local mirror
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | awk '$2 ~ /^(bookworm|trixie)$/ {print $1; exit}')
  if [ ! -f "$roots/$1.tar" ]; then
    mkdir -p "$roots"
    debootstrap --variant=minbase "$1" "$work/new" "$mirror" > "$work/debootstrap.log" 2>&1 || { tail "$work/debootstrap.log"; fail "debootstrap $1"; }
    tar -C "$work/new" -cf "$roots/$1.tar" .
    rm -rf "$work/new"
  fi
  root=$work/$1
  mkdir "$root"
  tar -C "$root" -xf "$roots/$1.tar"
  mount -t proc proc "$root/proc"
  cp "$package" "$root/new.deb"
  cp "$older" "$root/older.deb"
}
# In the root, in a network of its own.
inside() { unshare --net -- sh -c 'ip link set lo up; exec chroot "$@"' sh "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }
quietly() { inside "$@" > "$work/said" 2>&1 || { cat "$work/said"; return 1; }; }
# shellcheck disable=SC2016 # dpkg-query's own variables
version_inside() { inside dpkg-query -W -f '${Version} ${db:Status-Abbrev}' gate-sidecar 2>/dev/null | sed 's/ *$//'; }

# What systemd would run, with the key where LoadCredential= puts it; asked and ended as systemd does.
cat > "$work/serve.sh" <<'SERVE'
set -eu
command=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/gate-sidecar.service)
printf sk_test_packaged > /secret-key
export GATE_SIDECAR_GATE_SECRET_KEY_FILE=/secret-key
$command > /log 2>&1 &
for _ in $(seq 100); do if gate-sidecar healthcheck; then break; fi; sleep 0.1; done > /dev/null 2>&1
gate-sidecar healthcheck --config /etc/gate-sidecar/gate-sidecar.yaml
kill -TERM $!
wait $!
SERVE

for suite in bookworm trixie; do
  echo "$suite:"
  make_root "$suite"
  check "installs" quietly dpkg -i /older.deb
  expect_in "the older version is there" "~" "$(version_inside)"
  echo '# ours' >> "$root/etc/gate-sidecar/gate-sidecar.yaml"
  check "is upgraded" quietly dpkg -i /new.deb
  expect "the new version is there" "$(dpkg-deb -f "$package" Version) ii" "$(version_inside)"
  expect_in "what was configured stays" "# ours" "$(tail -n 1 "$root/etc/gate-sidecar/gate-sidecar.yaml")"
  check "no file of it has changed" quietly dpkg --verify gate-sidecar
  check "starts by the unit's command line, is healthy, and ends with 0" quietly sh -c "$(cat "$work/serve.sh")"
  check "validates its configuration" quietly env FOIL_SECRET_KEY=sk_test_packaged gate-sidecar validate --config /etc/gate-sidecar/gate-sidecar.yaml
  check "says what it is" quietly gate-sidecar version
  echo sk_test_ours > "$root/etc/gate-sidecar/secret-key"
  check "is removed" quietly dpkg -r gate-sidecar
  check "the program is gone, its configuration is not" [ ! -e "$root/usr/bin/gate-sidecar" ] 
  check "the configuration is left" [ -e "$root/etc/gate-sidecar/gate-sidecar.yaml" ]
  check "is purged" quietly dpkg -P gate-sidecar
  check "the configuration is gone" [ ! -e "$root/etc/gate-sidecar/gate-sidecar.yaml" ]
  check "the secret key is the administrator's" [ -e "$root/etc/gate-sidecar/secret-key" ]
  expect "nothing else is left" "/etc/gate-sidecar /etc/gate-sidecar/secret-key " \
    "$(find "$root/etc" "$root/usr" "$root/var/lib/systemd" -path '*gate-sidecar*' 2>/dev/null | sed "s#^$root##" | sort | tr '\n' ' ')"
  umount "$root/proc"
  rm -rf "$root"; root=
done
echo "packages: all passed"
