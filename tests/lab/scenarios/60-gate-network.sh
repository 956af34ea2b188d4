#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a network card is used for, each with its grade and in words; a refused start and
# its plan make no write; what is asked for works when it is allowed.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

for nic in "$LAB_IGB0" "$LAB_IGB1" "$LAB_E1000E_FN0" "$LAB_E1000E_FN1"; do
	wait_for 20 netdev_of "$nic"
done
udevadm settle
name=$(netdev_of "$LAB_IGB0")
host_snapshot "$LAB_TMP/before"
vm_config 120 "hostpci0: $LAB_IGB0"

# REGEX...: pre-start is refused for them, its plan says the same, and both write nothing.
refuses() {
	local regex
	expect_refused 1 hook 120 pre-start
	for regex; do expect_match "$regex" "$LAST_ERR"; done
	expect_refused 1 hostpci plan 120
	for regex; do expect_match "$regex" "$LAST_OUT"; done
}

starts() { # and gives back what it took
	expect_exit 0 hook 120 pre-start
	expect_eq vfio-pci "$(driver_of "$LAB_IGB0")"
	expect_exit 0 hook 120 post-stop
	wait_for 20 test -e "/sys/class/net/$name"
	udevadm settle
}

say "up, with a link-local address and nothing else: that is no use"
ip link set "$name" up
starts

say "an address"
ip link set "$name" up
ip address add 192.0.2.5/24 dev "$name"
refuses "ask\\] hostpci0 $LAB_IGB0: $name has the host's address 192.0.2.5" \
	"ip address flush dev $name.*allow = \\[\"$LAB_IGB0\"\\]"
last_output

say "a route that somebody made"
ip route add 198.51.100.0/24 via 192.0.2.9
refuses "ask\\] hostpci0 $LAB_IGB0: $name has a route of the host by 192.0.2.9"

say "the administrator's own connection"
python3 - <<'END' &
import socket, time
server = socket.create_server(("192.0.2.5", 22))
client = socket.create_connection(("192.0.2.5", 22))
peer = server.accept()
open("/run/lab-session", "w").close()
time.sleep(300)
END
session=$!
wait_for 20 test -e /run/lab-session
refuses "never\\] hostpci0 $LAB_IGB0: $name carries an open connection to this host's ssh"
vm_policy 120 "allow = [\"$LAB_IGB0\"];" 'gate = "warn";'
expect_refused 1 hook 120 pre-start
expect_match 'never\].*carries an open connection'
expect_match "tell\\].*$name has the host's address"
kill "$session"
wait "$session" || true

say "the default route: never, even if it is allowed"
ip route add default via 192.0.2.1 dev "$name"
refuses "never\\] hostpci0 $LAB_IGB0: $name has the host's default route by 192.0.2.1"
ip route del default
ip -6 address add 2001:db8::5/64 dev "$name" nodad
ip -6 route add default nexthop via 2001:db8::1 dev "$name"
refuses "never\\] .*$name has the host's default route"
ip -6 route flush default
# Of a route whose next hop is an object of its own only the object's number may be shown.
echo 0 >/proc/sys/net/ipv4/nexthop_compat_mode
ip nexthop add id 85 via 192.0.2.1 dev "$name"
ip nexthop add id 86 group 85
ip route add default nhid 86
refuses "never\\] .*$name has the host's default route"
ip nexthop del id 85
echo 1 >/proc/sys/net/ipv4/nexthop_compat_mode

say "the address is allowed: the card goes, and is back"
vm_policy 120 "allow = [\"$LAB_IGB0\"];"
starts
vm_policy 120 ''

say "a port of a bridge; and what is on the bridge, and on a VLAN of it"
ip link add labbr type bridge
ip link set "$name" master labbr
refuses "ask\\] hostpci0 $LAB_IGB0: $name is a port of bridge labbr" "ip link set $name nomaster"
ip link add link labbr name labbr.7 type vlan id 7
ip link set "$name" up
ip link set labbr up
ip link set labbr.7 up
ip address add 192.0.2.5/24 dev labbr.7
refuses "ask\\] .*$name is a port of bridge labbr" \
	"ask\\] .*$name carries labbr.7, which has the host's address 192.0.2.5"
ip route add default via 192.0.2.1 dev labbr.7
refuses "never\\] .*$name carries labbr.7, which has the host's default route by 192.0.2.1"
ip link del labbr.7
vm_policy 120 'gate = "warn";'
starts
vm_policy 120 ''
ip link del labbr

