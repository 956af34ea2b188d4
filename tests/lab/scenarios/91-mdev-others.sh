#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Mediated devices beside others: mdevctl sees ours and we see its, one that it has defined is
# made from its file, on a parent that is no PCI device, too; by hand; of two parents the next
# one; and SIGKILL at each write and record.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/lab/lib-killed.sh
. "$LAB_DIR/lib-killed.sh"

defined=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
ours=00000000-0000-0000-0000-000000000100
mdevs() { find /sys/bus/mdev/devices/ -type l -printf '%f '; }

lab_module lab-mdev
lab_module mtty
host_snapshot "$LAB_TMP/before"

say "types and room, as the kernel shows them"
expect_exit 0 hostpci mdev types "$LAB_EDU"
expect_match "^$LAB_EDU +lab-mdev-2 +LAB A1-2Q +2 +0 +ports=2, max_instance=2"
expect_exit 0 hostpci mdev types mtty
expect_match '^mtty +mtty-1 +Single port serial +24 +0'

say "by hand"
expect_exit 0 hostpci mdev create "$LAB_EDU" 'LAB A1-1Q' "${defined^^}" --attribute nvidia/vgpu_params=a=1
expect_match "^$defined$"
expect_eq a=1 "$(cat /sys/bus/mdev/devices/$defined/nvidia/vgpu_params)"
expect_exit 1 hostpci mdev create "$LAB_EDU" lab-mdev-1 $defined
expect_match 'there is one already'

say "by hand: who has it open is named, keeps it, and is in nobody else's way"
node=/dev/vfio/$(basename "$(readlink /sys/bus/mdev/devices/$defined/iommu_group)")
exec 9<>"$node"
hostpci mdev remove $defined >"$LAB_TMP/remove" 2>&1 9>&- &
sleep 1
begin=$SECONDS
expect_exit 0 hostpci mdev create "$LAB_EDU2" lab-mdev-1 $ours
expect_exit 0 hostpci mdev remove $ours
[ $((SECONDS - begin)) -lt 10 ] || fail "others took $((SECONDS - begin)) s"
code=0
wait $! || code=$?
expect_eq 75 "$code"
grep -q "still in use after 15 s: .*bash.* has $node open" "$LAB_TMP/remove" || fail "$(cat "$LAB_TMP/remove")"
expect_exit 0 hostpci status
expect_match 'no machine holds a device'
exec 9>&-
expect_exit 0 hostpci mdev remove $defined
expect_eq "" "$(mdevs)"

say "mdevctl sees ours, and we see its"
vm_policy 100 "hostpci0 = { host = \"$LAB_EDU\"; mdev = \"lab-mdev-1\"; };"
expect_exit 0 hook 100 pre-start
expect_exit 0 mdevctl list
expect_match "^$ours $LAB_EDU lab-mdev-1"
expect_exit 0 mdevctl start -u $defined -p "$LAB_EDU2" -t lab-mdev-2
expect_exit 0 hostpci mdev list
expect_match "^$ours +lab-mdev-1 +$LAB_EDU +100 "
expect_match "^$defined +lab-mdev-2 +$LAB_EDU2 +- "
expect_exit 0 mdevctl stop -u $defined
expect_exit 0 hook 100 post-stop

say "one that mdevctl has defined: made from its file, or used if it runs already"
expect_exit 0 mdevctl define -u $defined -p "$LAB_EDU" -t lab-mdev-1
expect_exit 0 mdevctl modify -u $defined --addattr nvidia/vgpu_params --value b=2
vm_policy 100 "hostpci0 = { mdev = \"$defined\"; };"
hook_as_planned 100 pre-start
expect_eq b=2 "$(cat /sys/bus/mdev/devices/$defined/nvidia/vgpu_params)"
vm_policy 101 "hostpci0 = { mdev = \"$defined\"; };"
expect_exit 1 hook 101 pre-start
expect_match "mdev: $defined is held by VM 100"
expect_exit 0 hostpci mdev list --output-format json
jq -e '.[0].defined and .[0].vmid == 100' "$LAST_OUT" >/dev/null || fail "$(cat "$LAST_OUT")"
hook_as_planned 100 post-stop
expect_eq "" "$(mdevs)"
vm_forget 101
expect_exit 0 mdevctl start -u $defined
expect_exit 0 hook 100 pre-start
expect_match 'is there already: it is used, and stays'
expect_exit 0 hook 100 post-stop
expect_exit 0 mdevctl stop -u $defined
expect_exit 0 mdevctl undefine -u $defined
expect_exit 0 mdevctl define -u $defined -p mtty -t mtty-1
hook_as_planned 100 pre-start
expect_exit 0 hostpci showcmd 100
expect_match "sysfsdev=/sys/bus/mdev/devices/$defined"
expect_exit 0 inner_qmp query-pci -- -device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/$defined,id=hostpci0"
expect_match '"qdev_id": "hostpci0"'
hook_as_planned 100 post-stop
expect_exit 0 mdevctl undefine -u $defined
rm -rf /etc/mdevctl.d

say "a parent that has no room any more: the next one of the mapping"
mkdir -p /etc/hostpci/mapping
{
	echo cards
	for edu in "$LAB_EDU" "$LAB_EDU2"; do
		printf '\tmap id=1234:11e8,subsystem-id=1af4:1100,iommugroup=%s,node=%s,path=%s\n' \
			"$(group_of "$edu")" "$(uname -n)" "$edu"
	done
	printf '\tmdev 1\n'
} >/etc/hostpci/mapping/pci.cfg
vm_policy 100 'hostpci0 = { mapping = "cards"; mdev = "lab-mdev-2"; };'
expect_exit 0 hostpci mdev create "$LAB_EDU" lab-mdev-2
expect_exit 0 hostpci mdev create "$LAB_EDU" lab-mdev-2
expect_exit 0 hook 100 pre-start
expect_match "create lab-mdev-2 on $LAB_EDU2"
expect_exit 0 hook 100 post-stop
for uuid in $(mdevs); do
	expect_exit 0 hostpci mdev remove "$uuid"
done
rm -r /etc/hostpci/mapping

say "killed at each write and record"
# shellcheck disable=SC2317 # all_of calls it
host_state() {
	mdevs
	cat /sys/class/mdev_bus/*/mdev_supported_types/*/available_instances
}
vm_policy 100 "hostpci0 = { host = \"$LAB_EDU\"; mdev = \"lab-mdev-2\"; mdev-attributes = \"nvidia/vgpu_params=a=1\"; };"
all_of 1 mdev
[ "$points" -ge 15 ] || fail "only $points points"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
vm_forget 100
rmmod lab-mdev mtty
