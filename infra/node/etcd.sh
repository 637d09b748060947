# shellcheck shell=sh
# etcd-autopilot: what the boot scripts of members and of workers share beside common.sh, where etcd runs.

# --- Certificates
# What is not right starts nothing; no value is ever said, and keys pass through pipes and files of their owner only.

# bring PARAMETER FILE
bring() {
  ssm GetParameter "{\"Name\":\"$1\",\"WithDecryption\":true}" || {
    WHY="cannot read the parameter $1: $WHY; write it, and let the instance role read and decrypt it"
    return 1
  }
  WHY="the parameter $1 must be a SecureString: delete it, write it anew, and make a new key, for this one was readable"
  case $2:$(printf %s "$ANSWER" | field Type) in *.crt:* | *:SecureString) ;; *) return 1 ;; esac
  printf %s "$ANSWER" | field Value | unescaped >"$dir/$2"
  ANSWER=''
}

# holds FILE KIND PARAMETER
holds() {
  from="the parameter $3"
  [ "$TLS" != command ] || from="the file $1 of $TLS_COMMAND"
  WHY="$from is not in PEM form, or not whole: write it anew"
  grep -qE "^-----BEGIN $2-----" "$dir/$1" && grep -qE "^-----END $2-----" "$dir/$1"
} 2>/dev/null

# --- Processes, and the programs of etcd

# supervise WHAT COMMAND...: without systemd, again and again in a process of its own, until a TERM.
supervise() {
  what=$1
  shift
  trap 'STOP=1; [ -z "$PID" ] || kill "$PID" 2>/dev/null' TERM INT
  n=0
  while [ -z "$STOP" ]; do
    began=$(date +%s)
    ([ $n = 0 ] || pause $n; "$@") &
    PID=$!
    [ -z "$STOP" ] || kill "$PID" 2>/dev/null
    wait "$PID"
    code=$?
    # A signal ends `wait` before the process has ended.
    while kill -0 "$PID" 2>/dev/null; do wait "$PID"; code=$?; done
    [ $(($(date +%s) - began)) -lt 60 ] || n=0
    n=$((n + 1))
    LAST='' ID=${ID:-$(imds instance-id)}
    say "$what ended with status $code"
  done
}

# What etcd would take for its flags.
forget_settings() {
  unset ETCD_AUTOPILOT_ROOT ETCD_AUTOPILOT_INIT ETCD_AUTOPILOT_POLL_SECONDS ETCD_VERSION ETCD_SHA256 ETCD_RELEASES
}

# etcd as it is installed; else the release that the template names; else the package.
obtain() {
  command -v etcd >/dev/null && return
  if [ -n "$ETCD_VERSION" ]; then
    say "installing etcd $ETCD_VERSION"
    unpack_release
  elif command -v apt-get >/dev/null; then
    say "installing the distribution's package of etcd"
    systemctl mask etcd.service
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq etcd-server etcd-client
  else
    say 'there is no etcd on this image and the template names none: waiting for one on the PATH'
  fi >&2
  command -v etcd >/dev/null
}

runs() {
  VERSION=$(etcd --version | sed -n 's/^etcd Version: *//p')
  [ -n "$VERSION" ] || { say 'the etcd on the PATH does not run: waiting'; return 1; }
}

unpack_release() {
  case $(uname -m) in aarch64) name=etcd-v$ETCD_VERSION-linux-arm64 ;; *) name=etcd-v$ETCD_VERSION-linux-amd64 ;; esac
  mkdir -p "$KEEP" "$BIN"
  if ! curl -qsfL -m 300 -o "$KEEP/$name.tar.gz" "$ETCD_RELEASES/v$ETCD_VERSION/$name.tar.gz"; then
    say "cannot download $ETCD_RELEASES/v$ETCD_VERSION/$name.tar.gz"
  elif ! echo "$ETCD_SHA256  $KEEP/$name.tar.gz" | sha256sum -c - >/dev/null 2>&1; then
    say "$name.tar.gz is not what EtcdSha256 names: nothing of it is used"
  else
    tar -xzf "$KEEP/$name.tar.gz" -C "$KEEP" && install -m 755 "$KEEP/$name"/etcd* "$BIN/"
  fi
  rm -rf "${KEEP:?}/$name" "$KEEP/$name.tar.gz"
}