say "a VLAN on it, a bond"
ip link add link "$name" name labvlan type vlan id 9
refuses "ask\\] .*$name carries interface labvlan"
ip link del labvlan
# The module makes a bond0 of its own unless it is told not to, as systemd does.
modprobe bonding max_bonds=0
ip link add labbond type bond
ip link set "$name" down
ip link set "$name" master labbond
refuses "ask\\] .*$name is a port of bond labbond"
ip link set "$name" nomaster
ip link del labbond

say "a port of Open vSwitch, and what the host has on an interface of it"
modprobe openvswitch
"$LAB_DIR/openvswitch" add ovs-system labovs "$name" >"$LAB_OUT/openvswitch.hex"
refuses "ask\\] hostpci0 $LAB_IGB0: $name is a port of Open vSwitch ovs-system" "ovs-vsctl del-port $name"
ip link set labovs up
ip link add link labovs name labovs.7 type vlan id 7
ip link set labovs.7 up
ip address add 192.0.2.5/24 dev labovs
refuses "ask\\] .*$name is on the same Open vSwitch as labovs, which has the host's address 192.0.2.5" \
	"ovs-vsctl del-port $name"
ip route add default via 192.0.2.1 dev labovs
refuses "never\\] .*$name is on the same Open vSwitch as labovs, which has the host's default route by 192.0.2.1"
last_output
ip route del default
ip address add 198.51.100.5/24 dev labovs.7
ip route add default via 198.51.100.1 dev labovs.7
refuses "never\\] .*$name is on the same Open vSwitch as labovs.7, which has the host's default route"
ip link del labovs.7
"$LAB_DIR/openvswitch" del ovs-system

say "in another namespace: never"
ip netns add lab
ip link set "$name" netns lab
# The folder's links count it.
expect_eq 3 "$(stat -c %h "/sys/bus/pci/devices/$LAB_IGB0/net")"
refuses "never\\] hostpci0 $LAB_IGB0: its network interface is in another network namespace"
vm_policy 120 "allow = [\"$LAB_IGB0\"];"
expect_refused 1 hook 120 pre-start
vm_policy 120 ''
ip -n lab link set "$name" netns 1
ip netns del lab
umount /run/netns # which ip has made

say "a container's macvlan on it, of which nothing shows here"
ip link set "$name" up
ip netns add lab-container
ip link add lab-macvlan link "$name" type macvlan
refuses "ask\\] hostpci0 $LAB_IGB0: $name carries interface lab-macvlan"
ip link set lab-macvlan netns lab-container
ip -n lab-container link set lab-macvlan up
refuses "ask\\] hostpci0 $LAB_IGB0: $name lets in what is for [0-9a-f:]{17}: .*a container's macvlan"
last_output
ip netns del lab-container
umount /run/netns
ip link set "$name" down
wait_for 20 hostpci plan 120

say "a virtual function in use keeps its physical one"
echo 1 >"/sys/bus/pci/devices/$LAB_IGB1/sriov_numvfs"
udevadm settle
vf=$(basename "$(readlink "/sys/bus/pci/devices/$LAB_IGB1/virtfn0")")
vm_config 121 "hostpci0: $vf"
expect_exit 0 hook 121 pre-start
vm_config 120 "hostpci0: $LAB_IGB1"
refuses "never\\] hostpci0 $LAB_IGB1: its virtual function $vf is held by VM 121" 'has 1 virtual function'
expect_exit 0 hook 121 post-stop
wait_for 20 netdev_of "$vf"
udevadm settle # it is renamed
vfnet=$(netdev_of "$vf")
ip address add 192.0.2.6/24 dev "$vfnet"
refuses "never\\] hostpci0 $LAB_IGB1: its virtual function $vf: $vfnet has the host's address"
echo 0 >"/sys/bus/pci/devices/$LAB_IGB1/sriov_numvfs"

say "two functions of one card: the other comes along, unless it is used"
other=$(netdev_of "$LAB_E1000E_FN1")
vm_config 120 "hostpci0: $LAB_E1000E_FN0"
expect_exit 0 hostpci plan 120
expect_match "tell\\] hostpci0 $LAB_E1000E_FN1 .*comes along and goes back"
ip address add 192.0.2.7/24 dev "$other"
refuses "ask\\] hostpci0 $LAB_E1000E_FN1: $other has the host's address 192.0.2.7"
ip address flush dev "$other"

vm_forget 120 121
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
