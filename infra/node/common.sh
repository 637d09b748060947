# shellcheck shell=sh
# etcd-autopilot: what all boot scripts share. The build puts it in the place that they name.
set -u
umask 077
export LC_ALL=C
: "${TLS:=none}"

ROOT=${ETCD_AUTOPILOT_ROOT:-}
KEEP=$ROOT/var/lib/etcd-autopilot # what the machine remembers of itself
ETC=$ROOT/etc/etcd-autopilot
BIN=$ROOT/usr/local/bin # for a release
[ ! -e "$ROOT/usr" ] || [ -w "$ROOT/usr" ] || BIN=$ROOT/opt/bin # Flatcar, Fedora CoreOS
IMDS=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
PATH=$PATH:$BIN
ID='' REGION='' WHY='' ANSWER='' LAST='' PID='' STOP='' KEYS='' ON_TERM=''
NL='
'

# Says what changed; a wait that goes on is said once.
say() {
  [ "$*" = "$LAST" ] && return
  LAST=$*
  printf 'etcd-autopilot: cluster %s, instance %s: %s\n' "$CLUSTER" "${ID:-unknown}" "$*" >&2
}

# apart COMMAND...: waits for its end; nothing of it outlives a TERM. ON_TERM is what a TERM does besides, and at other times.
apart() {
  "$@" &
  child=$!
  trap 'kill "$child" 2>/dev/null; eval "${ON_TERM:-exit 143}"' TERM
  wait "$child"
  code=$?
  # shellcheck disable=SC2064
  trap "${ON_TERM:--}" TERM
  return $code
}

# The n-th pause of a wait: a fifth of a second at first, for what comes soon; from the sixth second on one second, and
# five at most, for Parameter Store has one limit for all clusters.
pause() {
  case $1 in [1-5]) span=0.2 ;; [6-9] | 1[0-5]) span=0.5 ;; *) span=$(($1 < 120 ? 1 + $1 / 30 : 5)) ;; esac
  apart sleep "${ETCD_AUTOPILOT_POLL_SECONDS:-$span}" 2>/dev/null || sleep 1 # not every sleep knows parts of a second
  [ $(($1 % 60)) != 0 ] || KEYS=''
}

# --- Instance metadata, Parameter Store
# Tokens and keys travel by standard input: they are in no argument list and in no log.

fetch() { curl -qs "$@" -K -; }

imds() {
  token=$(fetch -f -m 2 --noproxy '*' -X PUT <<CONFIG
url = "${IMDS%/}/latest/api/token"
header = "X-aws-ec2-metadata-token-ttl-seconds: 300"
CONFIG
  ) || return 1
  fetch -f -m 2 --noproxy '*' <<CONFIG
url = "${IMDS%/}/latest/meta-data/$1"
header = "X-aws-ec2-metadata-token: $token"
CONFIG
}

identify() {
  n=1
  until ID=$(imds instance-id) && REGION=$(imds placement/region); do
    say 'waiting for the instance metadata service'
    pause $n
    n=$((n + 1))
  done
}

# field NAME: the text of that name in a JSON object, still escaped.
field() { sed -nE 's/.*"'"$1"'" *: *"(([^"\\]|\\.)*)".*/\1/p' | head -n 1; }

# endpoint SERVICE URL: where it is called; URL is what the machine has for it alone, if anything.
endpoint() {
  case $REGION in cn-*) suffix=.cn ;; *) suffix='' ;; esac
  url=${2:-${AWS_ENDPOINT_URL:-https://$1.$REGION.amazonaws.com$suffix}}
  printf %s "${url%/}/"
}

# has_keys: those of the instance role. False, and WHY.
has_keys() {
  WHY='no credentials from the instance role'
  [ -n "$KEYS" ] || { role=$(imds iam/security-credentials/) && KEYS=$(imds "iam/security-credentials/$role"); }
}

# signed SERVICE URL LINES: curl's settings for what those lines ask, signed with the keys.
signed() {
  cat <<CONFIG
url = "$2"
aws-sigv4 = "aws:amz:$REGION:$1"
user = "$(printf %s "$KEYS" | field AccessKeyId):$(printf %s "$KEYS" | field SecretAccessKey)"
header = "X-Amz-Security-Token: $(printf %s "$KEYS" | field Token)"
$3
CONFIG
}

# call SERVICE URL NAME LINES: ANSWER and its HTTP STATUS to what the lines of curl's settings ask. False, and WHY, when
# it is not done; then the keys are asked for again, for whatever it does not like, it may be the keys.
call() {
  ANSWER='' STATUS=0
  has_keys || return 1
  WHY="no answer from $3"
  ANSWER=$(signed "$1" "$2" "$4" | fetch -m 10 -w '\n%{http_code}') || return 1
  STATUS=${ANSWER##*"$NL"} ANSWER=${ANSWER%"$NL"*}
  # The type alone: the message of a refused signature quotes what was signed.
  WHY=$(printf %s "$ANSWER" | field __type)
  [ -n "$WHY" ] || WHY=$(printf %s "$ANSWER" | code_in)
  WHY="$3 answers ${WHY##*#} (HTTP $STATUS)"
  [ "$STATUS" = 200 ] && return
  case $WHY in *' ParameterNotFound '*) ;; *) KEYS='' ;; esac
  return 1
}

# code_in: that of an error which is told as XML.
code_in() { sed -n 's,.*<Code>\([A-Za-z]*\)</Code>.*,\1,p' | head -n 1; }

# ssm ACTION JSON: as call.
ssm() {
  call ssm "$(endpoint ssm "${AWS_ENDPOINT_URL_SSM:-}")" 'Parameter Store' "header = \"X-Amz-Target: AmazonSSM.$1\"
header = \"Content-Type: application/x-amz-json-1.1\"
data = \"$(printf %s "$2" | sed 's/[\\"]/\\&/g')\""
}

# unescaped: a JSON text as it was before it became one; of the escapes, those that our values can have.
unescaped() {
  sed 's,\\/,/,g; s/\\u003[Dd]/=/g; s/\\u002[Bb]/+/g; s/\\r//g; s/\\n/\
/g'
}
