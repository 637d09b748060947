#!/bin/sh
# Runs a command where 127.0.0.1 is its own. Started in a new network and mount namespace, which end with the last process
# in them; the link to the host ends with them, too.
#
#   own-network.sh <process of the host> <link> <address> <host's address> <resolv.conf> <hosts> <command> …
#
# Inside, all of 127.0.0.0/8 is reached through the link, but for 127.0.0.1 and the given address, which are local. For the
# host the address lies behind the link, and it answers from its own address: 127.0.0.1 would be somebody else there.
# Between two such networks the host passes on.
set -e
host=$1 link=$2 address=$3 router=$4 resolv=$5 hosts=$6
shift 6

# A link of that name may still be on its way out, after a reboot.
tries=0
until ip link add eth0 type veth peer name "$link" netns "$host" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 50 ] || exit 1
  sleep 0.1
done

ip link set lo up
ip link set eth0 up
echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet
ip route del local 127.0.0.0/8 dev lo table local
ip addr del 127.0.0.1/8 dev lo
ip addr add 127.0.0.1/32 dev lo
ip addr add "$address/32" dev lo
nsenter --net="/proc/$host/ns/net" /bin/sh -c '
  ip link set "$1" up && cd "/proc/sys/net/ipv4/conf/$1" && echo 1 >route_localnet && echo 1 >forwarding &&
    ip route replace "$2/32" dev "$1" table local scope link src "$3"' sh "$link" "$address" "$router"
ip route add "$router/32" dev eth0 scope link src "$address"
ip route add 127.0.0.0/8 via "$router" dev eth0 src "$address"

[ -z "$resolv" ] || mount --bind "$resolv" /etc/resolv.conf
[ -z "$hosts" ] || mount --bind "$hosts" /etc/hosts
exec "$@"
