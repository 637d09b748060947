# shellcheck shell=sh
# etcd-autopilot, boot script of a worker. POSIX sh and curl only.
#
# A worker finds the cluster by the parameter `endpoints`, tells it to everything on the machine (cluster.env, and an etcd
# that answers on localhost), and keeps that true. Then it runs its own boot commands, and reports that it is ready.
# What cannot be read is unknown: the last good value stays, and nothing goes on with none.

# {{infra/node/common.sh}}
# {{infra/node/etcd.sh}}

: "${LOCAL_ETCD:=gateway}" "${METADATA:=}" "${HOOK:=}" "${GROUP:=}" "${NAME:=}" "${STACK:=}" "${RESOURCE:=WorkerGroup}" "${TLS_CA:=}" "${TLS_CERT:=}" "${TLS_KEY:=}"
: "${ENV_PREFIX:=}" "${ENV_FILE:=/etc/release.env}" "${ENV_COMMAND:=}" "${BOOT_SECONDS:=3600}" "${REFRESH_SECONDS:=30}"
REFRESH_SECONDS=${ETCD_AUTOPILOT_REFRESH_SECONDS:-$REFRESH_SECONDS}
RUN=$ROOT/run/etcd-autopilot # what was done since the boot
LISTEN=${ETCD_AUTOPILOT_LOCALHOST:-127.0.0.1}:2379
LIST='' USE='' USED='' SILENT='' PROXY='' KNOWN='' BEAT='' WAITS=''

# about N: N, and up to half as much by chance, for a thousand machines may have started together.
about() { echo $(($1 + $(od -An -N2 -tu2 /dev/urandom) % ($1 / 2 + 1))); }
least() { [ "$1" -lt "$2" ] && echo "$1" || echo "$2"; }

# retreat N: the n-th pause after a refusal.
retreat() {
  KEYS=''
  apart sleep "${ETCD_AUTOPILOT_POLL_SECONDS:-$(about "$(least "$1" 15)")}"
}

# await FILE WHAT: until another process of this script has noted it.
await() {
  n=1
  until [ -e "$RUN/$1" ]; do
    say "waiting for $2"
    pause $n
    n=$((n + 1))
  done
}

# put FILE MODE: standard input becomes the file, whole or not at all. True if that changed it.
put() {
  if mkdir -p "${1%/*}" && cat >"$1.new" && chmod "$2" "$1.new"; then
    cmp -s "$1.new" "$1" || { mv "$1.new" "$1" && return; }
  else
    say "cannot write to $1"
  fi
  rm -f "$1.new"
  return 1
}

# --- The cluster's addresses

# look: LIST is what the parameter holds. False, and WHY, when that is not known; LIST is then what it was.
look() {
  if ssm GetParameter "{\"Name\":\"/etcd-autopilot/$CLUSTER/endpoints\"}"; then
    found=$(printf %s "$ANSWER" | field Value | unescaped)
    WHY='the parameter endpoints holds no list of client URLs for this machine'
    is_list "$found" && LIST=$found
    return
  fi
  case $STATUS:$WHY in 400:*' ParameterNotFound '*) WHY='the cluster has no voter yet' ;; esac
  return 1
}

# With certificates, an address without them is not the cluster's.
is_list() {
  case $TLS:$1 in *"$NL"*) return 1 ;; none:*) url='https?' ;; *) url=https ;; esac
  url="$url://[A-Za-z0-9.-]+:[0-9]+"
  printf '%s\n' "$1" | grep -qxE "$url(,$url)*"
}

