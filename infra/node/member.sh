# shellcheck shell=sh
# etcd-autopilot, boot script of a member. POSIX sh and curl only.
#
# A machine never decides by itself that it may run etcd. It waits for its ticket, the
# parameter members/<instance-id>, and every start of etcd, also after a crash or a
# reboot, passes the same decision (decide, below). What cannot be read is unknown, and
# starts nothing.

# {{infra/node/common.sh}}
# {{infra/node/etcd.sh}}

DATA=$ROOT/var/lib/etcd
TICKET='' REPORTED='' OWNER='' ANNOUNCED=''

# --- The ticket

# 0: TICKET holds it. 1: there is none yet. 2: unknown, WHY says why; that is not "none".
read_ticket() {
  TICKET=''
  if ssm GetParameter "{\"Name\":\"/etcd-autopilot/$CLUSTER/members/$ID\"}"; then
    TICKET=$(printf %s "$ANSWER" | field Value | unescaped)
    WHY='the answer of Parameter Store is not readable'
  fi
  case $STATUS:$WHY in 400:*' ParameterNotFound '*) return 1 ;; esac
  [ -n "$TICKET" ] || return 2
}

# of NAME: its value in the ticket. It is asked for often, so no process is started for it.
of() {
  rest=$NL$TICKET$NL
  case $rest in *"$NL$1="*) rest=${rest#*"$NL$1="} && printf '%s\n' "${rest%%"$NL"*}" ;; esac
}

# Whether the text is a whole ticket for this machine: plain values only, for they become
# a shell file; and a start that names all that etcd would else make up, a cluster of its own.
is_valid() {
  printf '%s\n' "$TICKET" | grep -qvE '^[A-Z_0-9]+=[A-Za-z0-9:/.,=_-]*$' && return 1
  [ "$(of AUTOPILOT_CLUSTER)" = "$CLUSTER" ] && [ "$(of AUTOPILOT_INSTANCE_ID)" = "$ID" ] || return 1
  [ "$(of ETCD_NAME)" = "$ID" ] || return 1
  [ "$(of AUTOPILOT_STATE)" = joining ] && return
  of AUTOPILOT_MEMBER_ID | grep -qxE '[0-9]+' || return 1
  # One scheme for all: without its certificates etcd would not start, and with them http would be plain all the same.
  for name in INITIAL_ADVERTISE_PEER LISTEN_PEER ADVERTISE_CLIENT LISTEN_CLIENT; do
    case $TLS:$(of ETCD_${name}_URLS) in none:http://?*) ;; none:*) return 1 ;; *:https://?*) ;; *) return 1 ;; esac
  done
  [ "$(of AUTOPILOT_STATE)" = started ] && return
  case ,$(of ETCD_INITIAL_CLUSTER) in *",$ID="*) ;; *) return 1 ;; esac
  # A founder's token is what tells its cluster from every other.
  case $(of AUTOPILOT_STATE):$(of ETCD_INITIAL_CLUSTER_STATE):$(of ETCD_INITIAL_CLUSTER_TOKEN) in
  ticket:existing:* | ticket:new:?*) ;;
  *) return 1 ;;
  esac
  # Whoever restores founds alone: two that did would be two clusters, or one with two pasts.
  case $NL$TICKET in *"${NL}AUTOPILOT_RESTORE"*) ;; *) return 0 ;; esac
  [ "$(of ETCD_INITIAL_CLUSTER_STATE) $(of ETCD_INITIAL_CLUSTER)" = "new $ID=$(of ETCD_INITIAL_ADVERTISE_PEER_URLS)" ] || return 1
  restored | grep -qxE 's3://[a-z0-9.-]+/[A-Za-z0-9/._-]+ [0-9a-f]{64} [0-9]+ [0-9]+'
}

restored() { echo "$(of AUTOPILOT_RESTORE) $(of AUTOPILOT_RESTORE_SHA256) $(of AUTOPILOT_RESTORE_SIZE) $(of AUTOPILOT_RESTORE_BUMP)"; }

