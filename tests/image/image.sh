#!/bin/bash
# image.sh - builds and runs a project's Dockerfile on a Debian 12 machine with neither a Docker
# engine nor a registry: the base image is made locally with debootstrap, the Dockerfile is executed by
# buildah (chroot isolation, vfs storage), the result runs under podman + runc.
#
#   image.sh setup                          install the tools (Debian packages)
#   image.sh base                           make docker.io/library/debian:$SUITE-slim locally (cached; SUITE=trixie by default)
#   image.sh build DIR TAG [DOCKERFILE] [buildah options...]
#   image.sh run TAG [podman run options -- ] [args...]      hardened: read-only, no caps, no-new-privs, uid 65532
#   image.sh kube up|down FILE.yaml         podman play kube (native sidecars turned into plain containers)
#   image.sh podman ARGS...                 podman against the same storage
set -euo pipefail
STATE=${IMAGE_STATE:-/var/tmp/image-state}; SUITE=${SUITE:-trixie}
mkdir -p "$STATE"
conf() {   # podman without systemd, on cgroup v1 or v2, without CAP_SYS_RESOURCE
  cat > "$STATE/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=8192:8192", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF
  export CONTAINERS_CONF="$STATE/containers.conf"
}
STORE=(--root "$STATE/storage" --runroot "$STATE/run" --storage-driver vfs)
bld() { buildah "${STORE[@]}" "$@"; }
pod() { conf; podman "${STORE[@]}" "$@"; }
case ${1:?see the head of this file} in
setup)
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends buildah podman runc conmon debootstrap iptables aardvark-dns netavark catatonit >/dev/null ;;
base)
  ref=docker.io/library/debian:$SUITE-slim
  if bld inspect --type image "$ref" >/dev/null 2>&1; then echo "$ref is there"; exit 0; fi
  # the mirrors are the ones apt uses here
  repo() { # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | awk -v s="$1" '$2 ~ s {print $1; exit}'; }
  # shellcheck source=/dev/null
  host=$(. /etc/os-release && echo "$VERSION_CODENAME"); mirror=$(repo "^$host\$"); security=$(repo "^$host-security\$")
  root=$(mktemp -d "$STATE/root.XXXX"); trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase --exclude=e2fsprogs "$SUITE" "$root" "$mirror" >"$STATE/debootstrap.log" 2>&1
  # the same mirrors as here (security updates too), docker-clean, and what "slim" leaves out
  rm -f "$root/etc/apt/sources.list"
  printf 'Types: deb\nURIs: %s\nSuites: %s %s-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$mirror" "$SUITE" "$SUITE" > "$root/etc/apt/sources.list.d/debian.sources"
  [ -z "$security" ] || printf '\nTypes: deb\nURIs: %s\nSuites: %s-security\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$security" "$SUITE" >> "$root/etc/apt/sources.list.d/debian.sources"
  cat > "$root/etc/apt/apt.conf.d/docker-clean" <<'A'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
A
  echo 'Acquire::Languages "none";' > "$root/etc/apt/apt.conf.d/docker-no-languages"
  printf 'path-exclude /usr/share/%s/*\n' doc man locale info groff lintian linda > "$root/etc/dpkg/dpkg.cfg.d/docker"
  echo 'path-include /usr/share/doc/*/copyright' >> "$root/etc/dpkg/dpkg.cfg.d/docker"
  chroot "$root" sh -c 'apt-get -qq update && apt-get -qq -y upgrade' >>"$STATE/debootstrap.log" 2>&1 || true
  find "$root/usr/share/doc" -depth -type f ! -name copyright -delete
  rm -rf "$root"/usr/share/{man,locale,info,groff,lintian}/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/cache/debconf/*-old "$root"/var/log/*.log "$root"/var/log/apt/*
  : > "$root/etc/resolv.conf"; : > "$root/etc/hostname"
  tar -C "$root" --numeric-owner -cf "$STATE/base.tar" .
  c=$(bld from scratch); bld add -q "$c" "$STATE/base.tar" / >/dev/null
  bld config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$c"
  bld commit -q --rm "$c" "$ref" >/dev/null; rm -f "$STATE/base.tar"
  # the same image under the names people write
  bld tag "$ref" "docker.io/library/debian:$SUITE" ;;
build)
  dir=${2:?DIR}; tag=${3:?TAG}; df=${4:-Dockerfile}; shift $(( $# < 4 ? $# : 4 ))
  case $df in /*) ;; *) df=$dir/$df ;; esac
  bld bud --isolation chroot --pull-never --network host --layers=false "$@" -f "$df" -t "$tag" "$dir" ;;
run)
  tag=${2:?TAG}; shift 2; opts=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do opts+=("$1"); shift; done; [ "${1:-}" = -- ] && shift
  pod run --pull never --read-only --cap-drop=ALL --security-opt=no-new-privileges --network host "${opts[@]}" "$tag" "$@" ;;
kube)
  f=${3:?FILE}; out="$STATE/kube-$(basename "$f")"
  python3 - "$f" > "$out" <<'PY'
# podman 4.3 runs every init container to its end: a native sidecar (restartPolicy: Always) would hang it.
import sys, yaml
docs = [d for d in yaml.safe_load_all(open(sys.argv[1])) if d]
keep = {"Pod", "Deployment", "ConfigMap", "Secret", "PersistentVolumeClaim"}   # kinds podman plays
for d in docs:
    s = d.get("spec", {}); s = s if d["kind"] == "Pod" else s.get("template", {}).get("spec", {})
    if not isinstance(s, dict): continue
    side = [c for c in s.get("initContainers", []) if c.get("restartPolicy") == "Always"]
    if side:
        rest = [c for c in s["initContainers"] if c.get("restartPolicy") != "Always"]
        s.pop("initContainers")
        if rest: s["initContainers"] = rest
        s["containers"] = [{k: v for k, v in c.items() if k != "restartPolicy"} for c in side] + s["containers"]
yaml.safe_dump_all([d for d in docs if d["kind"] in keep], sys.stdout)
PY
  case ${2:?up or down} in up) pod play kube --log-driver k8s-file "$out" ;; down) pod play kube --down "$out" ;; esac ;;
podman) shift; pod "$@" ;;
*) sed -n 2,14p "$0"; exit 2 ;;
esac