# probe: USE is the list without those that were silent twice in a row (no connection, or no word in 3 s): etcd gateway
# would wait for them for minutes. If that is everybody, it is the whole list. SILENT are those of this time.
probe() {
  before=$SILENT SILENT='' USE=''
  ends=$({
    [ "$TLS" = none ] || printf '%s = "%s"\n' cacert "$ETC/tls/ca.crt" cert "$ETC/tls/client.crt" key "$ETC/tls/client.key"
    printf '%s\n' "$LIST" | tr , '\n' | sed 's,.*,url = "&/version"\noutput = "/dev/null",'
  } | fetch -Z --noproxy '*' --connect-timeout 2 -m 3 -w '%{exitcode} %{url_effective}\n' 2>/dev/null)
  for url in $(printf %s "$LIST" | tr , ' '); do
    case $NL$ends$NL in
    *"${NL}6 $url/version$NL"* | *"${NL}7 $url/version$NL"* | *"${NL}28 $url/version$NL"*) # a refused certificate is a word
      SILENT="$SILENT $url "
      case $before in *" $url "*) continue ;; esac ;;
    esac
    USE=${USE:+$USE,}$url
  done
  USE=${USE:-$LIST}
}

# One pair a line. What is none is said, and the others are taken.
pairs() {
  printf '%s\n' "$METADATA" | tr , '\n' | while IFS= read -r pair; do
    if printf '%s\n' "$pair" | grep -qxE '[A-Za-z][A-Za-z0-9_.-]*=[A-Za-z0-9_.:/@+-]*'; then
      printf '%s\n' "$pair"
    else
      [ -z "$pair" ] || say "leaving out of the metadata what is not like key=value: $pair"
    fi
  done
}

# Plain values only: it is a file of shells, of systemd and of docker alike.
environment() {
  at=$LIST
  case $LOCAL_ETCD in gateway) at=${LIST%%://*}://$LISTEN ;; grpc-proxy) at=http://$LISTEN ;; esac
  cat <<ENV
ETCDCTL_API=3
ETCDCTL_ENDPOINTS=$at
AUTOPILOT_ENDPOINTS=$LIST
AUTOPILOT_CLUSTER=$CLUSTER
AUTOPILOT_NAME=$NAME
AUTOPILOT_GROUP=$GROUP
AUTOPILOT_INSTANCE_ID=$ID
AUTOPILOT_INSTANCE_TYPE=$TYPE
AUTOPILOT_PRIVATE_IP=$IP
AUTOPILOT_REGION=$REGION
AUTOPILOT_ZONE=$ZONE
AUTOPILOT_METADATA=$(printf %s "$METADATA" | tr '\n' ,)
AUTOPILOT_SCRIPT=$KEEP/boot.sh
ENV
  printf '%s\n' "$METADATA" | while IFS='=' read -r key value; do
    [ -z "$key" ] || printf 'AUTOPILOT_META_%s=%s\n' "$(printf %s "$key" | tr 'a-z.-' 'A-Z__')" "$value"
  done
  case $TLS:$at in
  none:* | *:http:*) ;;
  *) printf 'ETCDCTL_%s\n' "CACERT=$ETC/tls/ca.crt" "CERT=$ETC/tls/client.crt" "KEY=$ETC/tls/client.key" ;;
  esac
}

publish() {
  environment | sed '\|^[A-Z0-9_]*=[]A-Za-z0-9_.:/@+=,[-]*$|!d' | put "$ETC/cluster.env" 644 && say "the cluster is at $LIST"
  chmod 755 "$ETC"
  echo "set -a; . $ETC/cluster.env; set +a" | put "$ROOT/etc/profile.d/etcd-autopilot.sh" 644
  printf '%s\n' "$LIST" | put "$KEEP/endpoints" 600
  KNOWN=1
}

bring_certificates() {
  [ "$TLS" = none ] && return
  dir=$ETC/tls.new
  WHY="cannot write to $ETC"
  rm -rf "$dir" && mkdir -p "$dir" || return 1
  bring "$TLS_CA" ca.crt && bring "$TLS_CERT" client.crt && bring "$TLS_KEY" client.key || return 1
  holds ca.crt CERTIFICATE "$TLS_CA" && holds client.crt CERTIFICATE "$TLS_CERT" || return 1
  holds client.key '(EC |RSA )?PRIVATE KEY' "$TLS_KEY" || return 1
  WHY="etcd grpc-proxy takes no certificate with a common name ($TLS_CERT): make one without, or take LocalEtcd=gateway"
  case $LOCAL_ETCD:$(openssl x509 -in "$dir/client.crt" -noout -subject -nameopt RFC2253 2>/dev/null) in grpc-proxy:*CN=[!,]*) return 1 ;; esac
  rm -rf "$ETC/tls" && mv "$dir" "$ETC/tls"
}

