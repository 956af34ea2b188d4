#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is wrong is said, with what to do, and nothing is written: the kernel's own trace
# of writes to sysfs is empty.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

wait_for 20 disk_of "$LAB_NVME"
wait_for 20 disk_of "$LAB_SCSI"
host_snapshot "$LAB_TMP/before"
disk=/dev/$(disk_of "$LAB_NVME")
scsi=/dev/$(disk_of "$LAB_SCSI")

say "no such device"
vm_config 110 "hostpci0: 0000:ff:1f.7"
expect_refused 1 hook 110 pre-start
expect_match 'never\] hostpci0 0000:ff:1f.7 is no PCI device of this host'
expect_match 'what to do: .*qemu-server/110.conf:1'

say "no such machine"
expect_refused 78 hook 999 pre-start
expect_match 'there is no VM 999'

say "no VMID, no phase"
expect_refused 64 hook 12 pre-start
expect_match 'VMID is a number from 100'
expect_refused 64 hook 110 before-start
expect_match 'no such phase'

say "a broken line: Proxmox drops it, so does the hook, aloud; strict makes it fail"
vm_config 110 "cores: 2" "hostpci0: 01:0.0"
expect_refused 0 hook 110 pre-start
expect_match "warning: .*qemu-server/110.conf:2: hostpci0: .*'01:0.0' is no PCI address"
vm_policy 110 'strict = true;'
expect_refused 78 hook 110 pre-start
expect_match "qemu-server/110.conf:2: hostpci0: .*'01:0.0' is no PCI address"

say "a broken policy"
vm_config 110 "hostpci0: $LAB_EDU"
vm_policy 110 '# one' 'return = "home";'
expect_refused 78 hook 110 pre-start
expect_match "/etc/hostpci/vm/110.conf:2: 'return' is 'home', not one of: host, vfio, none"
vm_policy 110 'return = ;'
expect_refused 78 hook 110 pre-start
expect_match '/etc/hostpci/vm/110.conf:1: syntax error'
vm_forget 110

say "a mounted disk, found through its subsystem's head"
mkfs.ext4 -q -F "$disk"
mount "$disk" /mnt
vm_config 110 "hostpci0: $LAB_NVME"
expect_refused 1 hook 110 pre-start
last_output
expect_match "never\\] hostpci0 $LAB_NVME: $disk is mounted on /mnt"
expect_match 'what to do: umount /mnt'

say "mounted in another mount namespace only: the kernel's claim tells"
umount /mnt
unshare --mount --propagation private sh -c "mount $disk /mnt && touch $LAB_TMP/mounted && sleep 60" &
holder=$!
wait_for 20 test -e "$LAB_TMP/mounted"
expect_refused 1 hook 110 pre-start
expect_match "$disk is claimed by the kernel"
pkill -P "$holder" sleep || true
kill "$holder" 2>/dev/null || true
wait "$holder" || true
wipefs -q -a "$disk"

say "a disk in use as swap, a disk that is part of an array, one behind a SCSI host"
mkswap -q "$disk" >/dev/null
swapon "$disk"
expect_refused 1 hook 110 pre-start
expect_match "$disk is in use as swap"
expect_match 'swapoff'
swapoff "$disk"
wipefs -q -a "$disk"
mdadm --quiet --create /dev/md/lab --run --level=1 --raid-devices=1 --force --metadata=1.2 "$disk"
expect_refused 1 hook 110 pre-start
expect_match "$disk is part of /dev/md[0-9]+"
expect_match 'mdadm --stop'
mdadm --quiet --stop /dev/md/lab
mdadm --quiet --zero-superblock "$disk"
mkfs.ext4 -q -F "$scsi"
mount "$scsi" /mnt
vm_config 110 "hostpci0: $LAB_SCSI"
expect_refused 1 hook 110 pre-start
expect_match "$scsi is mounted on /mnt"
umount /mnt
wipefs -q -a "$scsi"

say "a sibling of another slot is in use by the host"
vm_config 110 "hostpci0: $LAB_E1000_A"
expect_refused 1 hook 110 pre-start
last_output
expect_match "ask\\] hostpci0 $LAB_E1000_B is on host driver e1000 and shares IOMMU group"
expect_match "tell\\] hostpci0 $LAB_BRIDGE is a bridge in the same IOMMU group"

say "a bridge"
vm_config 110 "hostpci0: $LAB_BRIDGE"
expect_refused 1 hook 110 pre-start
expect_match "never\\] hostpci0 $LAB_BRIDGE is a bridge"

say "a physical function with virtual functions"
echo 1 >"/sys/bus/pci/devices/$LAB_IGB1/sriov_numvfs"
vm_config 110 "hostpci0: $LAB_IGB1"
expect_refused 1 hook 110 pre-start
expect_match 'has 1 virtual function, which goes with it'
echo 0 >"/sys/bus/pci/devices/$LAB_IGB1/sriov_numvfs"

say "a device that another machine has"
vm_config 111 "hostpci0: $LAB_EDU"
expect_exit 0 hook 111 pre-start
vm_config 110 "hostpci0: $LAB_EDU"
expect_refused 1 hook 110 pre-start
expect_match "never\\] hostpci0 $LAB_EDU is held by VM 111"
expect_exit 0 hook 111 post-stop

say "all of it at once"
mkfs.ext4 -q -F "$scsi"
mount "$scsi" /mnt
vm_config 110 "hostpci0: $LAB_E1000_A" "hostpci1: $LAB_SCSI" "hostpci2: ff:00.0"
expect_refused 1 hook 110 pre-start
for what in "$LAB_E1000_B" "$scsi is mounted" "0000:ff:00.0 is no PCI device"; do
	expect_match "$what"
done
umount /mnt
wipefs -q -a "$scsi"

vm_forget 110 111
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
