#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-guests: yes
# lab-timeout: 400
#
# An NVMe controller with a file system goes into a machine and comes back: kept on
# vfio-pci after the stop, as storage is, until it is released; then once more with
# `return = host`.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

cat >"$LAB_TMP/guest" <<'END'
await /dev/nvme0n1 || exit 1
mount -t ext4 /dev/nvme0n1 /mnt || exit 2
cat /mnt/host
echo "from the guest, round $(cat /mnt/round)" >>/mnt/guest
umount /mnt
END

on_host() { # COMMAND...: with the disk mounted on /mnt
	local disk
	wait_for 20 disk_of "$LAB_NVME"
	disk=/dev/$(disk_of "$LAB_NVME")
	wait_for 20 test -b "$disk"
	mount "$disk" /mnt
	"$@"
	umount /mnt
}

write_round() { # N
	echo "from the host" >/mnt/host
	echo "$1" >/mnt/round
}

expect_files() { # N
	expect_eq "from the host" "$(cat /mnt/host)"
	expect_eq "from the guest, round $1" "$(tail -n 1 /mnt/guest)"
}

vm_round() { # N
	on_host write_round "$1"
	hook_as_planned 100 pre-start
	last_output
	expect_eq vfio-pci "$(driver_of "$LAB_NVME")"
	expect_exit 0 vm_guest 100 "nvme-$1" "$LAB_TMP/guest"
	expect_match '^from the host$' "$LAST_OUT"
	hook_as_planned 100 post-stop
	last_output
}

wait_for 20 disk_of "$LAB_NVME"
mkfs.ext4 -q -F "/dev/$(disk_of "$LAB_NVME")"
vm_config 100 "name: nvme" "machine: q35" "hostpci0: $LAB_NVME,pcie=1"
host_snapshot "$LAB_TMP/before"

say "a stopped machine keeps its disk: the host does not see a guest's data"
vm_round 1
expect_eq vfio-pci "$(driver_of "$LAB_NVME")"
expect_match 'hostpci release 100 gives it back'
expect_exit 0 hostpci status 100
expect_match "100 +kept +hostpci0 +$LAB_NVME +vfio-pci +nvme"

say "another machine does not get what is kept"
vm_config 101 "hostpci0: $LAB_NVME"
expect_refused 1 hook 101 pre-start
expect_match 'is kept for VM 100'
expect_match 'hostpci release 100'
vm_forget 101

say "release gives it back"
expect_exit 0 hostpci release 100
last_output
expect_eq nvme "$(driver_of "$LAB_NVME")"
expect_no_override "$LAB_NVME"
expect_no_journal 100
on_host expect_files 1
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
expect_exit 0 hostpci release 100
expect_match 'keeps no device'

say "return = host: back at once"
vm_policy 100 'return = "host";'
vm_round 2
expect_eq nvme "$(driver_of "$LAB_NVME")"
expect_no_override "$LAB_NVME"
expect_no_journal 100
on_host expect_files 2
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

wipefs -q -a "/dev/$(disk_of "$LAB_NVME")"
vm_forget 100