# --- etcd on localhost

end_proxy() {
  [ -z "$PROXY" ] || { kill "$PROXY" && wait "$PROXY"; } 2>/dev/null
  PROXY=''
}

# It runs, and for the addresses that are used now: it takes them at its start only.
keep_proxy() {
  [ "$LOCAL_ETCD" != none ] && [ -n "$USE" ] || return
  if [ -n "$PROXY" ] && ! kill -0 "$PROXY" 2>/dev/null; then
    say "etcd $LOCAL_ETCD ended, and is started again"
  elif [ -n "$PROXY" ] && [ "$USE" = "$USED" ]; then
    return
  fi
  end_proxy
  set -- "$LOCAL_ETCD" start --listen-addr="$LISTEN" --endpoints="$USE"
  case $LOCAL_ETCD:$TLS in
  gateway:*) set -- "$@" --retry-delay=5s ;;
  *:none) ;;
  *) set -- "$@" --cacert="$ETC/tls/ca.crt" --cert="$ETC/tls/client.crt" --key="$ETC/tls/client.key" ;;
  esac
  [ "$USE" = "$USED" ] || say "etcd $LOCAL_ETCD on $LISTEN for $USE"
  trap - TERM # see with_beat
  (forget_settings; exec etcd "$@") &
  PROXY=$! USED=$USE
  # shellcheck disable=SC2064
  trap "${ON_TERM:--}" TERM
  echo $PROXY >"$RUN/proxy"
}

# One that a killed script left behind: it holds the port, with the addresses of then.
end_stray() {
  stray=$(cat "$RUN/proxy" 2>/dev/null) || return
  tr '\0' ' ' <"/proc/$stray/cmdline" | grep -qF -- " --listen-addr=$LISTEN " && kill "$stray"
} 2>/dev/null

listens() {
  [ "$LOCAL_ETCD" = none ] ||
    [ "$(echo "url = \"http://$LISTEN/version\"" | fetch -m 2 --noproxy '*' -o /dev/null -w '%{num_connects}')" = 1 ]
}

# follow: the file, and etcd on localhost, go by the parameter. One round a second; the parameter is read twice a minute,
# and at once when an address is silent. While it cannot be read, the last good list serves, also over a restart.
follow() {
  ON_TERM='end_proxy; exit 143'
  # shellcheck disable=SC2064
  trap "$ON_TERM" TERM
  trap end_proxy EXIT
  mkdir -p "$RUN"
  end_stray
  identify
  METADATA=$(pairs)
  until TYPE=$(imds instance-type) && ZONE=$(imds placement/availability-zone) && IP=$(imds local-ipv4); do retreat 1; done
  n=1
  until obtain && runs; do pause $n; n=$((n + 1)); done
  n=1
  until bring_certificates || [ -d "$ETC/tls" ]; do
    say "$WHY"
    retreat $n
    n=$((n + 1))
  done
  LIST=$(cat "$KEEP/endpoints" 2>/dev/null)
  is_list "$LIST" || LIST=''
  USE=$LIST due=0 round=0 misses=0 pace=''
  while :; do
    [ "$due" -gt 0 ] || turn
    keep_proxy
    [ -e "$RUN/cluster" ] || [ -z "$KNOWN" ] || ! listens || : >"$RUN/cluster"
    apart sleep "${ETCD_AUTOPILOT_POLL_SECONDS:-1}"
    due=$((due - 1)) round=$((round + 1))
    [ $((round % 5)) != 0 ] || watch_over
  done
}

