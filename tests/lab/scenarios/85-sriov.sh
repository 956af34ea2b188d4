#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-guests: yes
#
# Virtual functions that do not exist yet: made for a machine, given, taken back; of a
# network card, and of a disk controller, whose functions get queues, and stay with the
# machine until they are released. Then the hook for them alone, and SIGKILL.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/lab/lib-killed.sh
. "$LAB_DIR/lib-killed.sh"

expect_same() {
	wait_for 20 netdev_of "$LAB_IGB0"
	host_snapshot "$LAB_TMP/after"
	expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
}

wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 disk_of "$LAB_NVME_SRIOV"
name=$(netdev_of "$LAB_IGB0")
ip link set "$name" up
wait_for 10 grep -q 1 "/sys/class/net/$name/carrier"
host_snapshot "$LAB_TMP/before"
vf=$(vf_address "$LAB_IGB0" 2)

say "a network card: 7 functions are made, the third is the machine's, and set for it"
host_policy "sriov = ( { pf = \"mac=$(cat "/sys/class/net/$name/address")\"; vfs = 7; temporary = true;" \
	'mac = "auto"; trust = true; vf = ( { index = 2; mac = "02:00:00:00:85:02"; }, { index = 0; vlan = 7; } ); } );'
vm_policy 185 'hostpci0 = { vlan = 42; spoof-check = false; };'
vm_config 185 "machine: q35" "hostpci0: ${vf#0000:},pcie=1"
hook_as_planned 185 pre-start
last_output
vfs_are "$LAB_IGB0" 7
expect_eq vfio-pci "$(driver_of "$vf")"
expect_eq none "$(driver_of "$(vf_address "$LAB_IGB0" 0)")"
expect_eq 0 "$(cat "/sys/bus/pci/devices/$LAB_IGB0/sriov_drivers_autoprobe")" autoprobe
expect_exit 0 hook 185 post-start
ip -j link show dev "$name" | jq -e '.[0].vfinfo_list[2] | .address == "02:00:00:00:85:02" and
	.vlan_list[0].vlan == 42 and .trust == true and .spoofchk == false' >/dev/null ||
	fail "$(ip -d link show dev "$name")"

say "the guest sees its address"
cat >"$LAB_TMP/guest" <<'END'
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -e /sys/class/net/eth0 ] || break
	sleep 1
done
cat /sys/class/net/eth0/address
END
expect_exit 0 vm_guest 185 sriov "$LAB_TMP/guest"
expect_match '^02:00:00:00:85:02$' "$LAST_OUT"
hook_as_planned 185 post-stop
last_output
vfs_are "$LAB_IGB0" 0
expect_no_journal 185
expect_same

say "a disk controller that keeps its queues for itself: told"
vf=$(vf_address "$LAB_NVME_SRIOV" 0)
host_policy "sriov = ( { pf = \"${LAB_NVME_SRIOV#0000:}\"; vfs = 4; temporary = true; } );"
vm_config 185 "machine: q35"
vm_policy 185 "hostpci0 = { vf-of = \"serial=LABSRIOV\"; pcie = true; };"
nvme_keeps "$LAB_NVME_SRIOV" 8 4
expect_exit 0 hostpci plan 185
expect_match 'its controller stays offline, as it gets no queues'

say "one that shares them: the function is online, and the guest reads the disk"
nvme_keeps "$LAB_NVME_SRIOV" 0 0
printf 'from the host\n' | dd of="/dev/$(disk_of "$LAB_NVME_SRIOV")" conv=fsync status=none
hook_as_planned 185 pre-start
last_output
vfs_are "$LAB_NVME_SRIOV" 4
expect_eq vfio-pci "$(driver_of "$vf")"
expect_eq "online 2 1" "$(nvme_function "$LAB_NVME_SRIOV" 0)"
expect_eq "offline 0 0" "$(nvme_function "$LAB_NVME_SRIOV" 1)"
cat >"$LAB_TMP/guest" <<'END'
await /dev/nvme0n1 || exit 1
cat /sys/class/nvme/nvme0/state
head -n 1 /dev/nvme0n1
END
expect_exit 0 vm_guest 185 nvme-vf "$LAB_TMP/guest"
expect_match '^live$'
expect_match '^from the host$'

say "it is kept after the stop, and with it all of them"
hook_as_planned 185 post-stop
expect_eq vfio-pci "$(driver_of "$vf")"
vfs_are "$LAB_NVME_SRIOV" 4
expect_eq "online 2 1" "$(nvme_function "$LAB_NVME_SRIOV" 0)"
expect_exit 0 hostpci release 185
last_output
vfs_are "$LAB_NVME_SRIOV" 0
expect_no_journal 185
expect_same

