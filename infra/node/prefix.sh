# shellcheck shell=sh
# --- Files made of keys of etcd
# They hold what etcd holds, whole or not at all. While etcd does not answer they stay as they are. Values are data:
# nothing of them is ever run.

# ctl ARGUMENT...: etcdctl in place of this shell, so only in one of its own.
ctl() {
  export ETCDCTL_API=3 ETCDCTL_ENDPOINTS
  ETCDCTL_ENDPOINTS=$(cat "$KEEP/endpoints")
  [ "$TLS" = none ] || export ETCDCTL_CACERT="$ETC/tls/ca.crt" ETCDCTL_CERT="$ETC/tls/client.crt" ETCDCTL_KEY="$ETC/tls/client.key"
  exec etcdctl "$@"
}

# keys PREFIX: PAIRS are its keys and values, two base64 texts a line. False, and WHY, when etcd does not answer.
keys() {
  ANSWER=$(ctl get --prefix --write-out=json "$1" 2>&1) || { WHY="etcd does not answer: ${ANSWER##*"$NL"}"; return 1; }
  WHY='the answer of etcd is not readable'
  ANSWER=$(printf '%s\n' "$ANSWER" | grep '^{"header":')
  REVISION=$(printf '%s\n' "$ANSWER" | sed -nE 's/^\{"header":\{[^}]*"revision":([0-9]+).*/\1/p')
  [ -n "$REVISION" ] || return 1
  # An empty value is not in the answer.
  PAIRS=$(printf '%s\n' "$ANSWER" | sed 's/{"key":/\
&/g' | sed -nE '/^\{"key":/{ s/("version":[0-9]+)[,}]/\1,"value":""/; s/^\{"key":"([^"]*)".*"value":"([^"]+)?".*/\1 \2/p; }')
}

# await_change PREFIX SECONDS: until a key changed since it was read; at the latest then, for a watch may be lost.
await_change() {
  sleep "$2" 2>/dev/null &
  nap=$!
  ctl watch --prefix --rev=$((REVISION + 1)) "$1" -- sh -c "kill $nap" >/dev/null 2>&1 &
  watcher=$!
  trap 'kill "$nap" "$watcher" 2>/dev/null; exit 143' TERM
  wait "$nap" 2>/dev/null
  trap - TERM
  { kill "$watcher" && wait "$watcher"; } 2>/dev/null
  apart sleep "${ETCD_AUTOPILOT_POLL_SECONDS:-0.2}" 2>/dev/null # what else changes at the same time
}

decoded() { printf %s "$1" | base64 -d; }

# after_change COMMAND ARGUMENT...: true when it has been run with success, or there is none.
after_change() {
  [ -n "$1" ] || return 0
  (umask 022; exec timeout 60 sh -c "$@" </dev/null) && return
  say "it failed, or took more than 60 s, and will be repeated: $1"
  return 1
}

# variables SAY|SET: the lines of an environment file, as shells and systemd read it; or why some keys are not in it.
variables() {
  printf '%s\n' "$PAIRS" | while read -r key value; do
    [ -n "$key" ] || continue
    name=$(decoded "$key")
    name=${name#"$ENV_PREFIX"} why=''
    case $name in
    '' | [0-9]* | *[!A-Za-z0-9_]*) why='no name of a variable' ;;
    LD_* | PATH | IFS | ENV | BASH_* | SHELLOPTS | PS4 | PROMPT_COMMAND) why='shells or the loader run what it holds' ;;
    *) [ "$(decoded "$value" | tr -dc '\000' | wc -c)" -eq 0 ] || why='no variable can hold its value' ;;
    esac
    case $1:$why in
    SAY:?*) printf '# Left out %s: %s\n' "$(printf %s "$name" | tr -c '[:print:]' '?')" "$why" ;;
    SET:)
      printf '%s="' "$name"
      decoded "$value" | sed 's/[\\"$`]/\\&/g'
      printf '"\n'
      ;;
    esac
  done
}