turn() {
  was=$LIST
  if look; then
    [ "$LIST" = "$was" ] || USE=$LIST SILENT='' pace=''
    publish
    misses=0 due=$(about $((REFRESH_SECONDS * 4 / 5)))
  else
    if [ -n "$LIST" ]; then say "keeping the cluster's addresses as they are: $WHY"; else say "waiting for the cluster's addresses: $WHY"; fi
    misses=$((misses + 1)) KEYS='' due=$(about "$(least $misses 15)")
  fi
}

# Who is silent may have been replaced: that is asked soon, and then less and less often. While two others answer there is
# time for a thousand machines to ask one after the other; else it is asked at once.
watch_over() {
  case $TLS:$LIST in *: | none:https:*) return ;; esac
  probe
  [ -n "$SILENT" ] || { pace=''; return; }
  was=$pace pace=1
  [ $(($(printf %s "$LIST" | tr , ' ' | wc -w) - $(printf %s "$SILENT" | wc -w))) -lt 2 ] || pace=10
  [ "$pace" = "$was" ] || hurry=$pace
  [ $due -le $hurry ] || due=$(about $hurry) hurry=$((hurry * 3))
}

# --- Ready

# lifecycle ACTION [SETTING]: done, or nothing to do: the hook was answered, or there never was one. WAITS: it was there.
lifecycle() {
  WAITS=1
  call autoscaling "$(endpoint autoscaling "${AWS_ENDPOINT_URL_AUTO_SCALING:-}")" 'Auto Scaling' "data = \"Action=$1&Version=2011-01-01${2:-}\"
data-urlencode = \"AutoScalingGroupName=$GROUP\"
data-urlencode = \"LifecycleHookName=$HOOK\"
data-urlencode = \"InstanceId=$ID\"" && return
  WAITS=''
  case $ANSWER in *'No active Lifecycle Action'*) ;; *) return 1 ;; esac
}

# signal STATUS: to the stack, which waits for word of a newcomer while it updates the group one by one. One that waits
# for nobody says so, and that is that. Tried for some minutes: nothing else waits for it.
signal() {
  n=1
  until [ -z "$STACK" ] || call cloudformation "$(endpoint cloudformation "${AWS_ENDPOINT_URL_CLOUDFORMATION:-}")" CloudFormation "data = \"Action=SignalResource&Version=2010-05-15&StackName=$STACK&LogicalResourceId=$RESOURCE&UniqueId=$ID&Status=$1\""; do
    case $n:$ANSWER in 15:* | *ValidationError*) return ;; esac
    say "cannot signal $1: $WHY"
    retreat $n
    n=$((n + 1))
  done
}

# answer_hook RESULT WORDS
answer_hook() {
  say "$2"
  n=1
  until [ -z "$HOOK" ] || lifecycle CompleteLifecycleAction "&LifecycleActionResult=$1"; do
    say "$2, and cannot report it: $WHY"
    retreat $n
    n=$((n + 1))
  done
}

# beat N: the launch hook waits for what takes long, N seconds at the most. Its timeout is 600: two in a row may be lost.
beat() {
  while [ "$1" -gt 0 ]; do
    span=$(about 120)
    apart sleep "${ETCD_AUTOPILOT_POLL_SECONDS:-$span}"
    lifecycle RecordLifecycleActionHeartbeat || say "no heartbeat of the launch hook: $WHY"
    set -- $(($1 - span))
  done
}

# with_beat N COMMAND...
with_beat() {
  [ -n "$HOOK" ] || { shift; "$@"; return; }
  trap - TERM # a process that is born with a trap loses a TERM that comes before its first step
  beat "$1" &
  BEAT=$!
  # shellcheck disable=SC2064
  trap "${ON_TERM:--}" TERM
  shift
  "$@"
  code=$?
  { kill "$BEAT" && wait "$BEAT"; } 2>/dev/null # no heartbeat comes after the word
  return $code
}

