#!/bin/bash
# arm64_root.sh --make, arm64_root.sh COMMAND... - a Debian 12 with the compiler for arm64 and arm64's libraries, and a command
# in it. Needs root, debootstrap and a network; this system gets no foreign architecture, and no kernel support for one.
#
# --make makes the root (ARM64_ROOT, default: build/arm64-root), or brings the one that is there up to date. A COMMAND runs in
# the directory of this tree, which has the same path inside, with ARCHITECTURE=arm64 and CCACHE_DIR. Mounts end with it.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
root=${ARM64_ROOT:-$repo/build/arm64-root}
suite=bookworm
tools=(ccache cmake ninja-build git python3 dpkg-dev file pkgconf crossbuild-essential-arm64 qemu-user-static curl iproute2 nginx-light openssl redis-server)
# What is linked or compiled in is of the architecture that it becomes part of.
libraries=(libssl-dev zlib1g-dev libzstd-dev libyaml-cpp-dev libhiredis-dev libspdlog-dev libboost1.81-dev catch2)
headers=(rapidjson-dev libcli11-dev)

die() { echo "arm64_root: $*" >&2; exit 77; }
[ "$(id -u)" = 0 ] || die "a root needs root"

# Mounts of one command alone: they end with its namespace, so that nobody who removes the root removes what is mounted there.
inside() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --propagation private -- sh -euc '
    root=$1 repo=$2 cache=$3; shift 3
    mkdir -p "$root$repo" "$root$cache"
    mount --rbind "$repo" "$root$repo"    # first, without what is mounted in the root, which may be below it
    mount --bind "$cache" "$root$cache"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" /usr/bin/env -i "$@"' \
    sh "$root" "$repo" "$cache" PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 CCACHE_DIR="$cache" ARCHITECTURE=arm64 "${kept[@]}" "$@"
}

apt() { inside DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o APT::Sandbox::User=root "$@"; }

# The sources of packages that this system has, for the root's suite: with the fixes of security.
sources() {
  local mirror security
  mirror=$("$repo/config/packaging/debian_mirror.sh")
  security=$("$repo/config/packaging/debian_mirror.sh" security)
  echo "deb ${mirror:=http://deb.debian.org/debian} $suite main"
  echo "deb $mirror $suite-updates main"
  echo "deb ${security:-http://security.debian.org/debian-security} $suite-security main"
}

make_root() {
  local wanted
  wanted=$(sources; echo "${tools[*]} ${libraries[*]} ${headers[*]}")
  if [ "$(cat "$root/etc/made-from" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase "$suite" "$root" "$(sources | awk '{print $2; exit}')" > "$root.log" 2>&1 || { tail "$root.log" >&2; die "debootstrap failed"; }
    sources > "$root/etc/apt/sources.list"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    printf '127.0.0.1 localhost\n::1 localhost\n' > "$root/etc/hosts"
    printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"   # no service starts in it
    chmod +x "$root/usr/sbin/policy-rc.d"
    inside dpkg --add-architecture arm64
    apt update >> "$root.log" 2>&1
    apt dist-upgrade >> "$root.log" 2>&1
    apt install "${tools[@]}" "${headers[@]}" "${libraries[@]/%/:arm64}" >> "$root.log" 2>&1 || { tail -n 30 "$root.log" >&2; die "installing failed"; }
    apt clean
    inside git config --system --add safe.directory '*'
    echo "$wanted" > "$root/etc/made-from"
  elif ! { apt update && apt dist-upgrade; } > "$root.log" 2>&1; then
    echo "no network: the libraries are those of $(date -d "@$(stat -c %Y "$root/var/lib/dpkg/status")" +%F)" >&2
  fi
}

cache=${CCACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/ccache}
mkdir -p "$cache"
kept=()   # what a command inside is told, where it is set here
for name in CCACHE_DISABLE CCACHE_BASEDIR CCACHE_NOHASHDIR SOURCE_DATE_EPOCH MAINTAINER VERSION_SUFFIX; do
  if [ -n "${!name:-}" ]; then kept+=("$name=${!name}"); fi
done
if [ "${1:?--make or a command}" = --make ]; then
  make_root
else
  [ -f "$root/etc/made-from" ] || die "no root in $root: arm64_root.sh --make"
  # shellcheck disable=SC2016 # expanded by the inner shell
  inside sh -c 'cd "$1"; shift; exec "$@"' sh "$repo" "$@"
fi
