# shellcheck shell=bash
# lib.sh - what the tests of the image and of the manifests share. Sourced.
#
# IMAGE_SH     the tool that builds and runs images (default: image.sh beside this file; needs root, and
#              `image.sh setup` once)
# GATE_IMAGE   an image that has been built already (default: built here from the Dockerfile)
# SAMPLE_IMAGE the same for the sample API
# STORE_IMAGE  the same for the store that a fleet shares
# KUSTOMIZE_IMAGE the same for kustomize
# DEBIAN_IMAGE base image for all
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
IMAGE_SH=${IMAGE_SH:-$here/image.sh}
export SECRET_KEY=sk_test_emulator TOKEN=agt_thisIsTheDemoToken

skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }
ok() { echo "ok - $*"; }
check() { local what=$1; shift; if "$@"; then ok "$what"; else fail "$what"; fi; }
expect() { if [ "$2" = "$3" ]; then ok "$1"; else fail "$1: expected '$2', got '$3'"; fi; }
expect_in() { case $3 in *"$2"*) ok "$1" ;; *) fail "$1: no '$2' in: $3" ;; esac; }
expect_not_in() { case $3 in *"$2"*) fail "$1: '$2' in: $3" ;; *) ok "$1" ;; esac; }

podman() { "$IMAGE_SH" podman "$@"; }

# Removes containers, one after the other: those that use another's network have to be named before it.
remove() { local name; for name in "$@"; do podman rm -f -i -t 0 "$name" >/dev/null 2>&1 || true; done; }

# Waits, at most $1 seconds, until the command succeeds.
wait_until() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt "$end" ] || return 1; sleep 0.1; done
}

require_image_tool() {
  [ -x "$IMAGE_SH" ] || skip "no image tool (IMAGE_SH=$IMAGE_SH)"
  for tool in buildah podman runc debootstrap nsenter curl python3; do
    command -v "$tool" >/dev/null || skip "no $tool; '$IMAGE_SH setup' installs what images need"
  done
  [ "$(id -u)" = 0 ] || skip "containers need root here"
}

# Sets GATE_IMAGE and SAMPLE_IMAGE, built if they were not given.
require_images() {
  require_image_tool
  if [ -n "${GATE_IMAGE:-}" ] && [ -n "${SAMPLE_IMAGE:-}" ]; then return; fi
  local options=(--format docker)
  if [ -n "${DEBIAN_IMAGE:-}" ]; then options+=(--build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE"); else "$IMAGE_SH" base; fi
  if [ -z "${GATE_IMAGE:-}" ]; then
    GATE_IMAGE=localhost/gate-sidecar:test
    "$IMAGE_SH" build "$repo" "$GATE_IMAGE" Dockerfile "${options[@]}" --build-arg REVISION=test
  fi
  if [ -z "${SAMPLE_IMAGE:-}" ]; then
    SAMPLE_IMAGE=localhost/gate-sample-api:test
    "$IMAGE_SH" build "$repo" "$SAMPLE_IMAGE" docker/sample-api.Dockerfile "${options[@]}"
  fi
}

# Sets STORE_IMAGE, built if it was not given.
require_store() {
  if [ -n "${STORE_IMAGE:-}" ]; then return; fi
  STORE_IMAGE=localhost/gate-store:test
  [ -n "${DEBIAN_IMAGE:-}" ] || "$IMAGE_SH" base
  "$IMAGE_SH" build "$repo" "$STORE_IMAGE" docker/store.Dockerfile --format docker \
    ${DEBIAN_IMAGE:+--build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE"}
}

# Sets KUSTOMIZE_IMAGE, built if it was not given.
require_kustomize() {
  if [ -n "${KUSTOMIZE_IMAGE:-}" ]; then return; fi
  KUSTOMIZE_IMAGE=localhost/gate-kustomize:test
  "$IMAGE_SH" build "$repo/tests/charts" "$KUSTOMIZE_IMAGE" kustomize.Dockerfile --format docker \
    ${DEBIAN_IMAGE:+--build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE"}
}

# in_network CONTAINER COMMAND...: runs a command of this machine in the container's network.
in_network() { local pid; pid=$(podman inspect -f '{{.State.Pid}}' "$1"); shift; nsenter -t "$pid" -n "$@"; }

# status_of CONTAINER CURL-ARGUMENTS...: the status code of one request sent in the container's network.
status_of() { local at=$1; shift; in_network "$at" curl -s -o /dev/null -m 10 -w '%{http_code}' "$@"; }
