#!/usr/bin/env bash
# Runs the suites of this folder against real Kafka: fetches brokers once (Maven, JDK 17), starts one single-node cluster
# (KRaft) on free loopback ports, runs jest with its addresses, stops it again; then the next version. Arguments go to jest.
#
# Nothing is skipped: where Java, Maven or the download is missing, the command fails and says so.
# KAFKA_VERSIONS: which, default "4.3.1 3.9.2".
set -euo pipefail

versions="${KAFKA_VERSIONS:-4.3.1 3.9.2}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
caches="${XDG_CACHE_HOME:-$HOME/.cache}/kafka-autopilot"
ready_within_seconds=60
tests_within_seconds=180
# Small: one broker needs some 350 MB.
jvm=(-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxMetaspaceSize=160m -Xss512k)

for tool in java keytool mvn timeout; do
  command -v "$tool" >/dev/null || { echo "test:kafka needs $tool (JDK 17 and Maven: apt-get install openjdk-17-jre-headless maven)" >&2; exit 1; }
done
node="$root/node_modules/.bin/node"
[ -x "$node" ] || { echo 'test:kafka needs node_modules: run npm ci first' >&2; exit 1; }

work=''
broker=''
fetching=''
stop() {
  # Only the process that this script started.
  if [ -n "$broker" ]; then
    kill "$broker" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$broker" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$broker" 2>/dev/null || true
    wait "$broker" 2>/dev/null || true
    broker=''
  fi
  if [ -n "$work" ]; then rm -rf "$work"; work=''; fi
  if [ -n "$fetching" ]; then rm -rf "$fetching"; fetching=''; fi
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The stamp is the pom's own hash: a half-finished or an older download is fetched again.
fetch() {
  local version="$1" cache="$2" stamp
  stamp="$(sha256sum "$here/pom.xml" | cut -d ' ' -f 1)"
  [ "$(cat "$cache/stamp" 2>/dev/null || true)" = "$stamp" ] && return
  echo "Fetching Kafka $version into $cache (about 45 MB, once) …"
  mkdir -p "$caches"
  fetching="$(mktemp -d "$caches/fetching.XXXXXX")"
  mvn --batch-mode --quiet --file "$here/pom.xml" "-Dkafka.version=$version" \
    dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$fetching/lib"
  echo "$stamp" > "$fetching/stamp"
  rm -rf "$cache"
  mv "$fetching" "$cache"
  fetching=''
}

run() {
  local version="$1"
  shift
  local cache="$caches/kafka-$version" ports plaintext tls controller
  fetch "$version" "$cache"
  work="$(mktemp -d)"
  read -r plaintext tls controller <<< "$("$node" -e "
    const servers = [1, 2, 3].map(() => require('node:net').createServer().listen(0, '127.0.0.1'));
    Promise.all(servers.map((s) => require('node:events').once(s, 'listening'))).then(() => {
      console.log(servers.map((s) => s.address().port).join(' '));
      for (const s of servers) s.close();
    })")"

  keytool -genkeypair -alias broker -keyalg EC -dname CN=localhost -ext san=dns:localhost -validity 2 \
    -storetype PKCS12 -keystore "$work/broker.p12" -storepass not-a-secret 2>"$work/keytool.log"
  keytool -exportcert -rfc -alias broker -keystore "$work/broker.p12" -storepass not-a-secret \
    -file "$work/broker.pem" 2>>"$work/keytool.log"

  # Everybody may do everything, except where a test puts an ACL.
  cat > "$work/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$plaintext,SSL://127.0.0.1:$tls,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$plaintext,SSL://localhost:$tls
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SSL:SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
ssl.keystore.type=PKCS12
ssl.keystore.location=$work/broker.p12
ssl.keystore.password=not-a-secret
log.dirs=$work/data
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.retention.check.interval.ms=300
log.initial.task.delay.ms=500
log.cleaner.dedupe.buffer.size=4194304
EOF
  java "${jvm[@]}" -cp "$cache/lib/*" kafka.tools.StorageTool format \
    --cluster-id kafkaautopilottests000 --config "$work/server.properties" > "$work/format.log" 2>&1 \
    || { cat "$work/format.log" >&2; exit 1; }
  (cd "$work" && exec java "${jvm[@]}" -cp "$cache/lib/*" kafka.Kafka "$work/server.properties") > "$work/server.log" 2>&1 &
  broker=$!

  local deadline=$((SECONDS + ready_within_seconds))
  until (exec 3<>"/dev/tcp/127.0.0.1/$plaintext") 2>/dev/null; do
    if ! kill -0 "$broker" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      echo "Kafka $version did not answer at 127.0.0.1:$plaintext:" >&2
      cat "$work/server.log" >&2
      exit 1
    fi
    sleep 0.2
  done

  echo "Kafka $version:"
  (
    cd "$root"
    REAL_PARTS=1 KAFKA_PLAINTEXT="127.0.0.1:$plaintext" KAFKA_TLS="localhost:$tls" KAFKA_CA_FILE="$work/broker.pem" \
      timeout --kill-after=10 "$tests_within_seconds" "$node" --experimental-vm-modules --disable-warning=ExperimentalWarning \
      node_modules/jest/bin/jest.js --runInBand test/kafka "$@"
  )
  stop
}

for version in $versions; do run "$version" "$@"; done
