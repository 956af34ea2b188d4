#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vGPU types of virtual functions that keep their driver (NVIDIA since Linux 6.8): set before
# the machine, freed after it, chosen as Proxmox does.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
HOST=vgpu

type_is() { # ADDRESS NUMBER
	local now
	now=$(<"$ROOT/sys/bus/pci/devices/0000:$1/nvidia/current_vgpu_type")
	[[ $now == "$2" ]] || fail "$1 has type '$now', not '$2'"
}
has_type() { # ADDRESS NUMBER: as somebody has left it
	echo "$2" >"$ROOT/sys/bus/pci/devices/0000:$1/nvidia/current_vgpu_type"
	: >"$ROOT/sys/bus/pci/devices/0000:$1/nvidia/creatable_vgpu_types"
}
# A machine that Proxmox does not know of.
own() { # LINE...
	policy 100 "$@"
}

it "by number: set, read back, freed; no driver and no reset is touched"
config 100 'hostpci0: 41:00.4,mdev=nvidia-558'
hostpci_exits 0 plan 100
says 'set vGPU type 558'
hook_exits 0 100 pre-start
type_is 41:00.4 558
writes_are 1
hook_exits 0 100 post-start
hook_exits 0 100 post-stop
type_is 41:00.4 0
writes_are 2
has_no_journal 100
as_before

it "by name, where Proxmox does not read the line: the whole of it, or without the maker's"
for name in 'NVIDIA L40S-2B' 'L40S-2B'; do
	own "hostpci0 = { host = \"41:00.4\"; mdev = \"$name\"; };"
	hook_exits 0 100 pre-start
	type_is 41:00.4 558
	hostpci_exits 0 showcmd 100
	says 'vfio-pci,host=0000:41:00.4,id=hostpci0'
	hook_exits 0 100 post-stop
	as_before
done

it "Proxmox takes a name for a mediated device: the number is to be written"
config 100 'hostpci0: 41:00.4,mdev=L40S-2B'
hook_exits 1 100 pre-start
says "Proxmox knows by number only, not 'L40S-2B'"
says 'write mdev=nvidia-558 in /etc/pve/qemu-server/100.conf:1'
says_not 'offers no mediated devices'
hostpci_exits 0 showcmd 100
config 100 'hostpci0: 41:00.4,mdev=L40S-9B'
hook_exits 1 100 pre-start
says 'write mdev=nvidia-NUMBER in .*:1; hostpci mdev types 0000:41:00.4 lists what it offers now'
as_before

it "attributes are set behind the type; only the vGPU driver's files are"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
policy 100 'hostpci0 = { mdev-attributes = [ "nvidia/vgpu_params=frame_rate_limiter=0" ]; };'
hook_exits 0 100 pre-start
says 'set vGPU type 557, set nvidia/vgpu_params'
[[ $(<"$ROOT/sys/bus/pci/devices/0000:41:00.4/nvidia/vgpu_params") == frame_rate_limiter=0 ]] || fail "not set"
hook_exits 0 100 post-stop
as_before
policy 100 'hostpci0 = { mdev-attributes = [ "nvidia/current_vgpu_type=558" ]; };'
hook_exits 78 100 pre-start
says 'no setting of a vGPU type'
writes_are 3
as_before

it "a type that somebody left is freed first, and put back; a name's number is that of its like"
own 'hostpci0 = { host = "41:00.4"; mdev = "L40S-2B"; };'
has_type 41:00.4 557
now_is_before
hostpci_exits 0 plan 100
says 'has vGPU type 557, which nobody uses: it is freed first, and put back afterwards'
says 'echo 558 > /sys/bus/pci/devices/0000:41:00.4/nvidia/current_vgpu_type'
hook_exits 0 100 pre-start
type_is 41:00.4 558
writes_are 2
hook_exits 0 100 post-stop
says 'put vGPU type 557 back'
writes_are 4
as_before

it "without room for it it stays free, which is said"
own 'hostpci0 = { host = "41:00.4"; mdev = "nvidia-558"; };'
has_type 41:00.4 557
hook_exits 0 100 pre-start
sed -i /557/d "$SIM/vgpu/0000:41:00.4"
hook_exits 0 100 post-stop
says 'it had vGPU type 557, which nobody used, and has none now'
type_is 41:00.4 0
has_no_journal 100

