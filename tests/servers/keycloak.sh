#!/usr/bin/env bash
# Keycloak on loopback for tests: any user, free ports, nothing left running.
#
#   keycloak.sh install        download, unpack, build and start once: the template that each start copies
#   keycloak.sh start DIR      start one in DIR and wait until it is ready; prints its settings as KEY=VALUE lines
#   keycloak.sh env DIR        the same lines again
#   keycloak.sh stop DIR       stop it and remove DIR; with --keep as a third word only stop it
#   keycloak.sh guard DIR      wait until standard input closes, then stop it and remove DIR: for test programs that may die
#
# KEYCLOAK_VERSION=26.7.3       another version
# KEYCLOAK_CACHE=FOLDER         where the template is kept between runs; target/keycloak unless set
# KEYCLOAK_TLS=1                https alone, with an own CA in DIR/tls
# KEYCLOAK_PORT=N               this port (to start again where it was before); free ones unless set
# KEYCLOAK_NO_WAIT=1            return as soon as the port answers, while it still boots; needs KEYCLOAK_PORT
# KEYCLOAK_FLAGS='...'          more flags for `kc.sh start`
# KEYCLOAK_FEATURES='...'       for `kc.sh build`; makes a template of its own
# KEYCLOAK_WITHOUT='...'        features to leave out, for `kc.sh build`; makes a template of its own
set -euo pipefail

version=${KEYCLOAK_VERSION:-26.7.3}
here=$(cd "$(dirname "$0")/../.." && pwd)
cache=${KEYCLOAK_CACHE:-$here/target/keycloak}
flavour=${KEYCLOAK_FEATURES:+-$(printf %s "$KEYCLOAK_FEATURES" | tr -c 'a-z0-9' _)}
flavour=$flavour${KEYCLOAK_WITHOUT:+-without-$(printf %s "$KEYCLOAK_WITHOUT" | tr -c 'a-z0-9' _)}
template=$cache/$version$flavour
export JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1

die() { printf 'keycloak.sh: %s\n' "$*" >&2; exit 1; }

alive() { kill -0 "$1" 2>/dev/null; }

# Ends a server that this script started, by its process group.
end_group() {
  local pid=$1 _
  kill -TERM -- "-$pid" 2>/dev/null || return 0
  for _ in $(seq 100); do alive "$pid" || return 0; sleep 0.1; done
  kill -KILL -- "-$pid" 2>/dev/null || true
}

need() {
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || die "$tool is missing: install it and start again."; done
}


# Starts the server in HOME with LOG, and waits until it is ready: `launch HOME LOG PIDFILE FLAG...`.
launch() {
  local home=$1 log=$2 pidfile=$3 pid management='' _
  shift 3
  : >"$log"
  setsid "$home/bin/kc.sh" start --optimized --hostname-strict=false --http-host=127.0.0.1 \
    --http-management-port=0 --cache=local "$@" >>"$log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$pidfile"
  for _ in $(seq 600); do
    alive "$pid" || { tail -5 "$log" >&2; rm -f "$pidfile"; die "the server ended while starting; see $log."; }
    # A guard that was told to stop took the file away.
    [ -e "$pidfile" ] || { end_group "$pid"; die "stopped while starting."; }
    management=$(sed -n 's/.*Management interface listening on \(https\?:\/\/[^ ]*[0-9]\)\. *$/\1/p' "$log" | tail -1)
    if [ -n "$management" ]; then
      [ -n "${KEYCLOAK_NO_WAIT:-}" ] && return
      [ "$(curl --silent --insecure --output /dev/null --write-out '%{http_code}' "$management/health/ready")" = 200 ] && return
    fi
    sleep 0.2
  done
  tail -5 "$log" >&2
  end_group "$pid"
  rm -f "$pidfile"
  die "the server is not ready after two minutes; see $log."
}

