#!/usr/bin/env bash
# Runs the suites of this folder against a real DynamoDB Local: fetches it once (Maven, JDK 17), starts it on a free
# loopback port, runs jest with its address, stops it again. Arguments go to jest.
#
# Nothing is skipped: where Java, Maven or the download is missing, the command fails and says so.
set -euo pipefail

version=2.6.1
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/kafka-autopilot/dynamodb-local-$version"
ready_within_seconds=60

for tool in java mvn curl; do
  command -v "$tool" >/dev/null || { echo "test:dynamodb needs $tool (JDK 17 and Maven: apt-get install openjdk-17-jre-headless maven)" >&2; exit 1; }
done
node="$root/node_modules/.bin/node"
[ -x "$node" ] || { echo 'test:dynamodb needs node_modules: run npm ci first' >&2; exit 1; }

# The stamp is the pom's own hash: a half-finished or an older download is fetched again.
stamp="$(sha256sum "$here/pom.xml" | cut -d ' ' -f 1)"
if [ "$(cat "$cache/stamp" 2>/dev/null || true)" != "$stamp" ]; then
  echo "Fetching DynamoDB Local $version into $cache (about 51 MB, once) …"
  mkdir -p "$(dirname "$cache")"
  fetching="$(mktemp -d "$(dirname "$cache")/fetching.XXXXXX")"
  trap 'rm -rf "$fetching"' EXIT
  mvn --batch-mode --quiet --file "$here/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$fetching/lib"
  echo "$stamp" > "$fetching/stamp"
  rm -rf "$cache"
  mv "$fetching" "$cache"
  trap - EXIT
fi

work="$(mktemp -d)"
server=''
stop() {
  # Only the process that this script started.
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

port="$("$node" -e "const s = require('node:net').createServer(); s.listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")"
endpoint="http://127.0.0.1:$port"
(
  cd "$cache"
  exec java -Xmx256m -Djava.library.path=lib -cp 'lib/*' com.amazonaws.services.dynamodbv2.local.main.ServerRunner \
    -inMemory -sharedDb -disableTelemetry -port "$port"
) > "$work/server.log" 2>&1 &
server=$!

# Unsigned requests are answered with 400: that is an answer.
deadline=$((SECONDS + ready_within_seconds))
until curl --silent --max-time 2 --output /dev/null "$endpoint"; do
  if ! kill -0 "$server" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
    echo "DynamoDB Local did not answer at $endpoint:" >&2
    cat "$work/server.log" >&2
    exit 1
  fi
  sleep 0.2
done

cd "$root"
REAL_PARTS=1 DYNAMODB_ENDPOINT="$endpoint" "$node" --experimental-vm-modules --disable-warning=ExperimentalWarning \
  node_modules/jest/bin/jest.js test/dynamodb "$@"