await_all() {
  await cluster "the cluster's addresses"
  [ -z "$ENV_PREFIX" ] || await env "the keys below $ENV_PREFIX"
}

# As somebody who logs in has it.
commands() {
  umask 022
  unset LC_ALL
  set -a
  # shellcheck disable=SC1091
  . "$ETC/cluster.env"
  set +a
  exec sh -e "$KEEP/commands.sh" </dev/null
}

# ready: once a boot. Boot commands that never end let the hook run out: it is kept up for BOOT_SECONDS.
ready() {
  [ ! -e "$RUN/ready" ] || return 0
  mkdir -p "$RUN"
  # shellcheck disable=SC2016
  ON_TERM='kill $BEAT 2>/dev/null; exit 143'
  identify
  with_beat 599940 await_all
  failed=0
  if [ ! -e "$RUN/commands" ] && [ -s "$KEEP/commands.sh" ]; then
    say 'running the boot commands'
    with_beat "$BOOT_SECONDS" apart commands || failed=$?
  fi
  if [ $failed = 0 ]; then
    : >"$RUN/commands"
    answer_hook CONTINUE ready
    : >"$RUN/ready"
    # Only a newcomer's word: that of one that only boots again would be taken for that of another.
    [ -z "$WAITS" ] || signal SUCCESS
  else
    [ -z "$HOOK" ] || lifecycle RecordLifecycleActionHeartbeat
    [ -z "$WAITS" ] || signal FAILURE # before the hook, with which the machine ends
    answer_hook ABANDON "not ready: the boot commands ended with status $failed"
    return 1
  fi
}

# {{infra/node/prefix.sh}}

# --- Services

# unit NAME TYPE LINES: runs this script with that name.
unit() {
  cat >"$ROOT/etc/systemd/system/etcd-autopilot-$1.service" <<UNIT
[Unit]
Description=etcd-autopilot: $1
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0
[Service]
Type=$2
Environment=PATH=$PATH
ExecStart=/bin/sh $KEEP/boot.sh $1
$3
[Install]
WantedBy=multi-user.target
UNIT
  chmod 644 "$ROOT/etc/systemd/system/etcd-autopilot-$1.service"
  systemctl enable "etcd-autopilot-$1.service"
}

# The boot commands have all rights. What they say is also on the console, which outlives the instance.
install_units() {
  mkdir -p "$ROOT/etc/systemd/system"
  again="Restart=always${NL}RestartSec=1${NL}NoNewPrivileges=yes${NL}ProtectHome=yes"
  unit follow simple "$again"
  unit ready oneshot "RemainAfterExit=yes${NL}TimeoutStartSec=infinity${NL}StandardOutput=journal+console${NL}StandardError=journal+console"
  [ -z "$ENV_PREFIX" ] || unit env simple "Restart=always${NL}RestartSec=1"
  systemctl disable --now etcd.service 2>/dev/null # a package's own
  systemctl daemon-reload
  systemctl start --no-block etcd-autopilot-follow.service etcd-autopilot-ready.service ${ENV_PREFIX:+etcd-autopilot-env.service}
}

# Without systemd, as children of this process.
stand_alone() {
  rm -rf "$RUN"
  supervise 'the keeper of addresses' follow &
  kids=$!
  [ -z "$ENV_PREFIX" ] || { supervise 'the keeper of keys' env_file & kids="$kids $!"; }
  ready &
  kids="$kids $!"
  # shellcheck disable=SC2064
  trap "kill $kids 2>/dev/null" TERM INT
  for kid in $kids; do
    while kill -0 "$kid" 2>/dev/null; do wait "$kid"; done
  done
}

case ${1:-boot}:${ETCD_AUTOPILOT_INIT:-systemd} in
follow:*) follow ;;
env:*) env_file ;;
ready:*) ready ;;
render:*) shift && render "$@" ;;
boot:none) stand_alone ;;
*) install_units ;;
esac