# env_file: ENV_FILE is made of the keys below ENV_PREFIX. ENV_COMMAND is run when it changed after the boot commands
# could read it.
env_file() {
  await cluster "the cluster's addresses"
  identify
  file=$ROOT$ENV_FILE REVISION=0
  while :; do
    if keys "$ENV_PREFIX"; then
      note="# Made by etcd-autopilot of the keys below $ENV_PREFIX"
      [ -n "$PAIRS" ] || note="$note: there are none"
      { echo "$note"; variables SAY; variables SET; } | put "$file" "${ENV_MODE:-644}" &&
        say "$ENV_FILE has changed$(sed -n '/^#/!q; s/^# Left/; left/p' "$file" | tr -d '\n')"
      sum=$(cksum <"$file") && { [ -e "$RUN/env" ] || echo "$sum" >"$RUN/env"; }
      [ "$sum" = "$(cat "$RUN/env")" ] || ! after_change "$ENV_COMMAND" || echo "$sum" >"$RUN/env"
    else
      say "keeping $ENV_FILE as it is: $WHY"
    fi
    await_change "$ENV_PREFIX" "${ETCD_AUTOPILOT_POLL_SECONDS:-30}"
  done
}

# entries PREFIX: `key value` of each key, as it may stand in a file of settings; or `! key`.
entries() {
  printf '%s\n' "$PAIRS" | while read -r key value; do
    [ -n "$key" ] || continue
    key=$(decoded "$key") value=$(decoded "$value")
    key=${key#"$1"}
    case $key:$value in
    :* | *: | *[!]A-Za-z0-9_.:/@[-]*) printf '! %s\n' "$(printf %s "$key" | tr -c '[:print:]' '?')" ;;
    *) printf '%s %s\n' "$key" "$value" ;;
    esac
  done
}

# filled TEMPLATE: a line with {{key}} or {{value}} comes once for each entry, every other line once.
filled() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
    *'{{'*) printf '%s\n' "$LINES" | while read -r key value; do
        printf '%s\n' "$line" | sed "s|{{key}}|$key|g; s|{{value}}|$value|g"
      done ;;
    *) printf '%s\n' "$line" ;;
    esac
  done <"$1"
}

# render PREFIX TEMPLATE FILE [CHECK [RELOAD]]: FILE is the template filled with what is below the prefix. RELOAD is run
# when it changed. What CHECK refuses is taken back; an empty list is never written.
render() {
  [ $# -ge 3 ] || { say 'usage: render PREFIX TEMPLATE FILE [CHECK [RELOAD]]'; exit 2; }
  file=$3 done='' told='' REVISION=0 period=${RENDER_SECONDS:-5}
  await cluster "the cluster's addresses"
  identify
  [ ! -e "$file.last" ] || mv "$file.last" "$file" # the check was cut off
  while :; do
    if keys "$1"; then
      LINES=$(entries "$1")
      left=$(printf '%s\n' "$LINES" | sed -n 's/^! //p' | tr '\n' ' ') LINES=$(printf '%s\n' "$LINES" | grep -v '^!')
      [ "$left" = "$told" ] || say "leaving out what cannot stand in $file: ${left:-nothing any more}"
      told=$left
      if [ -z "$LINES" ]; then
        say "keeping $file as it is: there is nothing below $1"
      elif place "$2" "${4:-}" && [ "$(cksum <"$file")" != "$done" ]; then
        say "$file has changed"
        ! after_change "${5:-}" || done=$(cksum <"$file")
      fi
    else
      say "keeping $file as it is: $WHY"
    fi
    await_change "$1" "${ETCD_AUTOPILOT_POLL_SECONDS:-$period}"
  done
}

# place TEMPLATE CHECK: true if the file is what it should be.
place() {
  filled "$1" >"$file.new" && chmod 644 "$file.new" || return 1
  cmp -s "$file.new" "$file" && { rm "$file.new"; return; }
  [ ! -e "$file" ] || ln -f "$file" "$file.last" && mv "$file.new" "$file" || return 1
  if after_change "$2"; then
    rm -f "$file.last"
  else
    say "keeping $file as it is: the check refuses what it would be"
    mv "$file.last" "$file" 2>/dev/null || rm "$file"
    return 1
  fi
}
