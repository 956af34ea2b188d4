#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-guests: yes
#
# What a card has set for its virtual functions: set by policy while a machine has one, seen
# by the guest, and put back. The functions are made by hand here.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

cat >"$LAB_TMP/guest" <<'END'
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -e /sys/class/net/eth0 ] || break
	sleep 1
done
cat /sys/class/net/eth0/address
basename "$(readlink /sys/class/net/eth0/device/driver)"
END

# What the kernel tells of virtual function 0, by another program than ours.
vf_is() { # JQ-CONDITION
	ip -j link show dev "$name" | jq -e ".[0].vfinfo_list[0] | $1" >"$LAB_TMP/vf" ||
		fail "not so: $1: $(ip -d link show dev "$name")"
}

vf_mac() { ip -j link show dev "$name" | jq -r '.[0].vfinfo_list[0].address'; }

# vf SETTING...: VM 186 has the function, and its policy sets this of it.
vf() {
	vm_config 186 "machine: q35" "hostpci0: ${vf0#0000:},pcie=1"
	vm_policy 186 "hostpci0 = { $* };"
}

wait_for 20 netdev_of "$LAB_IGB0"
host_snapshot "$LAB_TMP/first"
name=$(netdev_of "$LAB_IGB0")
# igbvf tells the card its address when it is bound, if the card is up.
ip link set "$name" up
wait_for 10 grep -q 1 "/sys/class/net/$name/carrier"
echo 2 >"/sys/bus/pci/devices/$LAB_IGB0/sriov_numvfs"
vf0=$(basename "$(readlink "/sys/bus/pci/devices/$LAB_IGB0/virtfn0")")
vf1=$(basename "$(readlink "/sys/bus/pci/devices/$LAB_IGB0/virtfn1")")
wait_for 20 netdev_of "$vf0"
wait_for 20 netdev_of "$vf1"
host_snapshot "$LAB_TMP/before"
ip link show dev "$name"

say "the card's interface is down: refused, and nothing is written"
ip link set "$name" down
vf 'mac = "auto"; vlan = 42;'
expect_refused 1 hook 186 pre-start
expect_match "hostpci0 $vf0: its card's interface $name is down, .*: ip link set $name up first"
expect_no_journal 186
ip link set "$name" up
wait_for 10 grep -q 1 "/sys/class/net/$name/carrier"

say "what endangers others when igb cannot do it is a failure, and the host is as before"
vf 'mac = "auto"; trust = true; vlan = 42; vlan-protocol = "802.1ad";'
expect_exit 1 hook 186 pre-start
expect_match "set vlan to 42:0:802.1ad: its card's driver has no VLANs of this protocol"
vf 'spoof-check = false; link-state = "disable";'
expect_exit 1 hook 186 pre-start
expect_match 'set link-state to disable: .*cannot do that'
vf 'max-rate = 5000;'
expect_exit 1 hook 186 pre-start
expect_match 'set max-rate to 5000: .*refuses the value'
expect_no_journal 186
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

say "VM 186 gets the function, and what is set of it"
vf 'mac = "auto"; vlan = 42; vlan-qos = 3; trust = true; spoof-check = false;' \
	'max-rate = 500; min-rate = 10; link-state = "enable";'
hook_as_planned 186 pre-start
last_output
expect_match "hostpci0 $vf0: set min-rate to 10 .*: it is left as it was"
expect_match "hostpci0 $vf0: set link-state to enable .*cannot do that: it is left as it was"
expect_eq vfio-pci "$(driver_of "$vf0")"
vf_is '.vlan_list[0].vlan == 42 and .vlan_list[0].qos == 3'
vf_is '.trust == true and .spoofchk == false'
vf_is '.rate.max_tx == 500 and .rate.min_tx == 0'
mac=$(vf_mac)
[[ $mac =~ ^.[26ae]: ]] || fail "$mac is not locally administered"
expect_exit 0 vm_guest 186 vf "$LAB_TMP/guest"
expect_match '^igbvf$' "$LAST_OUT"
last_output
expect_match "^$mac$" "$LAST_OUT"

say "and post-stop puts all back, before igbvf has it again"
hook_as_planned 186 post-stop
last_output
expect_eq igbvf "$(driver_of "$vf0")"
expect_no_journal 186
wait_for 20 netdev_of "$vf0"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

say "auto is the same address again; an administrator's change meanwhile stays"
vf 'mac = "auto"; vlan = 42;'
expect_exit 0 hook 186 pre-start
expect_eq "$mac" "$(vf_mac)"
vm_config 187 "machine: q35" "hostpci0: ${vf1#0000:}"
vm_policy 187 "hostpci0 = { mac = \"$mac\"; };"
expect_refused 1 hook 187 pre-start
expect_match "mac = $mac is the address of VM 186's virtual function $vf0 as well"
vm_forget 187
ip link set "$name" vf 0 vlan 7
expect_exit 0 hook 186 post-stop
expect_match "set vlan to 0:0:802.1Q .*: somebody else has set it to '7:0:802.1Q' meanwhile"
ip link set "$name" vf 0 vlan 0
wait_for 20 netdev_of "$vf0"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

say "a function that goes while its machine has it leaves nothing to take back"
expect_exit 0 hook 186 pre-start
echo 0 >"/sys/bus/pci/devices/$LAB_IGB0/sriov_numvfs"
expect_exit 0 hook 186 post-stop
expect_match 'the device is gone'
expect_no_journal 186

ip link set "$name" down
udevadm settle
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/first" "$LAB_TMP/after"
vm_forget 186
