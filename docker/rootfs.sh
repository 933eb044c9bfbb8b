#!/bin/bash
# rootfs.sh DIR PROGRAM... - assembles the root of a shell-less image in DIR from the Debian system that it runs on:
# the programs (stripped, in /usr/bin), the shared libraries that they load, the CA bundle, the few files in /etc
# that glibc's resolver and OpenSSL read, and what scanners want to know: which packages that is (dpkg's status.d,
# one file for each package, as distroless images have it), with checksums and copyright files.
set -euo pipefail
root=${1:?directory}; shift
owner() { dpkg-query --search "$1" | sed -n '1s/:.*//p'; }

# Puts a file of the system (symbolic links followed) at the same place under the root and notes its package.
packages=()
take() {
  local real; real=$(realpath "$1")
  install -D -m "$(stat -c %a "$real")" "$real" "$root$real"
  packages+=("$(owner "$real")")
}

# /bin, /lib, ... are links into /usr, as on the system.
install -d "$root/usr/bin" "$root/usr/lib" "$root/etc/ssl/certs" "$root/var/lib/dpkg/status.d"
for dir in /lib /lib64; do
  [ ! -L "$dir" ] || { cp -P "$dir" "$root$dir"; install -d "$root/usr$dir"; }
done

for program in "$@"; do
  strip --strip-all -o "$root/usr/bin/$(basename "$program")" "$program"
  chmod 755 "$root/usr/bin/$(basename "$program")"
done

# Libraries, under the name that the loader asks for; the loader itself, which ldd lists too, under its path.
ldd "$@" | awk '/not found/ {exit 1} $2 == "=>" {print $3} $1 ~ /^\// && NF == 2 && $1 !~ /:$/ {print $1}' | sort -u > /tmp/libraries
[ -s /tmp/libraries ]
while read -r library; do
  take "$library"
  real=$(realpath "$library"); name=$(basename "$library")
  [ "$(basename "$real")" = "$name" ] || ln -sf "$(basename "$real")" "$root$(dirname "$real")/$name"
  case $name in ld-linux*) mkdir -p "$root$(dirname "$library")"; [ -e "$root$library" ] || ln -s "$real" "$root$library" ;; esac
done < /tmp/libraries

# OpenSSL looks for /usr/lib/ssl/cert.pem and /usr/lib/ssl/certs.
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
install -d "$root/usr/lib/ssl"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
take /usr/lib/os-release
ln -s ../usr/lib/os-release "$root/etc/os-release"
cp /etc/debian_version "$root/etc/"
packages+=(ca-certificates)
# Not loaded but compiled or linked in: scanners and licences want to know of them too.
for header in boost/version.hpp CLI/CLI.hpp fmt/format.h hiredis/read.h rapidjson/rapidjson.h spdlog/spdlog.h yaml-cpp/yaml.h openssl/ssl.h zlib.h zstd.h; do
  packages+=("$(owner "/usr/include/$header")")
done
packages+=("$(owner "$(realpath "$(g++ -print-file-name=libstdc++.a)")")")

# files and dns are part of glibc itself.
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' 'services: files' > "$root/etc/nsswitch.conf"
printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' > "$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nonroot:x:65532:' > "$root/etc/group"

printf '%s\n' "${packages[@]}" | sort -u | while read -r package; do
  dpkg-query --status "$package" > "$root/var/lib/dpkg/status.d/$package"
  # Boost's is 2 MB, and its licence asks for no notice beside object code.
  case $package in libboost*) ;; *) install -D -m 644 "/usr/share/doc/$package/copyright" -t "$root/usr/share/doc/$package" ;; esac
  dpkg-query --control-show "$package" md5sums | while read -r sum file; do
    [ ! -f "$root/$file" ] || echo "$sum  $file"
  done > "$root/var/lib/dpkg/status.d/$package.md5sums"
done
du -sk "$root" | awk '{print "root file system: " $1 " KiB"}'
