# shellcheck shell=sh
# etcd-autopilot, client of the gate for reboots (docs/reboots.md). POSIX sh and curl only.
#
# Who has not asked does not reboot, and what cannot be asked is no yes. The secret is read with the instance's role, each
# time anew; it is in no argument list, in no log, and in no file but the settings of Zincati, which wants it there.

# {{infra/node/common.sh}}

: "${REBOOT_URL:=}" "${REBOOT_GROUP:=members}" "${REBOOT_SECRET:=/etcd-autopilot-secrets/$CLUSTER/reboot-secret}"
ASK_SECONDS=${ETCD_AUTOPILOT_ASK_SECONDS:-60} WATCH_SECONDS=${ETCD_AUTOPILOT_WATCH_SECONDS:-300}
ZINCATI=$ROOT/run/zincati/config.d/90-etcd-autopilot.toml
BASE=''

# about N: N, and up to half as much by chance, for a whole group may have got its update at the same time.
about() { echo $(($1 + $(od -An -N2 -tu2 /dev/urandom) % ($1 / 2 + 1))); }

# --- The gate

# base: BASE is the base URL, which holds the secret. False, and WHY, when there is none.
base() {
  if ! ssm GetParameter "{\"Name\":\"$REBOOT_SECRET\",\"WithDecryption\":true}"; then
    WHY="cannot read the parameter $REBOOT_SECRET: $WHY; write it, and let the instance role read and decrypt it"
    return 1
  fi
  WHY="the parameter $REBOOT_SECRET must be a SecureString of 20 to 128 letters, digits, - or _"
  secret=$(printf %s "$ANSWER" | field Value) type=$(printf %s "$ANSWER" | field Type) ANSWER=''
  case $type:$secret in *:*[!A-Za-z0-9_-]* | *:) return 1 ;; SecureString:*) ;; *) return 1 ;; esac
  BASE=${REBOOT_URL%/}/$CLUSTER/$secret secret=''
}

# ask ENDPOINT: true when the gate says yes; else WHY is what it says.
ask() {
  base || return 1
  WHY='the gate does not answer'
  ANSWER=$(fetch -m 60 -w '\n%{http_code}' <<CONFIG
url = "$BASE/v1/$1"
header = "fleet-lock-protocol: true"
header = "content-type: application/json"
data = "{\"client_params\":{\"group\":\"$REBOOT_GROUP\",\"id\":\"$ID\"}}"
CONFIG
  ) || return 1
  BASE='' STATUS=${ANSWER##*"$NL"}
  [ "$STATUS" = 200 ] && return
  WHY="the gate says $(printf %s "$ANSWER" | field kind): $(printf %s "$ANSWER" | field value | unescaped) (HTTP $STATUS)"
  return 1
}

acquire() {
  ask pre-reboot || { say "may not reboot now: $WHY"; return 1; }
  say "may reboot: holds the lock of $REBOOT_GROUP"
}

release() {
  ask steady-state || { say "cannot give the lock back: $WHY"; return 1; }
  say "does not hold the lock of $REBOOT_GROUP"
}

# reboot_once: asks until it may. Where the reboot cannot even begin, others shall not wait for it.
reboot_once() {
  until acquire; do apart sleep "$(about "$ASK_SECONDS")"; done
  systemctl reboot && return
  say 'cannot reboot'
  release
  return 1
}

# needs_reboot: an update was installed that wants one.
needs_reboot() {
  if command -v update_engine_client >/dev/null; then
    update_engine_client -status 2>/dev/null | grep -q UPDATE_STATUS_UPDATED_NEED_REBOOT
  elif command -v needs-restarting >/dev/null; then
    needs-restarting -r 2>/dev/null | grep -q '^Reboot is required'
  else
    [ -e "$ROOT/run/reboot-required" ]
  fi
}

# watch: one that has begun to reboot is ended by it.
watch() {
  while :; do
    ! needs_reboot || reboot_once
    apart sleep "$(about "$WATCH_SECONDS")"
  done
}

# --- Zincati of Fedora CoreOS: it asks by itself

zincati() {
  base || { say "cannot write the settings of Zincati: $WHY"; return 1; }
  mkdir -p "${ZINCATI%/*}" && chmod 755 "${ZINCATI%/*}" "${ZINCATI%/*/*}"
  cat >"$ZINCATI.new" <<TOML
[identity]
group = "$REBOOT_GROUP"
node_uuid = "$(printf '%32s' "${ID#i-}" | tr ' ' 0)"
[updates]
enabled = true
strategy = "fleet_lock"
[updates.fleet_lock]
base_url = "$BASE/"
TOML
  BASE=''
  chgrp zincati "$ZINCATI.new" 2>/dev/null && chmod 640 "$ZINCATI.new"
  mv "$ZINCATI.new" "$ZINCATI"
  say "Zincati asks for the lock of $REBOOT_GROUP"
  systemctl --no-block try-restart zincati.service
}

# --- Units

# unit NAME LINES
unit() {
  cat >"$ROOT/etc/systemd/system/etcd-autopilot-$1.service" <<UNIT
[Unit]
Description=etcd-autopilot: $1
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0
[Service]
Environment=PATH=$PATH
RestartSec=30
$2
[Install]
WantedBy=multi-user.target
UNIT
  chmod 644 "$ROOT/etc/systemd/system/etcd-autopilot-$1.service"
  systemctl enable "etcd-autopilot-$1.service"
}

# At every boot the lock goes back, until that succeeds: the machine is up again.
install_units() {
  mkdir -p "$KEEP" "$ROOT/etc/systemd/system"
  [ "$0" = "$KEEP/reboot.sh" ] || cat "$0" >"$KEEP/reboot.sh"
  once="Type=oneshot${NL}RemainAfterExit=yes${NL}Restart=on-failure${NL}ExecStart=/bin/sh $KEEP/reboot.sh"
  if [ -e "$ROOT/usr/lib/systemd/system/zincati.service" ]; then
    unit zincati "$once zincati"
    units=etcd-autopilot-zincati.service
  else
    unit steady "$once release"
    unit reboot "Type=simple${NL}Restart=always${NL}ExecStart=/bin/sh $KEEP/reboot.sh watch"
    units='etcd-autopilot-steady.service etcd-autopilot-reboot.service'
  fi
  systemctl daemon-reload
  # shellcheck disable=SC2086
  systemctl start --no-block $units
}

[ -n "$REBOOT_URL" ] || { say 'REBOOT_URL is empty: give it the output RebootGateUrl of the autopilot'; exit 2; }
case ${1:-install} in
install) install_units ;;
acquire | release | zincati | watch) identify && "$1" ;;
reboot) identify && reboot_once ;;
*) say "usage: reboot.sh install|acquire|release|reboot|watch|zincati"; exit 2 ;;
esac
