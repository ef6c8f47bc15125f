#!/usr/bin/env bash
# Emulators of Amazon Cognito, IAM and STS on loopback for tests: any user, free ports, nothing left running. None of
# them is Amazon Cognito; tests/support/conformance/difference.rs lists what each does otherwise.
#
#   cognito.sh install           make the two Python environments once
#   cognito.sh start DIR [KIND]  start one in DIR and wait until it answers; prints its settings as KEY=VALUE lines.
#                                KIND: ministack (unless said) or moto
#   cognito.sh env DIR           the same lines again
#   cognito.sh stop DIR          stop it and remove DIR; with --keep as a third word only stop it
#   cognito.sh guard DIR         wait until standard input closes, then stop it and remove DIR: for test programs that may die
#
# COGNITO_VENVS=FOLDER           where the environments are kept between runs; target/cognito unless set
# COGNITO_PORT=N                 this port (to start again where it was before); a free one unless set
set -euo pipefail

ministack=ministack==1.5.33 moto='moto[server]==5.2.5'
here=$(cd "$(dirname "$0")" && pwd)
venvs=${COGNITO_VENVS:-$here/../../target/cognito}

die() { printf 'cognito.sh: %s\n' "$*" >&2; exit 1; }

alive() { kill -0 "$1" 2>/dev/null; }

# Ends a server that this script started, by its process group.
end_group() {
  local pid=$1 _
  kill -TERM -- "-$pid" 2>/dev/null || return 0
  for _ in $(seq 100); do alive "$pid" || return 0; sleep 0.05; done
  kill -KILL -- "-$pid" 2>/dev/null || true
}

environment() {
  local name=$1 package=$2 work
  [ ! -d "$venvs/$name" ] || return 0
  work=$venvs/$name.making
  rm -rf "$work"
  python3 -m venv "$work"
  "$work/bin/python" -m pip install --quiet --disable-pip-version-check "$package" >&2
  mv "$work" "$venvs/$name"
}

install() {
  if [ -d "$venvs/ministack" ] && [ -d "$venvs/moto" ]; then return; fi
  command -v python3 >/dev/null || die "python3 is missing: install it and start again."
  mkdir -p "$venvs"
  # Test programs that start together make them once.
  exec 9>"$venvs/.lock"
  flock 9
  environment ministack "$ministack" 9>&-
  environment moto "$moto" 9>&-
  exec 9>&-
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Replaces this process by the server. The programs are run by the interpreter: an environment that was moved keeps
# another folder's name in its scripts. Nothing of the caller's AWS settings reaches it.
serve() {
  local kind=$1 port=$2 home=$3 name
  for name in $(compgen -e AWS_ || true); do unset "$name"; done
  export HOME=$home
  case $kind in
  ministack)
    export AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT=$port SERVICES=cognito-idp,iam,sts STATE_DIR=$home
    export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
    exec setsid "$venvs/ministack/bin/python" -m ministack ;;
  moto) exec setsid "$venvs/moto/bin/python" -m moto.server -H 127.0.0.1 -p "$port" ;;
  esac
}

start() {
  local dir=$1 kind=$2 port pid up='' _
  case $kind in ministack | moto) ;; *) die "no emulator is called $kind." ;; esac
  install
  umask 077
  mkdir -p "$dir/state"
  dir=$(cd "$dir" && pwd)
  if [ -s "$dir/pid" ] && alive "$(cat "$dir/pid")"; then cat "$dir/env"; return; fi
  port=${COGNITO_PORT:-$(free_port)}
  cd "$dir/state"
  serve "$kind" "$port" "$dir/state" >"$dir/log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$dir/pid"
  for _ in $(seq 600); do
    alive "$pid" || { tail -5 "$dir/log" >&2; rm -f "$dir/pid"; die "$kind ended while starting; see $dir/log."; }
    # A guard that was told to stop took the file away.
    [ -e "$dir/pid" ] || { end_group "$pid"; die "stopped while starting."; }
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then up=1; break; fi
    sleep 0.05
  done
  [ -n "$up" ] || { end_group "$pid"; rm -f "$dir/pid"; die "$kind does not answer after half a minute; see $dir/log."; }
  printf '%s\n' "URL=http://127.0.0.1:$port" "KIND=$kind" "PID=$pid" ROOT_KEY=test ROOT_SECRET=test >"$dir/env"
  cat "$dir/env"
}

stop() {
  local dir=$1 pid
  if [ -s "$dir/pid" ]; then
    pid=$(cat "$dir/pid")
    rm -f "$dir/pid"
    end_group "$pid"
  fi
  if [ "${2:-}" != --keep ]; then rm -rf "$dir"; fi
}

case ${1:-} in
install) install ;;
start) start "${2:?a folder}" "${3:-ministack}" ;;
env) cat "${2:?a folder}/env" ;;
stop) stop "${2:?a folder}" "${3:-}" ;;
guard)
  trap '' HUP INT TERM
  cat >/dev/null || true
  stop "${2:?a folder}"
  ;;
*) sed -n '2,/^set/s/^# \?//p' "$0" >&2; exit 2 ;;
esac
