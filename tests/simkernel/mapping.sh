#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Cluster mappings: which way is chosen and reserved, and what becomes of it when Proxmox
# chooses another.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

RESERVATIONS=run/qemu-server/pci-id-reservations

# mapping [LINE...]: the cluster's file, for this host.
mapping() {
	mkdir -p "$ROOT/etc/pve/mapping" "$ROOT/etc/pve/nodes/pve1"
	ln -sfn nodes/pve1 "$ROOT/etc/pve/local"
	printf '%s\n' "$@" >"$ROOT/etc/pve/mapping/pci.cfg"
}

two_ports() {
	mapping nic "	map id=8086:1521,iommugroup=12,node=pve1,path=0000:02:00.0" \
		"	map id=8086:1521,iommugroup=13,node=pve1,path=0000:02:00.1"
	config 100 'hostpci0: mapping=nic'
}

reserved() {
	grep -qE "^0000:$1 $2\$" "$ROOT/$RESERVATIONS" 2>/dev/null || fail "no reservation '$1 $2'"
}
not_reserved() {
	! grep -qsE "^0000:$1" "$ROOT/$RESERVATIONS" || fail "$1 is reserved"
}

it "the first way is prepared and reserved for the time of the start"
two_ports
hook_exits 0 100 pre-start
says 'mapping=nic: 0000:02:00.0 is chosen'
driver_is 02:00.0 vfio-pci
driver_is 02:00.1 igb
reserved 02:00.0 '100 time:[0-9]+'
hostpci_exits 0 release 100
not_reserved 02:00.0
as_before

it "a dry run reserves nothing"
two_ports
hostpci_exits 0 plan 100
says '0000:02:00.0'
[[ ! -e $ROOT/$RESERVATIONS ]] || fail "there are reservations"
as_before

it "what another machine has reserved is passed over"
two_ports
echo "0000:02:00.0 101 time:99999999999" >"$ROOT/$RESERVATIONS"
hook_exits 0 100 pre-start
says '0000:02:00.1 is chosen \(others are not free: 0000:02:00.0: VM 101\)'
driver_is 02:00.0 igb
driver_is 02:00.1 vfio-pci
reserved 02:00.0 '101 time:99999999999'
reserved 02:00.1 '100 time:[0-9]+'
hook_exits 0 100 post-stop
as_before

it "what a machine holds that Proxmox does not know of is reserved for it"
two_ports
config 101 'hostpci0: mapping=nic'
hook_exits 0 101 pre-start
rm "$ROOT/$RESERVATIONS"
now_is_before
hook_exits 0 100 pre-start
driver_is 02:00.1 vfio-pci
reserved 02:00.0 '101 time:[0-9]+'
reserved 02:00.1 '100 time:[0-9]+'
hook_exits 0 100 post-stop
as_before

it "when no way is free nothing is written or reserved"
two_ports
printf '0000:02:00.%d 101 time:99999999999\n' 0 1 >"$ROOT/$RESERVATIONS"
hook_exits 1 100 pre-start
says 'none of its 2 ways on this node is free \(0000:02:00.0: VM 101, 0000:02:00.1: VM 101\)'
writes_are 0
has_no_journal 100
! grep -q ' 100 ' "$ROOT/$RESERVATIONS" || fail "it is reserved"
as_before

it "a device that another machine reserves for its start is refused"
config 100 'hostpci0: 02:00.0'
echo "0000:02:00.0 101 time:99999999999" >"$ROOT/$RESERVATIONS"
hook_exits 1 100 pre-start
says 'is reserved by VM 101'
writes_are 0
as_before

it "a device of a machine that runs is refused, and taken when it is gone"
config 100 'hostpci0: 02:00.0'
mkdir -p "$ROOT/run/qemu-server"
qemu 101
echo "0000:02:00.0 101 pid:$QEMU" >"$ROOT/$RESERVATIONS"
now_is_before
hook_exits 1 100 pre-start
says 'is in use by VM 101, which runs'
says 'stop VM 101 first$'
writes_are 0
as_before
qemu_ends
hook_exits 0 100 pre-start
says '0000:02:00.0 was reserved by VM 101, which does not run: it is taken'
reserved 02:00.0 '100 time:[0-9]+'

it "a map that does not fit the host keeps the machine from starting"
mapping nic "	map id=8086:1521,iommugroup=12,node=pve1,path=0000:02:00.0" \
	"	map id=8086:1521,iommugroup=14,node=pve1,path=0000:02:00.1"
config 100 'hostpci0: mapping=nic'
hook_exits 1 100 pre-start
says 'pci.cfg:3: mapping=nic does not fit this host: 0000:02:00.1: iommugroup=14, but the host shows 13'
writes_are 0
has_no_journal 100
hostpci_exits 1 mapping check
says 'pci.cfg:3: mapping nic: 0000:02:00.1: iommugroup=14'

it "a mapping that is not there"
config 100 'hostpci0: mapping=gpu'
hook_exits 1 100 pre-start
says '100.conf:1: hostpci0: there is no mapping=gpu'
has_no_journal 100

it "check names a mapping that has no line for this node"
two_ports
hostpci_exits 0 mapping check
says '^nic: 0000:02:00.0: ok$'
sed -i s/node=pve1/node=pve2/ "$ROOT/etc/pve/mapping/pci.cfg"
hostpci_exits 0 mapping check
says "^nic: no 'map' line for node pve1: a VM that uses it does not start there$"
hostpci_exits 0 mapping check --quiet
silent

it "a start that fails reserves nothing"
two_ports
rule 'drivers/vfio-pci/bind * * errno EIO'
hook_exits 1 100 pre-start
not_reserved 02:00.0
as_before

it "what an earlier start reserved and this one does not want is dropped"
two_ports
future=$(($(date +%s) + 1000))
printf '0000:02:00.0 100 time:%d\n0000:04:00.0 100 time:%d\n' $future $future >"$ROOT/$RESERVATIONS"
hook_exits 0 100 pre-start
reserved 02:00.0 "100 time:$future"
not_reserved 04:00.0
hook_exits 0 100 post-stop
as_before

it "Proxmox has taken another way: what was prepared goes back, what is used is claimed"
two_ports
config 105 'hostpci0: 02:00.1'
policy 105 'return = "none";'
hook_exits 0 105 pre-start
hook_exits 0 105 post-stop
driver_is 02:00.1 vfio-pci
now_is_before
hook_exits 0 100 pre-start
driver_is 02:00.0 vfio-pci
qemu 100
echo "0000:02:00.1 100 pid:$QEMU" >"$ROOT/$RESERVATIONS"
hook_exits 0 100 post-start
says 'hostpci0: 0000:02:00.0 was prepared, but Proxmox has taken another device'
says 'hostpci0: Proxmox has taken 0000:02:00.1 by itself'
driver_is 02:00.0 igb
hostpci_exits 0 status 100
says '02:00.1'
says_not '02:00.0'
reserved 02:00.1 "100 pid:$QEMU"
qemu_ends
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "Proxmox has taken what was prepared: nothing is said"
two_ports
hook_exits 0 100 pre-start
qemu 100
echo "0000:02:00.0 100 pid:$QEMU" >"$ROOT/$RESERVATIONS"
hook_exits 0 100 post-start
says_not 'another device'
driver_is 02:00.0 vfio-pci
qemu_ends
hook_exits 0 100 post-stop
as_before

finish
