# etcd-autopilot, boot script of a member. POSIX sh and curl only.
#
# A machine never decides by itself that it may run etcd. It waits for its ticket,
# the parameter members/<instance-id>, and every start of etcd, also after a crash
# or a reboot, passes the same decision (decide, below).
set -u
umask 077
ID=
WHY=
PID=

ROOT=${ETCD_AUTOPILOT_ROOT:-}
DATA=$ROOT/var/lib/etcd
KEEP=$ROOT/var/lib/etcd-autopilot
ETC=$ROOT/etc/etcd-autopilot
IMDS=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
POLL=${ETCD_AUTOPILOT_POLL_SECONDS:-}
LAST=

say() {
  [ "$*" = "$LAST" ] && return
  LAST=$*
  echo "etcd-autopilot: cluster $CLUSTER, instance ${ID:-?}: $*" >&2
}

# The n-th pause of a wait: one second at first, ten at most.
pause() {
  if [ -n "$POLL" ]; then sleep "$POLL"; else sleep "$(( $1 < 10 ? $1 : 10 ))"; fi
}

# --- Instance metadata (IMDSv2) -------------------------------------------------
imds() {
  token=$(curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$IMDS/latest/api/token") || return 1
  curl -sf -m 2 -H "X-aws-ec2-metadata-token: $token" "$IMDS/latest/meta-data/$1"
}

identify() {
  n=1
  until ID=$(imds instance-id) && REGION=$(imds placement/region) && ADDRESS=$(imds local-ipv4); do
    say 'waiting for the instance metadata service'
    pause $n; n=$((n + 1))
  done
}

# The string value of a key in one JSON object.
field() { sed -n 's/.*"'"$1"'" *: *"\(\([^"\\]\|\\.\)*\)".*/\1/p' | head -n 1; }

# --- Parameter Store --------------------------------------------------------------
# ssm ACTION JSON: prints the answer. 0: done; 1: refused, the answer says why; 2: no answer.
# Secrets travel by standard input: they are in no argument list and in no log.
ssm() {
  role=$(imds iam/security-credentials/) && creds=$(imds "iam/security-credentials/${role%%[!A-Za-z0-9+=,.@_-]*}") || return 2
  url=${AWS_ENDPOINT_URL_SSM:-${AWS_ENDPOINT_URL:-https://ssm.$REGION.amazonaws.com}}
  answer=$(curl -s -m 10 -w '\n%{http_code}' -K - <<CONFIG
url = "$url/"
aws-sigv4 = "aws:amz:$REGION:ssm"
user = "$(printf %s "$creds" | tr -d '\n' | field AccessKeyId):$(printf %s "$creds" | tr -d '\n' | field SecretAccessKey)"
header = "X-Amz-Security-Token: $(printf %s "$creds" | tr -d '\n' | field Token)"
header = "X-Amz-Target: AmazonSSM.$1"
header = "Content-Type: application/x-amz-json-1.1"
data = "$(printf %s "$2" | sed 's/[\\"]/\\&/g')"
CONFIG
  ) || return 2
  printf '%s' "$answer" | sed '$d'
  case $answer in *'
200') return 0 ;; *'
4'[0-9][0-9]) return 1 ;; esac
  return 2
}

# --- The ticket ---------------------------------------------------------------------
# read_ticket: 0 with TICKET set; 1: there is none; 2: unknown, which is not "none".
read_ticket() {
  TICKET=
  answer=$(ssm GetParameter "{\"Name\":\"/etcd-autopilot/$CLUSTER/members/$ID\"}")
  case $? in
  0) TICKET=$(printf %s "$answer" | field Value | sed 's/\\n/\
/g')
     [ -n "$TICKET" ] && return 0 ;;
  1) case $answer in *ParameterNotFound*) return 1 ;; esac ;;
  esac
  WHY=$(printf %s "$answer" | field __type)
  return 2
}

of() { printf '%s\n' "$TICKET" | sed -n "s/^$1=//p" | head -n 1; }

has_data() { [ -d "$DATA/member" ]; }
marker() { printf 'cluster=%s claim=%s member=%s\n' "$(of AUTOPILOT_CLUSTER)" "$(of AUTOPILOT_CLAIM)" "$(of AUTOPILOT_MEMBER_ID)"; }
is_ours() { [ "$(cat "$KEEP/marker" 2>/dev/null)" = "$(marker)" ]; }
was_used() { grep -qx "$(of AUTOPILOT_MEMBER_ID)" "$KEEP/used" 2>/dev/null; }

# decide: what this machine may do with the ticket that it has.
#   data directory   ticket                              decision
#   ------------------------------------------------------------------------------
#   any              of another cluster or instance      refuse
#   ours             ticket, started                     start
#   none             ticket, never used here             start   (a first start, once)
#   none             started, or ticket used here        report empty-disk
#   foreign          ticket, never used here             aside   (re-admitted: old data is moved aside)
#   foreign          started, or ticket used here        report foreign-data
#   any              joining                             wait
decide() {
  if [ "$(of AUTOPILOT_CLUSTER)" != "$CLUSTER" ] || [ "$(of AUTOPILOT_INSTANCE_ID)" != "$ID" ]; then
    echo refuse
    return
  fi
  case $(of AUTOPILOT_STATE) in
  ticket) if has_data && is_ours; then echo start; elif was_used; then lost; elif has_data; then echo aside; else echo start; fi ;;
  started) if has_data && is_ours; then echo start; else lost; fi ;;
  *) echo wait ;;
  esac
}
lost() { if has_data; then echo foreign-data; else echo empty-disk; fi; }

