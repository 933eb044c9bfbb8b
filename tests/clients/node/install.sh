#!/bin/sh
# install.sh SOURCE FOLDER: installs what SOURCE/package-lock.json names into FOLDER/node_modules, unless it is there.
# http-cache-tests names npm and liquidjs as dependencies, which its command line does not use: the lock leaves them out.
set -eu
source=$1 folder=$2
command -v node >/dev/null || { echo "there is no node: install nodejs (18 or newer)"; exit 1; }
command -v npm >/dev/null || { echo "there is no npm: install it"; exit 1; }
if cmp -s "$source/package-lock.json" "$folder/installed-lock.json"; then exit 0; fi
mkdir -p "$folder"
cp "$source/package.json" "$source/package-lock.json" "$folder/"
cd "$folder"
if ! npm ci --ignore-scripts --no-audit --no-fund; then
  echo "npm could not install the Node clients of the tests: is the package registry reachable?"
  exit 1
fi
cp package-lock.json installed-lock.json
