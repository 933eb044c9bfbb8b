#!/bin/bash
# package.sh DIRECTORY [BUILD] - makes the packages of this tree in DIRECTORY: a .deb, a tarball, the SBOM; and SHA256SUMS of all
# that are there. BUILD is a build tree that has the program; without it, the preset `package` is built. The same tree makes
# the same bytes: all times are SOURCE_DATE_EPOCH, the time of the last commit if it is not set.
#
# ARCHITECTURE: this machine's, unless it says arm64: then the preset is `package-arm64`, and what the program says of itself is
# asked under qemu. arm64_root.sh has what that needs.
#
# One .deb is for Debian 12 and 13: the program loads nothing but glibc, and dpkg-shlibdeps finds out from which version on.
# MAINTAINER: "Name <address>" of the publisher. VERSION_SUFFIX: appended to the version of the .deb, such as ~before; for
# tests of an upgrade.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$repo/config/packaging
out=$(mkdir -p "$1" && cd "$1" && pwd)
build=${2:-}
cd "$repo"
umask 022
export LC_ALL=C TZ=UTC PYTHONDONTWRITEBYTECODE=1
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

native=$(dpkg --print-architecture)
architecture=${ARCHITECTURE:-$native}
preset=package tools='' emulator=''   # a prefix of the names of tools; what runs the program
if [ "$architecture" != "$native" ]; then
  [ "$architecture" = arm64 ] || { echo "package: no cross build for $architecture" >&2; exit 1; }
  preset=package-arm64 tools=aarch64-linux-gnu- emulator=$(command -v qemu-aarch64-static)
fi

if [ -z "$build" ]; then
  build=build/$preset
  cmake --preset "$preset" -DGATE_REVISION="$(git rev-parse --short=12 HEAD)" > "$out/configure.log"
  cmake --build "$build" --target gate-sidecar
  rm "$out/configure.log"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$work/gate-sidecar
"${tools}strip" --strip-all --remove-section=.comment --remove-section=.note -o "$program" "$build/src/app/gate-sidecar"
runnable=$work/run
printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$emulator" "$program" > "$runnable"
chmod +x "$runnable"
version=$(sed -n 's/^project(gate-sidecar VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
[ "$("$runnable" version | cut -d' ' -f2)" = "$version" ] || { echo "package: the build is of another version" >&2; exit 1; }
maintainer=${MAINTAINER:-The gate-sidecar developers <gate-sidecar@localhost>}

"$here/sbom.py" --build "$build" --program "$program" --emulator "$emulator" > "$work/gate-sidecar.spdx.json"
python3 "$here/manpage.py" "$runnable" | gzip -9n > "$work/gate-sidecar.1.gz"
python3 "$here/completion.py" "$runnable" > "$work/completion"

# put MODE FILE TARGET, below $root
put() { install -D -m "$1" "$2" "$root$3"; }

# ---- the .deb
root=$work/deb
doc=/usr/share/doc/gate-sidecar
put 755 "$program" /usr/bin/gate-sidecar
put 644 config/systemd/gate-sidecar.service /usr/lib/systemd/system/gate-sidecar.service
put 644 "$here/debian/gate-sidecar.yaml" /etc/gate-sidecar/gate-sidecar.yaml
put 644 "$work/gate-sidecar.1.gz" /usr/share/man/man1/gate-sidecar.1.gz
put 644 "$work/completion" /usr/share/bash-completion/completions/gate-sidecar
put 644 config/gate-sidecar.schema.json /usr/share/gate-sidecar/gate-sidecar.schema.json
put 644 "$work/gate-sidecar.spdx.json" "$doc/gate-sidecar.spdx.json"
put 644 "$here/debian/copyright" "$doc/copyright"
put 644 "$here/debian/README.Debian" "$doc/README.Debian"
put 644 "$here/debian/lintian-overrides" /usr/share/lintian/overrides/gate-sidecar
put 644 config/reasons.md "$doc/reasons.md"
put 644 config/doctor.md "$doc/doctor.md"
# shellcheck disable=SC2016 # an editor's $schema
sed '1s#\$schema=.*#$schema=/usr/share/gate-sidecar/gate-sidecar.schema.json#' config/gate-sidecar.yaml > "$work/reference.yaml"
put 644 "$work/reference.yaml" "$doc/gate-sidecar.yaml"
for example in config/systemd/gate-sidecar.socket config/monitoring/gate-sidecar.rules.yaml config/monitoring/gate-sidecar.dashboard.json; do
  put 644 "$example" "$doc/examples/$(basename "$example")"
done
while read -r example; do put 644 "$example" "$doc/examples/${example#config/}"; done < <(find config/answering -type f ! -name '*.md' | sort)
gzip -9nc CHANGELOG.md > "$work/changelog.gz"
printf 'gate-sidecar (%s) stable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' \
  "$version-1${VERSION_SUFFIX:-}" "$maintainer" "$(date -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9nc > "$work/changelog.Debian.gz"
put 644 "$work/changelog.gz" "$doc/changelog.gz"
put 644 "$work/changelog.Debian.gz" "$doc/changelog.Debian.gz"

mkdir -p "$root/DEBIAN" "$work/debian"
printf 'Source: gate-sidecar\n\nPackage: gate-sidecar\nArchitecture: any\n' > "$work/debian/control"
depends=$(cd "$work" && DEB_HOST_ARCH=$architecture dpkg-shlibdeps -O -e "$program" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) > "$work/md5sums"
size=$(find "$root" -path "$root/DEBIAN" -prune -o -type f -printf '%s\n' | awk '{kib += int(($1 + 1023) / 1024)} END {print kib}')
sed -e "s/@VERSION@/$version-1${VERSION_SUFFIX:-}/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@MAINTAINER@/$maintainer/; s/@DEPENDS@/$depends, init-system-helpers (>= 1.52)/" \
  "$here/debian/control.in" > "$work/control"
put 644 "$work/control" /DEBIAN/control
put 644 "$work/md5sums" /DEBIAN/md5sums
put 644 "$here/debian/conffiles" /DEBIAN/conffiles
for script in postinst prerm postrm; do put 755 "$here/debian/$script" "/DEBIAN/$script"; done
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$root" "$out/gate-sidecar_$version-1${VERSION_SUFFIX:-}_$architecture.deb" >/dev/null

# ---- the tarball
name=gate-sidecar-$version-linux-$architecture
root=$work/$name
put 755 "$program" /bin/gate-sidecar
put 644 "$work/gate-sidecar.1.gz" /share/man/man1/gate-sidecar.1.gz
put 644 "$work/completion" /share/bash-completion/completions/gate-sidecar
for file in LICENSE README.md CHANGELOG.md SECURITY.md "$work/gate-sidecar.spdx.json"; do put 644 "$file" "/$(basename "$file")"; done
while read -r file; do put 644 "$file" "/$file"; done < <(git ls-files config ':!config/packaging')
tar -C "$work" --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "$name" |
  gzip -9n > "$out/$name.tar.gz"

install -m 644 "$work/gate-sidecar.spdx.json" "$out/gate-sidecar-$version-$architecture.spdx.json"
(cd "$out" && sha256sum -- *.deb *.tar.gz *.spdx.json > SHA256SUMS)
