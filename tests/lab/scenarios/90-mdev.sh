#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Mediated devices on the real kernel: created and set before the machine, opened by QEMU,
# gone after it with their room back; held by a QEMU that lingers; ten machines at once on
# room for five; what somebody left there already.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

uuid_of() { # SLOT VMID
	printf '%08d-0000-0000-0000-%012d\n' "$1" "$2"
}

types_of() { echo "/sys/class/mdev_bus/$1/mdev_supported_types"; }

room_is() { # PARENT ROOM ROOM
	expect_eq "$2 $3" "$(cat "$(types_of "$1")"/lab-mdev-{1,2}/available_instances | xargs)" "room of $1"
}

mdev_hook() { # VMID PHASE
	(cd / && exec env -i PATH=/sbin:/bin:/usr/sbin:/usr/bin LC_ALL=C \
		"$HOSTPCI_BUILD/hooks/hostpci-mdev" "$@" </dev/null)
}

own() { # VMID TYPE [SETTING]
	vm_policy "$1" "hostpci0 = { host = \"$LAB_EDU\"; mdev = \"$2\"; ${3-} };"
}

# QEMU does; behind a bridge only the firmware would show it, so it is put on the root.
opens() { # VMID
	local device
	device=$(vm_arguments "$1" | grep sysfsdev)
	expect_exit 0 inner_qmp query-pci -- -device "${device%%,bus=*}"
	expect_match '"qdev_id": "hostpci0"'
}

# A QEMU that has the device of VM open until it is killed.
holds() { # VMID
	local node
	qemu-system-x86_64 -nodefaults -no-user-config -display none -S -machine pc -accel tcg -m 64 \
		-device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/$(uuid_of 0 "$1")" 2>"$LAB_TMP/qemu.err" &
	qemu=$!
	node=/dev/vfio/$(basename "$(readlink "/sys/bus/mdev/devices/$(uuid_of 0 "$1")/iommu_group")")
	wait_for 20 eval "ls -l /proc/$qemu/fd | grep -q '$node\$'"
}

lab_module lab-mdev
host_snapshot "$LAB_TMP/before"

say "created, set, opened by QEMU, gone; the writes are those of the plan"
vm_config 100 'machine: q35' "hostpci0: $LAB_EDU,mdev=lab-mdev-2" "hostpci3: $LAB_EDU,mdev=lab-mdev-1"
vm_policy 100 'hostpci0 = { mdev-attributes = [ "nvidia/vgpu_params=frame_rate_limiter=0" ]; };'
hook_as_planned 100 pre-start
expect_match 'hostpci3: mdev=lab-mdev-1 is left to Proxmox'
room_is "$LAB_EDU" 3 1
expect_eq frame_rate_limiter=0 "$(cat "/sys/bus/mdev/devices/$(uuid_of 0 100)/nvidia/vgpu_params")"
vm_config 100 'machine: q35' "hostpci0: $LAB_EDU,mdev=lab-mdev-2"
opens 100
expect_exit 0 hostpci status
expect_match "^100 +prepared +hostpci0 +$(uuid_of 0 100) +lab-mdev-2"
hook_as_planned 100 post-stop
expect_no_journal 100
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

say "by its human name; refused where Proxmox reads it, with the name to write"
own 101 "LAB A1-2Q"
expect_exit 0 mdev_hook 101 pre-start
room_is "$LAB_EDU" 3 1
expect_exit 0 mdev_hook 101 post-stop
vm_config 100 "hostpci0: $LAB_EDU,mdev=LAB A1-1Q"
expect_refused 1 hook 100 pre-start
expect_match 'write mdev=lab-mdev-1 in'

say "what is left to Proxmox is looked at: the type, what has its UUID, who has that open"
rm /etc/hostpci/vm/100.conf
vm_config 100 "hostpci0: $LAB_EDU,mdev=lab-mdev-9"
expect_refused 1 hook 100 pre-start
expect_match "has no type 'lab-mdev-9' of mediated devices"
expect_exit 0 hostpci mdev create "$LAB_EDU" lab-mdev-1 "$(uuid_of 0 100)"
vm_config 100 "hostpci0: $LAB_EDU,mdev=lab-mdev-2"
expect_refused 1 hook 100 pre-start
expect_match 'exists already, of type lab-mdev-1 on .*, but hostpci0 wants lab-mdev-2'
vm_config 100 "hostpci0: $LAB_EDU,mdev=lab-mdev-1"
expect_exit 0 hook 100 pre-start
holds 100
expect_refused 1 hook 100 pre-start
expect_match "exists, and is used by pid $qemu "
kill "$qemu"
wait "$qemu" || true
expect_exit 0 hostpci mdev remove "$(uuid_of 0 100)" --verbose
expect_match 'remove it \(lab-mdev-1 on'
expect_no_journal 100

