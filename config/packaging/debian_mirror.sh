#!/bin/bash
# debian_mirror.sh [ARCHIVE] - the address of the Debian mirror that this system uses, or of its mirror of ARCHIVE: security.
# Nothing where it has none.
set -euo pipefail
# shellcheck disable=SC2016 # expanded by apt-get
apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
  awk -v suites="^(bookworm|trixie)${1:+-$1}\$" '$2 ~ suites && !found {found = $1} END {print found}'