# Says once for each ticket why it was not used; the autopilot answers with another.
report() {
  id=$(of AUTOPILOT_MEMBER_ID)
  [ "$REPORTED" = "$1 $id" ] && return
  ssm PutParameter "{\"Name\":\"/etcd-autopilot/$CLUSTER/reports/$ID\",\"Type\":\"String\",\"Overwrite\":true,\"Value\":\"AUTOPILOT_REPORT=$1\\nAUTOPILOT_MEMBER_ID=$id\\n\"}" >/dev/null && REPORTED="$1 $id"
}

# Returns when this machine may start etcd, with the ticket in TICKET.
await_ticket() {
  REPORTED=
  n=1
  while :; do
    read_ticket
    case $? in
    1) say 'waiting for a ticket: the autopilot has not written one yet' ;;
    2) say "waiting for a ticket: Parameter Store did not answer (${WHY:-no connection})" ;;
    0)
      case $(decide) in
      start) return ;;
      aside) put_aside; return ;;
      wait) say 'waiting for a ticket: the member is being added' ;;
      refuse) say 'the ticket is of another cluster or instance: not starting etcd' ;;
      empty-disk) say 'the data directory is empty, but this member has run before: not starting etcd, waiting for a new ticket'
        report empty-disk ;;
      foreign-data) say "$DATA holds data of another member or cluster: not starting etcd, waiting for a new ticket"
        report foreign-data ;;
      esac ;;
    esac
    pause $n
    n=$((n + 1))
  done
}

# Data of a member that was removed is kept, the latest only, and never started again.
put_aside() {
  say "moving the data of a removed member to $DATA.removed"
  rm -rf "$DATA.removed" && mv "$DATA" "$DATA.removed"
}

# --- Starting etcd ------------------------------------------------------------------
prepare() {
  mkdir -p "$DATA" "$KEEP" "$ETC" "$ROOT/etc/profile.d"
  has_data || { of AUTOPILOT_MEMBER_ID >>"$KEEP/used"; marker >"$KEEP/marker"; }
  version=$(etcd --version | sed -n 's/^etcd Version: *//p')
  {
    printf '%s\n' "$TICKET" | grep '^ETCD_'
    cat <<ENV
ETCD_DATA_DIR=$DATA
ETCD_STRICT_RECONFIG_CHECK=true
ETCD_PRE_VOTE=true
ETCD_AUTO_COMPACTION_MODE=periodic
ETCD_AUTO_COMPACTION_RETENTION=1h
ETCD_QUOTA_BACKEND_BYTES=2147483648
ENV
    case $version in
    3.4.*) echo ETCD_LOGGER=zap ;;
    esac
  } >"$ETC/etcd.env"
  endpoint=$(of ETCD_ADVERTISE_CLIENT_URLS)
  echo "export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$endpoint" >"$ROOT/etc/profile.d/etcdctl.sh"
  chmod 644 "$ROOT/etc/profile.d/etcdctl.sh"
}

# One start of etcd, from the decision to its end.
run() {
  identify
  await_ticket
  prepare
  say "starting etcd $version as member $(of AUTOPILOT_MEMBER_ID)"
  set -a
  . "$ETC/etcd.env"
  set +a
}

# Without systemd: supervises etcd in the foreground. Every start is decided anew.
supervise() {
  trap 'stopped=1; [ -z "${PID:-}" ] || kill -TERM "$PID" 2>/dev/null' TERM INT
  stopped= n=1
  while [ -z "$stopped" ]; do
    (run && exec etcd) &
    PID=$!
    while kill -0 "$PID" 2>/dev/null; do wait "$PID"; done
    [ -n "$stopped" ] && break
    say "etcd ended: starting again through the same checks"
    pause $n
    n=$((n + 1))
  done
}

# The binary: what is installed, else the distribution's package, else the official release with its checksum.
obtain() {
  command -v etcd >/dev/null && return
  say 'installing etcd'
  if [ -n "${ETCD_SHA256:-}" ]; then
    case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
    name=etcd-v$ETCD_VERSION-linux-$arch
    curl -sfL -m 300 -o "/tmp/$name.tar.gz" "${ETCD_URL:-https://github.com/etcd-io/etcd/releases/download}/v$ETCD_VERSION/$name.tar.gz" &&
      echo "$ETCD_SHA256  /tmp/$name.tar.gz" | sha256sum -c - >/dev/null &&
      tar -xzf "/tmp/$name.tar.gz" -C /tmp && install -m 755 "/tmp/$name/etcd" "/tmp/$name/etcdctl" /usr/local/bin/ && return
    say "the release etcd $ETCD_VERSION could not be fetched, or its checksum is wrong"
  elif command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq etcd-server etcd-client && systemctl disable --now etcd
  fi
  command -v etcd >/dev/null
}

# With systemd: this script is the unit, so that reboots and crashes pass the same checks.
install_unit() {
  mkdir -p "$KEEP" "$ETC"
  cp "$0" "$KEEP/boot.sh"
  cat >/etc/systemd/system/etcd-autopilot.service <<UNIT
[Unit]
Description=etcd, kept by etcd-autopilot
After=network-online.target
Wants=network-online.target
[Service]
ExecStart=/bin/sh $KEEP/boot.sh run
Restart=always
RestartSec=2
LimitNOFILE=65536
TimeoutStartSec=infinity
[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --now etcd-autopilot.service
}

case ${1:-boot} in
run)
  until obtain; do say 'etcd is not installed and could not be fetched: trying again'; sleep 30; done
  run
  exec etcd
  ;;
boot)
  if [ "${ETCD_AUTOPILOT_INIT:-systemd}" = none ]; then supervise; else install_unit; fi
  ;;
esac
