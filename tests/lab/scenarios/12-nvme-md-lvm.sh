#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-guests: yes
# lab-timeout: 500
#
# The guest puts md and LVM on its disk and is rebooted three times. Between the rounds
# the host must not assemble them: udev would, as soon as it saw the disk.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

cat >"$LAB_TMP/make" <<'END'
await /dev/nvme0n1 || exit 1
mdadm --create /dev/md0 --run --level=1 --raid-devices=1 --force --metadata=1.2 /dev/nvme0n1 || exit 2
lvm pvcreate -q /dev/md0 && lvm vgcreate -q guestvg /dev/md0 && lvm lvcreate -q -n vol -L 32M guestvg || exit 3
mkfs.ext4 -q /dev/guestvg/vol && mount -t ext4 /dev/guestvg/vol /mnt || exit 4
echo made >/mnt/file
umount /mnt && lvm vgchange -q -an guestvg && mdadm --stop /dev/md0
END
cat >"$LAB_TMP/use" <<'END'
await /dev/nvme0n1 || exit 1
mdadm --assemble --run /dev/md0 /dev/nvme0n1 || exit 2
lvm vgchange -q -ay guestvg && mount -t ext4 /dev/guestvg/vol /mnt || exit 3
cat /mnt/file
echo again >>/mnt/file
umount /mnt && lvm vgchange -q -an guestvg && mdadm --stop /dev/md0
END
cp "$LAB_TMP/use" "$LAB_TMP/wipe"
cat >>"$LAB_TMP/wipe" <<'END'
mdadm --zero-superblock /dev/nvme0n1
dd if=/dev/zero of=/dev/nvme0n1 bs=1M count=8
END

host_assembled() {
	local block
	for block in /sys/block/md* /sys/block/dm-*; do
		[ ! -e "$block" ] || return 0
	done
	return 1
}

reboot_hooks() { # as qm reboot: the file tells post-stop that pre-start follows at once
	mkdir -p /run/qemu-server
	touch /run/qemu-server/102.reboot
	hook_as_planned 102 post-stop
	expect_match 'is kept for the start that follows'
	rm /run/qemu-server/102.reboot
	udevadm settle
	! host_assembled || fail "the host assembled the guest's md or LVM"
	expect_eq vfio-pci "$(driver_of "$LAB_NVME2")"
	hook_as_planned 102 pre-start
	expect_eq "" "$(cat "$LAB_TMP/written")" "writes of a start that finds its device kept"
}

wait_for 20 disk_of "$LAB_NVME2"
host_snapshot "$LAB_TMP/before"
vm_config 102 "machine: q35" "hostpci0: $LAB_NVME2,pcie=1"
# Even where policy gives storage back at a stop, a reboot keeps it.
vm_policy 102 'hostpci0 = { return = "host"; };'

say "the guest makes an array, a volume and a file system"
hook_as_planned 102 pre-start
expect_exit 0 vm_guest 102 md-make "$LAB_TMP/make"

for round in 1 2; do
	say "reboot $round"
	reboot_hooks
	expect_exit 0 vm_guest 102 "md-use-$round" "$LAB_TMP/use"
	expect_match '^made$' "$LAST_OUT"
	expect_eq "$((round - 1))" "$(grep -c '^again$' "$LAST_OUT" || true)" "lines of earlier rounds"
done

say "reboot 3: the guest wipes its disk and stops; what the host had is there again"
reboot_hooks
expect_exit 0 vm_guest 102 md-wipe "$LAB_TMP/wipe"
expect_eq 2 "$(grep -c '^again$' "$LAST_OUT" || true)" "lines of earlier rounds"
hook_as_planned 102 post-stop
expect_eq nvme "$(driver_of "$LAB_NVME2")"
wait_for 20 disk_of "$LAB_NVME2"
expect_no_journal 102
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
vm_forget 102
