#!/bin/sh
# Runs the tests that need a real browser (npm run test:browser). Installs Debian's chromium when it is missing and we are root.
set -eu
cd "$(dirname "$0")/../.."
if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "chromium is missing: install Debian's package, or set CHROMIUM to a browser's path" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
fi
REAL_PARTS=1 exec npm test -- test/browser "$@"