# Without a write-ahead log etcd takes a directory for an empty one, whatever else is in it.
has_data() { ls "$DATA"/member/wal/*.wal >/dev/null 2>&1; }
marker() { echo "cluster=$CLUSTER member=$(of AUTOPILOT_MEMBER_ID)"; }
is_ours() { [ "$(cat "$KEEP/marker" 2>/dev/null)" = "$(marker)" ]; }
was_used() { grep -qxF "$(of AUTOPILOT_MEMBER_ID)" "$KEEP/used" 2>/dev/null; }

# Whether the etcd here is more than one minor ahead of the oldest voter: what it writes ends the others.
is_too_new() {
  oldest=$(of AUTOPILOT_OLDEST_VERSION)
  [ -n "$oldest" ] || return 1
  ours=${VERSION#*.} theirs=${oldest#*.}
  [ "${VERSION%%.*}" != "${oldest%%.*}" ] || [ "${ours%%.*}" -gt $((${theirs%%.*} + 1)) ]
}

# decide: what this machine may do with the ticket that it has.
#   data     ticket                   decision
#   any      not for this machine     refuse
#   any      joining                  wait
#   ours     ticket, used, started    resume        with the data that is there
#   not ours ticket, etcd too new     too-new       wait
#   none     ticket                   start         once: then it is used
#   none     used, started            empty-disk    report, wait for another member id
#   foreign  ticket                   aside         re-admitted: keep the data aside, start
#   foreign  used, started            foreign-data  report, wait for another member id
# "ours": the marker names the ticket's cluster and member. "used": a ticket whose member
# id this machine has started before. etcd makes member ids from the founding's token or
# the second of the addition, so no id comes twice.
decide() {
  is_valid || { echo refuse; return; }
  disk=none
  has_data && disk=foreign && is_ours && disk=ours
  state=$(of AUTOPILOT_STATE)
  [ "$state" = ticket ] && was_used && state=used
  case $disk:$state in
  *:joining) echo wait ;;
  ours:*) echo resume ;;
  *:ticket) if is_too_new; then echo too-new; elif [ $disk = none ]; then echo start; else echo aside; fi ;;
  none:*) echo empty-disk ;;
  *) echo foreign-data ;;
  esac
}

# Tells the autopilot once for each ticket why it is not used, and says so here.
report() {
  id=$(of AUTOPILOT_MEMBER_ID)
  told=', reported'
  tell "$1" "${4:-}" || told=", and cannot report it: $WHY"
  say "not starting etcd: $2$told; waiting for ${3:-a ticket of another member than $id}"
}

# tell KIND [REASON]
tell() {
  [ "$REPORTED" = "$1 $id ${2:-}" ] && return
  value="AUTOPILOT_REPORT=$1\\nAUTOPILOT_MEMBER_ID=$id\\n${2:+AUTOPILOT_REASON=$(printf %s "$2" | tr -cd ' -~' | tr -d '\\"')\\n}"
  name=/etcd-autopilot/$CLUSTER/reports/$ID
  ssm PutParameter "{\"Name\":\"$name\",\"Type\":\"String\",\"Overwrite\":true,\"Value\":\"$value\"}" && REPORTED="$1 $id ${2:-}"
}

# Returns when etcd may start, with everything in place for it.
await_start() {
  n=1
  while :; do
    read_ticket
    case $? in
    1) say 'waiting for a ticket: the autopilot has not written one yet' ;;
    2) say "waiting for a ticket: $WHY"
      [ $n -gt 15 ] || n=15 ;; # it may be asked too much
    0) decision=$(decide)
      case $decision in
      refuse) say "not starting etcd: the parameter members/$ID is no ticket for this machine in this cluster (TLS: $TLS)" ;;
      wait) say 'waiting for a ticket: the member is being added'
        [ -n "$ANNOUNCED" ] || n=1 ANNOUNCED=1 ;; # it comes at once
      too-new) say "not starting etcd $VERSION: the cluster has voters of $(of AUTOPILOT_OLDEST_VERSION); upgrade one minor at a time" ;;
      empty-disk) report empty-disk 'this member has run before, and its data is gone' ;;
      foreign-data) report foreign-data "$DATA holds data of another cluster or member" ;;
      # A voter that is down for its certificates must not be taken for a broken machine.
      *) if ! bring_certificates; then
          case $decision in resume) report bad-certificates "$WHY" 'the right ones' ;; *) say "not starting etcd: $WHY" ;; esac
        elif ! restore "$decision"; then
          report restore-failed "cannot restore $(of AUTOPILOT_RESTORE): $WHY" 'the next try' "$WHY"
          apart sleep "${ETCD_AUTOPILOT_POLL_SECONDS:-30}"
        else
          case $REPORTED in bad-* | restore-*) tell withdrawn ;; esac
          prepare "$decision" && return
          say "not starting etcd: cannot write to $KEEP, $ETC or $DATA"
        fi ;;
      esac ;;
    esac
    pause $n
    n=$((n + 1))
  done
}

# --- Certificates
# They are brought before every start, so that a restart is a rotation.

# False, and WHY, unless ca.crt, member.crt and member.key are there for etcd.
bring_certificates() {
  [ "$TLS" = none ] && return
  dir=$ETC/tls.new
  WHY="cannot write to $ETC"
  rm -rf "$dir" && mkdir -p "$dir" || return 1
  if [ "$TLS" = command ]; then
    WHY="the command TlsCommand failed or took more than 60 s: $TLS_COMMAND"
    # shellcheck disable=SC2086
    timeout 60 $TLS_COMMAND "$dir" </dev/null >/dev/null || return 1
  else
    bring "$TLS_CA" ca.crt && bring "$TLS_CERT" member.crt && bring "$TLS_KEY" member.key || return 1
  fi
  holds ca.crt CERTIFICATE "$TLS_CA" && holds member.crt CERTIFICATE "$TLS_CERT" || return 1
  holds member.key '(EC |RSA )?PRIVATE KEY' "$TLS_KEY" && fits || return 1
  WHY="cannot write to $ETC/tls"
  chmod 600 "$dir"/* && { [ -z "$OWNER" ] || chown -R "$OWNER" "$dir"; } || return 1
  rm -rf "$ETC/tls" && mv "$dir" "$ETC/tls" || return 1
  # etcd has to pass through, and everybody may check who the members are.
  cp "$ETC/tls/ca.crt" "$ETC/ca.crt" && chmod 711 "$ETC" && chmod 644 "$ETC/ca.crt"
}

# What other members would refuse: etcd would hang, and the ticket be used. Without openssl, they and etcd say so.
fits() {
  command -v openssl || return 0
  crt=$dir/member.crt
  host=$(of ETCD_INITIAL_ADVERTISE_PEER_URLS)
  host=${host#https://} host=${host%:*}
  WHY="the key ($from) does not belong to its certificate: write both anew"
  public=$(openssl x509 -in "$crt" -noout -pubkey) || return 1
  [ "$(openssl pkey -in "$dir/member.key" -pubout </dev/null)" = "$public" ] || return 1
  WHY="the certificate of $from has expired by this machine's clock: write a new one, and its key"
  openssl x509 -in "$crt" -noout -checkend 0 || return 1
  WHY="the certificate of $from is not for $host: write one that is, and its key"
  openssl x509 -in "$crt" -noout -checkhost "$host" | grep 'does match' || return 1
  WHY="the certificate of $from is of no authority in ca: write what belongs together"
  openssl verify -partial_chain -CAfile "$dir/ca.crt" -untrusted "$crt" "$crt"
} >/dev/null 2>&1

# --- A founder that brings data back

# restore DECISION: what the ticket names lies ready, beside the place of the data. False, and WHY.
restore() {
  [ "$1" != resume ] && [ -n "$(of AUTOPILOT_RESTORE)" ] || return 0
  # shellcheck disable=SC2046
  set -- $(restored)
  uri=$1 sha=$2 size=$3 bump=$4 new=$DATA/restoring
  WHY="etcd $VERSION brings no etcdutl or etcdctl that can raise revisions: 3.4.27, 3.5.10, 3.6.0 or later is needed"
  for tool in etcdutl etcdctl ''; do
    case $bump:$(ETCDCTL_API=3 $tool snapshot restore --help 2>&1) in 0:*--data-dir* | *--bump-revision*) break ;; esac
  done
  [ -n "$tool" ] && has_keys || return 1
  WHY="cannot write to $new"
  rm -rf "$new" && mkdir -p "$new" || return 1
  say "restoring $uri"
  WHY='no answer from S3, or it stopped on the way'
  apart curl -qs -m 3600 -y 60 -Y 1000 -o "$new/db" -w '%{http_code}' -K /dev/fd/3 3<<CONFIG >"$new/status" || return 1
$(signed s3 "$(endpoint s3 "${AWS_ENDPOINT_URL_S3:-}")${uri#s3://}" "header = \"x-amz-content-sha256: $(sha256sum </dev/null | cut -c 1-64)\"")
CONFIG
  STATUS=$(cat "$new/status")
  WHY="S3 answers $(code_in <"$new/db") (HTTP $STATUS)"
  [ "$STATUS" = 200 ] || { KEYS=''; return 1; }
  WHY="it is not what was meant: it has another SHA-256, or not $size bytes"
  [ $(($(wc -c <"$new/db"))) = "$size" ] && echo "$sha  $new/db" | sha256sum -c - >/dev/null 2>&1 || return 1
  set --
  [ "$bump" = 0 ] || set -- --bump-revision="$bump" --mark-compacted
  apart timeout 3600 env ETCDCTL_API=3 "$tool" snapshot restore "$new/db" --data-dir="$new/etcd" --name="$ID" "$@" \
    --initial-cluster="$(of ETCD_INITIAL_CLUSTER)" --initial-cluster-token="$(of ETCD_INITIAL_CLUSTER_TOKEN)" \
    --initial-advertise-peer-urls="$(of ETCD_INITIAL_ADVERTISE_PEER_URLS)" >"$new/log" 2>&1 && return
  WHY="$tool: $(tail -n 1 "$new/log")"
  return 1
}

# --- Starting etcd

# A first start is written down, and is on the disk, before etcd can leave a trace. What was restored is marked as ours
# before it is in its place, and as used after: whenever the machine dies, the next one resumes it or restores it anew.
prepare() {
  mkdir -p "$DATA" "$KEEP" "$ETC" "$ROOT/etc/profile.d" || return 1
  [ -z "$OWNER" ] || chown -R "$OWNER" "$DATA" || return 1
  text=$(settings "$1") && printf '%s\n' "$text" >"$ETC/etcd.env" || return 1
  if [ "$1" = resume ]; then
    rm -rf "$DATA/restoring"
    was_used || of AUTOPILOT_MEMBER_ID >>"$KEEP/used"
    return
  fi
  put_aside || return 1
  if [ -n "$(of AUTOPILOT_RESTORE)" ]; then
    marker >"$KEEP/marker" && sync && mv "$DATA/restoring/etcd/member" "$DATA/member" && rm -rf "$DATA/restoring" && sync || return 1
  fi
  of AUTOPILOT_MEMBER_ID >>"$KEEP/used" && marker >"$KEEP/marker" || return 1
  sync "$KEEP/used" "$KEEP/marker" 2>/dev/null || sync
}

# Data of a removed member, and remains of a first start that failed, are kept for a person to delete.
put_aside() {
  [ -e "$DATA/member" ] || return 0
  aside=$DATA.removed-$(date -u +%Y%m%dT%H%M%SZ)
  say "keeping what $DATA holds in $aside"
  [ ! -e "$aside" ] && mv "$DATA/member" "$aside"
}

# Flags as environment. --experimental-* ones are not used: 3.7 refuses them.
settings() {
  for name in NAME INITIAL_ADVERTISE_PEER_URLS LISTEN_PEER_URLS ADVERTISE_CLIENT_URLS LISTEN_CLIENT_URLS INITIAL_CLUSTER_TOKEN; do
    echo "ETCD_$name=$(of ETCD_$name)"
  done
  if [ "$1" = resume ]; then
    # Should the data vanish between the decision and the start, this can neither found nor join anything.
    echo "ETCD_INITIAL_CLUSTER=$ID=$(of ETCD_INITIAL_ADVERTISE_PEER_URLS)${NL}ETCD_INITIAL_CLUSTER_STATE=existing"
  else
    echo "ETCD_INITIAL_CLUSTER=$(of ETCD_INITIAL_CLUSTER)${NL}ETCD_INITIAL_CLUSTER_STATE=$(of ETCD_INITIAL_CLUSTER_STATE)"
  fi
  cat <<ENV
ETCD_DATA_DIR='$DATA'
ETCD_STRICT_RECONFIG_CHECK=true
ETCD_PRE_VOTE=true
ETCD_AUTO_COMPACTION_MODE=periodic
ETCD_AUTO_COMPACTION_RETENTION=1h
ETCD_QUOTA_BACKEND_BYTES=${QUOTA_BYTES:-2147483648}
ENV
  [ "$TLS" = none ] || for side in ETCD ETCD_PEER; do
    cat <<ENV
${side}_CERT_FILE='$ETC/tls/member.crt'
${side}_KEY_FILE='$ETC/tls/member.key'
${side}_TRUSTED_CA_FILE='$ETC/tls/ca.crt'
${side}_CLIENT_CERT_AUTH=true
ENV
  done
  # What later versions do by themselves.
  case $VERSION in 3.4.*) echo "ETCD_LOGGER=zap${NL}ETCD_ENABLE_V2=false" ;; esac
  case $VERSION:$(uname -m) in 3.4.*:aarch64) echo ETCD_UNSUPPORTED_ARCH=arm64 ;; esac
}

# Returns when etcd may start and its environment file is written.
admit() {
  identify
  n=1
  until obtain && runs; do
    pause $n
    n=$((n + 1))
  done
  await_start
  hint="export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$(of ETCD_ADVERTISE_CLIENT_URLS)"
  [ "$TLS" = none ] || hint="$hint ETCDCTL_CACERT=$ETC/ca.crt"
  echo "$hint" >"$ROOT/etc/profile.d/etcdctl.sh"
  chmod 644 "$ROOT/etc/profile.d/etcdctl.sh"
  say "starting etcd $VERSION as member $(of AUTOPILOT_MEMBER_ID) ($decision)"
}

# One life of etcd, from the decision to its end.
run() {
  admit
  forget_settings
  set -a
  # shellcheck disable=SC1091
  . "$ETC/etcd.env"
  exec etcd
}

# With systemd: this script, where the user data unpacked it, comes before every start, so that crashes and reboots pass the
# same decision. etcd itself has no rights but to its data.
install_unit() {
  mkdir -p "$ROOT/etc/systemd/system"
  id etcd >/dev/null 2>&1 || useradd -r -M -d /var/lib/etcd -s /usr/sbin/nologin etcd
  cat >"$ROOT/etc/systemd/system/etcd-autopilot.service" <<UNIT
[Unit]
Description=etcd, kept by etcd-autopilot
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0
[Service]
Type=notify
User=etcd
Environment=PATH=$PATH
ExecStartPre=+/bin/sh $KEEP/boot.sh admit
EnvironmentFile=-$ETC/etcd.env
ExecStart=/usr/bin/env etcd
TimeoutStartSec=infinity
Restart=always
RestartSec=2
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=yes
PrivateTmp=yes
[Install]
WantedBy=multi-user.target
UNIT
  chmod 644 "$ROOT/etc/systemd/system/etcd-autopilot.service"
  systemctl disable --now etcd.service 2>/dev/null # a package's own, which asks nobody
  systemctl daemon-reload
  systemctl enable etcd-autopilot.service
  systemctl start --no-block etcd-autopilot.service
}

case ${1:-boot}:${ETCD_AUTOPILOT_INIT:-systemd} in
admit:*) OWNER=etcd: && admit ;;
boot:none) supervise etcd run ;;
*) install_unit ;;
esac