it "a name that nothing can tell is refused before anything is written"
own 'hostpci0 = { host = "41:00.4"; mdev = "L40S-9B"; };'
has_type 41:00.4 557
now_is_before
hostpci_exits 1 plan 100
says "what number 'L40S-9B' has"
hook_exits 1 100 pre-start
says 'echo 0 > /sys/bus/pci/devices/0000:41:00.4/nvidia/current_vgpu_type'
writes_are 0
as_before

it "nvidia-0 is no type, and a function without any is told"
config 100 'hostpci0: 41:00.4,mdev=nvidia-0'
hook_exits 1 100 pre-start
says "would get no vGPU: 'nvidia-0' is no type"
writes_are 0
config 100 'hostpci0: 41:00.4'
hostpci_exits 0 plan 100
says 'neither a type nor mdev=nvidia-NUMBER: the machine gets no vGPU'
has_type 41:00.4 557
now_is_before
hostpci_exits 0 plan 100
says_not 'no vGPU'
as_before

it "a right name whose type is there already is taken as it is"
own 'hostpci0 = { host = "41:00.4"; mdev = "L40S-1B"; };'
has_type 41:00.4 557
now_is_before
hook_exits 0 100 pre-start
writes_are 0
hook_exits 0 100 post-stop
as_before

it "the right type is taken as it is, and stays when it was there before"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
has_type 41:00.4 557
now_is_before
hook_exits 0 100 pre-start
writes_are 0
hook_exits 0 100 post-stop
as_before

it "a type that is not offered is refused, with those that are, before anything is written"
config 100 'hostpci0: 41:00.4,mdev=nvidia-999'
hook_exits 1 100 pre-start
says 'does not offer vGPU type 999 now; it offers 557 \(NVIDIA L40S-1B\), 558 \(NVIDIA L40S-2B\)'
writes_are 0
as_before
rm "$ROOT/etc/pve/qemu-server/100.conf"
own 'hostpci0 = { host = "41:00.4"; mdev = "L40S-9Q"; };'
hook_exits 1 100 pre-start
says 'does not offer'
as_before

it "no room is said"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
: >"$ROOT/sys/bus/pci/devices/0000:41:00.4/nvidia/creatable_vgpu_types"
now_is_before
hook_exits 1 100 pre-start
says 'has no room for vGPU type 557, nor for any other'
as_before

it "what was not known before the type was freed is refused then, and the type put back"
config 100 'hostpci0: 41:00.4,mdev=nvidia-999'
has_type 41:00.4 557
now_is_before
hook_exits 1 100 pre-start
says 'the driver does not offer vGPU type 999 now; it offers 557'
says 'the host is as before'
type_is 41:00.4 557
has_no_journal 100
as_before

it "a function without such types is refused"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
rm "$ROOT/sys/bus/pci/devices/0000:41:00.4/nvidia/current_vgpu_type"
now_is_before
hook_exits 1 100 pre-start
says 'has no vGPU types'
as_before

it "the driver says EPERM for a while after the stop"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
hook_exits 0 100 pre-start
for n in 1 2 3; do rule "nvidia/current_vgpu_type 0 $n errno EPERM"; done
hook_exits 0 100 post-stop
[[ $took -ge 700 ]] || fail "took only $took ms"
type_is 41:00.4 0
has_no_journal 100
as_before

it "and when it does for good, the stop ends, and the sweep goes on"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
hook_exits 0 100 pre-start
rule 'nvidia/current_vgpu_type 0 * errno EPERM'
hook_exits 2 100 post-stop
[[ $took -ge 14000 && $took -lt 20000 ]] || fail "took $took ms"
says 'in use still.*\(errno 1\)'
says 'hostpci release 100'
no_rules
has_journal 100
config 101 'hostpci0: 41:00.4,mdev=nvidia-557'
hook_exits 1 101 pre-start
says 'held by VM 100'
long_ago
hostpci_exits 0 sweep
type_is 41:00.4 0
has_no_journal 100
as_before

