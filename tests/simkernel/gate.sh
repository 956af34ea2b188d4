#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the gate refuses: exit 1, with what, why and the cure, and not one write.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# refused WORDS CURE: by pre-start, and by its dry run.
refused() {
	now_is_before
	hook_exits 1 100 pre-start
	says "$1"
	says "what to do: .*$2"
	says 'refused, nothing was changed'
	hostpci_exits 1 plan 100
	says "$1"
	writes_are 0
	has_no_journal 100
	as_before
	hostpci_exits 0 status 100
	says 'the last pre-start failed: refused by the gate'
}

mounted() { # MAJOR:MINOR POINT
	echo "90 22 $1 / $2 rw,relatime shared:2 - ext4 /dev/x rw" >>"$ROOT/proc/self/mountinfo"
}

number() { cat "$ROOT/sys/bus/pci/devices/$1/dev"; }

nvme=0000:01:00.0/nvme/nvme0/nvme0n1
head=$'sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1'

it "a mounted partition"
config 100 'hostpci0: 01:00.0'
mounted "$(number $nvme/nvme0n1p1)" /srv
refused '\[never\] hostpci0 0000:01:00.0: /dev/nvme0n1p1 is mounted on /srv' 'umount /srv'

it "a mounted whole disk"
config 100 'hostpci0: 01:00.0'
mounted "$(number $nvme)" /srv
refused '/dev/nvme0n1 is mounted on /srv' 'umount /srv'

it "another disk's mount is none of it"
config 100 'hostpci0: 01:00.0'
mounted 1259:0 /srv
mounted 259:01 /srv
hook_exits 0 100 pre-start

it "swap"
config 100 'hostpci0: 01:00.0'
printf '/dev/nvme0n1p1                          partition\t1024\t0\t-2\n' >>"$ROOT/proc/swaps"
refused '/dev/nvme0n1p1 is in use as swap' 'swapoff /dev/nvme0n1p1'

it "a member of an md array"
config 100 'hostpci0: 01:00.0'
ln -s ../../../../../../../virtual/block/md0 \
	"$ROOT/sys/bus/pci/devices/$nvme/nvme0n1p1/holders/md0"
refused '/dev/nvme0n1p1 is part of /dev/md0' 'mdadm --stop /dev/md0'

it "a physical volume of LVM"
config 100 'hostpci0: 01:00.0'
ln -s ../../../../../../virtual/block/dm-3 "$ROOT/sys/bus/pci/devices/$nvme/holders/dm-3"
refused '/dev/nvme0n1 is part of /dev/dm-3' 'vgchange'

it "a claim whose owner does not show"
config 100 'hostpci0: 01:00.0'
busy /dev/nvme0n1
refused '/dev/nvme0n1 is claimed by the kernel' 'zpool status'

it "a claimed head of an NVMe subsystem"
config 100 'hostpci0: 01:00.1'
busy /dev/nvme1n1
refused 'hostpci0 0000:01:00.1: /dev/nvme1n1 is claimed by the kernel' 'zpool status'

it "a mounted head of an NVMe subsystem"
config 100 'hostpci0: 01:00.1'
mounted "$(<"$ROOT/$head/nvme1n1p1/dev")" /data
refused '/dev/nvme1n1p1 is mounted on /data' 'umount /data'

it "a SCSI disk behind AHCI"
config 100 'hostpci0: 00:1f.2'
mounted "$(number 0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda2)" /home
refused 'hostpci0 0000:00:1f.2: /dev/sda2 is mounted on /home' 'umount /home'

it "an idle AHCI controller may go"
config 100 'hostpci0: 00:1f.2'
hook_exits 0 100 pre-start
driver_is 00:1f.2 vfio-pci
hostpci_exits 0 release 100
as_before

it "a sibling of another slot on a host driver"
config 100 'hostpci0: 04:00.0'
refused '\[ask\] hostpci0 0000:05:00.0 is on host driver xhci_hcd and shares IOMMU group 16' \
	'hostpciN: 0000:05:00.0'

it "named too, it may go, and the bridge of the group stays"
config 100 'hostpci0: 04:00.0' 'hostpci1: 05:00.0'
hook_exits 0 100 pre-start
driver_is 05:00.0 vfio-pci
driver_is 00:1c.3 pcieport
hook_exits 0 100 post-stop
as_before

it "a bridge"
config 100 'hostpci0: 00:1c.0'
refused '\[never\] hostpci0 0000:00:1c.0 is a bridge' 'name the device behind it'

it "no IOMMU"
config 100 'hostpci0: 02:00.0'
rm "$ROOT/sys/class/iommu/dmar0"
refused '\[never\] IOMMU is not at work' 'VT-d or AMD-Vi'

it "a device without group"
config 100 'hostpci0: 07:00.0'
refused '0000:07:00.0 is in no IOMMU group' 'another slot'

it "a physical function with virtual functions"
config 100 'hostpci0: 06:00.0'
refused '0000:06:00.0 has 1 virtual function, which goes with it' 'sriov_numvfs'

it "one of its virtual functions may go"
config 100 'hostpci0: 06:10.0'
hook_exits 0 100 pre-start
driver_is 06:10.0 vfio-pci
hook_exits 0 100 post-stop
as_before

it "a device that is not there"
config 100 'hostpci0: 02:00.0' 'hostpci1: 77:00.0'
refused 'hostpci1 0000:77:00.0 is no PCI device of this host' \
	'correct hostpci1 in /etc/pve/qemu-server/100.conf:2'

it "a device of another machine"
config 100 'hostpci0: 02:00.0'
config 101 'hostpci3: 02:00.0'
hook_exits 0 101 pre-start
: >"$SIM/log"
refused '0000:02:00.0 is held by VM 101' 'stop VM 101'

it "a device that is kept for another machine"
config 100 'hostpci0: 01:00.0'
config 101 'hostpci3: 01:00.0'
hook_exits 0 101 pre-start
hook_exits 0 101 post-stop
: >"$SIM/log"
refused '0000:01:00.0 is kept for VM 101' 'hostpci release 101'

it "a sibling that another machine holds"
config 100 'hostpci0: 03:00.0'
config 101 'hostpci0: 03:00.1'
hook_exits 0 101 pre-start
: >"$SIM/log"
refused 'is held by VM 101' 'stop VM 101'

it "driver=keep without a vfio driver"
config 100 'hostpci0: 02:00.0,driver=keep'
refused 'is to keep its driver, but igb is no vfio driver' 'driver=keep'

it "all findings are told at once"
config 100 'hostpci0: 01:00.0' 'hostpci1: 00:1c.0' 'hostpci2: 06:00.0'
mounted "$(number $nvme/nvme0n1p1)" /srv
refused 'mounted on /srv' umount
hook 100 pre-start
says 'hostpci1 .* is a bridge'
says 'hostpci2 .* virtual function,'

it "a device that is named twice"
config 100 'hostpci0: 02:00.0' 'hostpci1: 02:00'
hook_exits 78 100 pre-start
says 'both name 0000:02:00.0'
writes_are 0

finish