say "more queues than it may have: known when the functions are there, and all goes back"
vm_policy 185 "return = \"host\"; hostpci0 = { vf-of = \"$LAB_NVME_SRIOV\"; nvme-queues = 3; };"
expect_exit 78 hook 185 pre-start
expect_match 'nvme-queues: 3 are more than the 2 that its controller can give to one'
vfs_are "$LAB_NVME_SRIOV" 0
expect_no_journal 185
expect_same

say "hostpci-sriov alone: the functions and what is set of them, and nobody is bound"
host_policy "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 2; temporary = true; } );"
vf=$(vf_address "$LAB_IGB0" 1)
vm_config 185 "machine: q35" "hostpci0: ${vf#0000:}"
vm_policy 185 'hostpci0 = { mac = "02:00:00:00:85:01"; };'
expect_exit 0 "$HOSTPCI_BUILD/hooks/hostpci-sriov" 185 pre-start
last_output
vfs_are "$LAB_IGB0" 2
expect_eq none "$(driver_of "$vf")"
ip -j link show dev "$name" | jq -e '.[0].vfinfo_list[1].address == "02:00:00:00:85:01"' >/dev/null ||
	fail "$(ip -d link show dev "$name")"
[ -e /run/hostpci/vm/185.sriov.journal ] || fail "it has no journal of its own"
expect_exit 0 "$HOSTPCI_BUILD/hooks/hostpci-sriov" 185 post-stop
vfs_are "$LAB_IGB0" 0
[ ! -e /run/hostpci/vm/185.sriov.journal ] || fail "its journal is left"
expect_same

say "one that leads the host out does not go with the others"
expect_exit 0 "$HOSTPCI_BUILD/hooks/hostpci-sriov" 185 pre-start
other=$(vf_address "$LAB_IGB0" 0)
modprobe igbvf
echo igbvf >"/sys/bus/pci/devices/$other/driver_override"
echo "$other" >/sys/bus/pci/drivers/igbvf/bind
wait_for 20 netdev_of "$other"
udevadm settle
way=$(netdev_of "$other")
ip link set "$way" up
ip address add 192.0.2.85/24 dev "$way"
ip route add default via 192.0.2.1 dev "$way" metric 900
expect_exit 0 "$HOSTPCI_BUILD/hooks/hostpci-sriov" 185 post-stop
expect_match "keeps its virtual functions: its virtual function $other: $way has the host's default route"
vfs_are "$LAB_IGB0" 2
ip route del default via 192.0.2.1
ip address flush dev "$way"
expect_exit 0 hostpci sriov set "$LAB_IGB0" 0
echo 1 >"/sys/bus/pci/devices/$LAB_IGB0/sriov_drivers_autoprobe"
expect_same

say "killed at a few of the writes and records, in a full run at each"
host_state() {
	printf '%s\n' "$(driver_of "$LAB_NVME_SRIOV")" \
		"$(cat /sys/bus/pci/devices/"$LAB_NVME_SRIOV"/sriov_{numvfs,drivers_autoprobe})"
}
host_policy "sriov = ( { pf = \"$LAB_NVME_SRIOV\"; vfs = 1; temporary = true; } );"
vm_config 100 "machine: q35"
vm_policy 100 "return = \"host\"; hostpci0 = { vf-of = \"$LAB_NVME_SRIOV\"; };"
if [ -n "${HOSTPCI_TESTS_FULL:-}" ]; then
	all_of 1 "virtual functions"
	[ "$points" -ge 40 ] || fail "only $points points"
else
	before=$(host_state) points=0
	killed_at pre-start 'sys/* * 2 kill both after' 0 # sriov_numvfs
	killed_at pre-start 'vm/100.journal * 12 kill parent after' 1
	killed_at post-stop 'sys/* * 1 kill child after' 2
	killed_at post-stop 'sys/* * 3 kill parent before' 0
fi
vm_forget 100
vm_config 185 "machine: q35"
expect_same

say "numbers that the kernel refuses are refused before, in words"
host_policy "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 9; temporary = true; } );"
vm_policy 185 "hostpci0 = { vf-of = \"$LAB_IGB0\"; index = 0; };"
expect_refused 1 hook 185 pre-start
expect_match 'at most 7 virtual functions \(sriov_totalvfs\), not 9'
vm_forget 185
rm /etc/hostpci/hostpci.conf
expect_same
ip link set "$name" down