it "Proxmox has freed the type itself: nothing is left to do"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
hook_exits 0 100 pre-start
cp "$SIM/vgpu/0000:41:00.4" "$ROOT/sys/bus/pci/devices/0000:41:00.4/nvidia/creatable_vgpu_types"
echo 0 >"$ROOT/sys/bus/pci/devices/0000:41:00.4/nvidia/current_vgpu_type"
: >"$SIM/log"
hook_exits 0 100 post-stop
writes_are 0
has_no_journal 100
as_before

it "somebody else's type is left"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
hook_exits 0 100 pre-start
has_type 41:00.4 558
hook_exits 0 100 post-stop
says "somebody else has set it"
type_is 41:00.4 558

it "a reboot frees and sets it, and the journal does not grow"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557'
hook_exits 0 100 pre-start
size=$(stat -c %s "$(journal 100)")
for _ in 1 2 3; do
	: >"$ROOT/run/qemu-server/100.reboot"
	hook_exits 0 100 post-stop
	rm "$ROOT/run/qemu-server/100.reboot"
	hook_exits 0 100 pre-start
	type_is 41:00.4 557
done
[[ $(stat -c %s "$(journal 100)") -le $((size + 100)) ]] || fail "it grows"
hook_exits 0 100 post-stop
as_before

it "a failed start frees it"
config 100 'hostpci0: 41:00.4,mdev=nvidia-557' 'hostpci1: 41:00.5,mdev=nvidia-557'
rule '41:00.5/nvidia/current_vgpu_type 557 1 errno EIO'
hook_exits 1 100 pre-start
says 'the host is as before'
has_no_journal 100
as_before

it "what the functions offer and have is listed, beside mediated devices"
mkdir -p "$ROOT"/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1 "$ROOT/sys/class/mdev_bus"
echo 24 >"$ROOT/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-1/available_instances"
ln -s ../../devices/virtual/mtty/mtty "$ROOT/sys/class/mdev_bus/mtty"
hostpci_exits 0 mdev types
says '^mtty +mtty-1 .* 24 '
says '^0000:41:00.4 +nvidia-557 +NVIDIA L40S-1B +1 +0'
says '^0000:41:00.5 +nvidia-558 +NVIDIA L40S-2B +1 +0'
has_type 41:00.4 557
hostpci_exits 0 mdev types 41:00.4 --output-format json
jq -e '. == [{"parent": "0000:41:00.4", "type": "nvidia-557", "name": "", "description": "", "available": 0, "made": 1}]' \
	"$DIR/$cases/out" >/dev/null || fail "not that"
hostpci_exits 1 mdev types 41:00.0
says 'offers no mediated devices'
for words in 'list 41:00.4' 'create 41:00.4 nvidia-557'; do
	# shellcheck disable=SC2086 # they are several
	hostpci_exits 1 mdev $words
	says '41:00.4 has vGPU types, which are no mediated devices: a machine.s start sets the type'
done

it "of a mapping's functions the first that is free is chosen, and reserved"
mkdir -p "$ROOT/etc/pve/mapping" "$ROOT/etc/pve/nodes/pve1"
ln -sfn nodes/pve1 "$ROOT/etc/pve/local"
printf '%s\n' vgpu "	map id=10de:26b9,iommugroup=31,node=pve1,path=0000:41:00.4" \
	"	map id=10de:26b9,iommugroup=32,node=pve1,path=0000:41:00.5" "	mdev 1" \
	>"$ROOT/etc/pve/mapping/pci.cfg"
for vmid in 100 101 102; do config $vmid 'hostpci0: mapping=vgpu,mdev=nvidia-557'; done
now_is_before
hook_exits 0 100 pre-start
says '0000:41:00.4 is chosen'
hook_exits 0 101 pre-start
says '0000:41:00.5 is chosen'
grep -q '^0000:41:00.5 101 time:' "$ROOT/run/qemu-server/pci-id-reservations" || fail "not reserved"
type_is 41:00.5 557
hook_exits 1 102 pre-start
says 'none of its 2 ways'
hook_exits 0 100 post-stop
hook_exits 0 101 post-stop
rm -f "$ROOT/run/qemu-server/pci-id-reservations"
as_before

finish