say "an attribute that the driver does not take: the device is taken back"
own 101 lab-mdev-1 'mdev-attributes = [ "nvidia/vgpu_params=nonsense" ];'
expect_exit 1 hook 101 pre-start
expect_match 'does not take this value.*\(errno 22\)'
expect_no_journal 101
room_is "$LAB_EDU" 5 2

say "QEMU still has it open: the wait is bounded, the message clear, the sweep finishes"
own 101 lab-mdev-1
expect_exit 0 hook 101 pre-start
holds 101
begin=$SECONDS
expect_exit 2 hook 101 post-stop
[ $((SECONDS - begin)) -le 20 ] || fail "it took $((SECONDS - begin)) s"
expect_match "still in use after 15 s: pid $qemu \\(qemu-system-x86\\) has /dev/vfio/[0-9]+ open"
expect_match 'hostpci release 101'
[ -e "/sys/bus/mdev/devices/$(uuid_of 0 101)" ] || fail "it was removed from under QEMU"
expect_exit 0 hostpci sweep
expect_match 'uses its mediated device'
kill "$qemu"
wait "$qemu" || true
expect_exit 0 hostpci sweep
expect_no_journal 101
room_is "$LAB_EDU" 5 2

say "somebody else has removed it while QEMU has it open: what is left of it is waited for"
expect_exit 0 hook 101 pre-start
holds 101
echo 1 >"/sys/bus/mdev/devices/$(uuid_of 0 101)/remove" &
remover=$!
wait_for 5 test ! -e "/sys/bus/mdev/devices/$(uuid_of 0 101)"
(sleep 3 && kill "$qemu") &
expect_exit 0 hook 101 post-stop
room_is "$LAB_EDU" 5 2
wait "$remover"

say "a leftover of the right type is used, one of the wrong type refused"
uuid_of 0 101 >"$(types_of "$LAB_EDU")/lab-mdev-1/create"
expect_exit 0 hook 101 pre-start
expect_match 'is there already: it is used, and stays'
expect_exit 0 hook 101 post-stop
own 101 lab-mdev-2
expect_refused 1 hook 101 pre-start
expect_match "$(uuid_of 0 101) exists already, of type lab-mdev-1 on $LAB_EDU, but hostpci0 wants lab-mdev-2"
echo 1 >"/sys/bus/mdev/devices/$(uuid_of 0 101)/remove"

say "ten machines at once, room for five: five start, five are refused in words"
for vmid in 11{0..9}; do
	own "$vmid" lab-mdev-1
	(code=0 && hook "$vmid" pre-start >"$LAB_TMP/out.$vmid" 2>&1 || code=$?; echo "$code" >"$LAB_TMP/code.$vmid") &
done
wait
expect_eq "5 5" "$(cat "$LAB_TMP"/code.11? | sort | uniq -c | awk '{ print $1 }' | xargs)" "exits $(cat "$LAB_TMP"/code.11? | xargs)"
room_is "$LAB_EDU" 0 0
for vmid in 11{0..9}; do
	case $(cat "$LAB_TMP/code.$vmid") in
	0) [ -e "/sys/bus/mdev/devices/$(uuid_of 0 "$vmid")" ] || fail "VM $vmid has none" ;;
	1) expect_match 'no free instance of lab-mdev-1|no room for another one' "$LAB_TMP/out.$vmid" ;;
	*) fail "VM $vmid: $(cat "$LAB_TMP/out.$vmid")" ;;
	esac
done
for vmid in 11{0..9}; do
	hook "$vmid" post-stop >"$LAB_TMP/out.$vmid" 2>&1 &
done
wait
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
vm_forget 100 101 11{0..9}
rm -f /run/hostpci/vm/*.mdev.report.json
rmmod lab-mdev