build() {
  local zip work
  need java mvn unzip curl openssl
  mvn -q -B dependency:get -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" -Dtransitive=false >&2
  zip=$(find "${MAVEN_REPOSITORY:-$HOME/.m2/repository}/org/keycloak/keycloak-quarkus-dist/$version" -name '*.zip' | head -1)
  [ -n "$zip" ] || die "Maven fetched no archive of Keycloak $version."
  work=$(mktemp -d "$cache/.making-XXXXXX")
  unzip -q "$zip" -d "$work"
  mv "$work"/keycloak-* "$work/home"
  "$work/home/bin/kc.sh" build --db=dev-file --health-enabled=true ${KEYCLOAK_FEATURES:+--features="$KEYCLOAK_FEATURES"} \
    ${KEYCLOAK_WITHOUT:+--features-disabled="$KEYCLOAK_WITHOUT"} \
    >"$work/home/build.log" 2>&1 || { tail -5 "$work/home/build.log" >&2; die "kc.sh build failed."; }
  # The first start makes the database: once here, not at every start.
  openssl rand -hex 16 >"$work/home/administrator"
  KC_BOOTSTRAP_ADMIN_USERNAME=administrator KC_BOOTSTRAP_ADMIN_PASSWORD=$(cat "$work/home/administrator") \
    launch "$work/home" "$work/first.log" "$work/pid" --http-enabled=true --http-port=0
  end_group "$(cat "$work/pid")"
  rm -rf "$template"
  mv "$work/home" "$template"
  rm -rf "$work"
}

install() {
  [ -d "$template" ] && return
  umask 077
  mkdir -p "$cache"
  # Test programs that start together make it once.
  exec 9>"$cache/.lock"
  flock 9
  # Not as a condition: there `set -e` would be off inside.
  if [ ! -d "$template" ]; then build 9>&-; fi
  exec 9>&-
}

own_ca() {
  local tls=$1
  [ -e "$tls/server.crt" ] && return
  mkdir -p "$tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=tellonce test CA" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$tls/ca.key" -out "$tls/ca.crt" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
    -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
  openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.crt" -CAkey "$tls/ca.key" -CAcreateserial -days 30 \
    -out "$tls/server.crt" 2>/dev/null \
    -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n')
}

start() {
  local dir=$1 flags url
  need java curl openssl
  install
  umask 077
  mkdir -p "$dir"
  if [ -s "$dir/pid" ] && alive "$(cat "$dir/pid")"; then cat "$dir/env"; return; fi
  [ -d "$dir/home" ] || cp -r "$template" "$dir/home"
  if [ -n "${KEYCLOAK_TLS:-}" ]; then
    own_ca "$dir/tls"
    flags=(--http-enabled=false "--https-port=${KEYCLOAK_PORT:-0}"
      "--https-certificate-file=$dir/tls/server.crt" "--https-certificate-key-file=$dir/tls/server.key")
  else
    flags=(--http-enabled=true "--http-port=${KEYCLOAK_PORT:-0}")
  fi
  # shellcheck disable=SC2086 # several flags in one variable, as its users write them
  launch "$dir/home" "$dir/log" "$dir/pid" "${flags[@]}" ${KEYCLOAK_FLAGS:-}
  url=$(sed -n 's/.*Listening on: \(https\?:\/\/[^ ]*[0-9]\)\. .*/\1/p' "$dir/log" | tail -1)
  [ -n "$url" ] || { end_group "$(cat "$dir/pid")"; die "the log does not say where it listens; see $dir/log."; }
  {
    printf 'URL=%s\n' "$url"
    printf 'CA=%s\n' "${KEYCLOAK_TLS:+$dir/tls/ca.crt}"
    printf 'ADMINISTRATOR=administrator\n'
    printf 'PASSWORD=%s\n' "$(cat "$dir/home/administrator")"
    printf 'PID=%s\n' "$(cat "$dir/pid")"
  } >"$dir/env"
  cat "$dir/env"
}

stop() {
  local dir=$1 pid=
  if [ -s "$dir/pid" ]; then
    pid=$(cat "$dir/pid")
    rm -f "$dir/pid"
    end_group "$pid"
  fi
  if [ "${2:-}" != --keep ]; then rm -rf "$dir"; fi
}

case ${1:-} in
install) install ;;
start) start "${2:?a folder}" ;;
env) cat "${2:?a folder}/env" ;;
stop) stop "${2:?a folder}" "${3:-}" ;;
guard)
  trap '' HUP INT TERM
  cat >/dev/null || true
  stop "${2:?a folder}"
  ;;
*) sed -n '2,/^set/s/^# \?//p' "$0" >&2; exit 2 ;;
esac
