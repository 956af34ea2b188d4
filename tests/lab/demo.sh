#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-timeout: 300
#
# The story that tests/demo tells: what the host and the guest see at each step.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

step=0
chapter() {
	step=$((step + 1))
	printf '\n=== %d. %s\n' "$step" "$*"
}

# Shows a command and its output; it must succeed.
show() { # COMMAND...
	local words=$*
	printf '$ %s\n' "${words/#hook /hostpci-hook }"
	"$@" 2>&1
}

disk_is_there() {
	wait_for 20 disk_of "$LAB_NVME"
	disk=/dev/$(disk_of "$LAB_NVME")
	wait_for 20 test -b "$disk"
}

cat >"$LAB_TMP/guest" <<'END'
await /dev/nvme0n1 || exit 1
echo "guest: $(uname -s) sees $(cat /sys/class/nvme/nvme0/model | tr -s ' ') ($(cat /sys/class/nvme/nvme0/serial))"
mount -t ext4 /dev/nvme0n1 /mnt || exit 2
echo "guest: reads hello.txt: $(cat /mnt/hello.txt)"
echo "greetings from the guest" >/mnt/reply.txt
echo "guest: wrote reply.txt"
umount /mnt
echo "guest: powers off"
END

chapter "The host has an NVMe controller, with a file system and a file on it"
disk_is_there
mkfs.ext4 -q -F "$disk"
mount "$disk" /mnt
echo "hello from the host" >/mnt/hello.txt
show lspci -nnks "$LAB_NVME"
show ls -l /mnt/hello.txt

chapter "VM 100 is to have it, but the disk is mounted: the gate refuses, with the cure"
vm_config 100 "name: demo" "machine: q35" "hostpci0: $LAB_NVME,pcie=1"
show cat "$VM_CONFIGS/100.conf"
expect_refused 1 hook 100 pre-start
echo "\$ hostpci-hook 100 pre-start"
cat "$LAST_ERR"

chapter "Unmounted, the plan shows every write before one is made"
show umount /mnt
host_snapshot "$LAB_TMP/before"
show hostpci plan 100

chapter "pre-start: what Proxmox calls before it starts the VM"
show hook 100 pre-start
show hostpci status 100

chapter "A guest boots with exactly the arguments that showcmd prints, and uses the disk"
show hostpci showcmd 100 --standalone
expect_exit 0 vm_guest 100 demo "$LAB_TMP/guest"
cat "$LAST_OUT"
expect_match 'reads hello.txt: hello from the host'

chapter "post-stop: a guest's disk stays away from the host until it is released"
show hook 100 post-stop
show hostpci status 100

chapter "release: the host's own driver is back, and both files are there"
show hostpci release 100
expect_eq nvme "$(driver_of "$LAB_NVME")"
disk_is_there
mount "$disk" /mnt
show cat /mnt/hello.txt /mnt/reply.txt
expect_eq "greetings from the guest" "$(cat /mnt/reply.txt)"
umount /mnt
show hostpci status

chapter "Nothing is left over: drivers, overrides, power, mounts, journals as before"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
echo "$(wc -l <"$LAB_TMP/before") facts of the host compared: no difference"
wipefs -q -a "$disk"
vm_forget 100
