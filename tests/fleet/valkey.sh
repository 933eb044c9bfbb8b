#!/bin/bash
# valkey.sh - prints a folder whose redis-server is Debian 13's valkey-server, from a bare Debian 13 in build/valkey that is
# made at the first call, and its version on standard error. It runs with that system's own libraries, but not inside it:
# sockets and files are those of the tests. Needs root for the first call.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=$repo/build/valkey
root=$home/root
if [ ! -x "$home/bin/redis-server" ]; then
  mirror=$("$repo/config/packaging/debian_mirror.sh")
  rm -rf "$home"
  mkdir -p "$home/bin"
  debootstrap --variant=minbase --include=valkey-server trixie "$root" "$mirror" > "$home/debootstrap.log" 2>&1 ||
    { tail "$home/debootstrap.log" >&2; exit 1; }
  libraries=$(dirname "$(find "$root/usr/lib" -name libc.so.6)")
  printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$(find "$libraries/" -name 'ld-linux*')" "$libraries" \
    "$root/usr/bin/valkey-server" > "$home/new"
  chmod +x "$home/new"
  mv "$home/new" "$home/bin/redis-server"
fi
"$home/bin/redis-server" --version >&2
echo "$home/bin"
