#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Proxmox's leaked ids: what it once wrote to vfio-pci's new_id grabs every virtual function
# that is made later. The sweep says so, and where policy asks for it removes the id.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

pf=/sys/bus/pci/devices/$LAB_IGB0
functions() { basename -a "$(readlink -f "$pf/virtfn0")" "$(readlink -f "$pf/virtfn1")"; }

wait_for 20 netdev_of "$LAB_IGB0"
modprobe vfio-pci
udevadm settle
id="$(cut -c3- "$pf/vendor") $(sed 's/^0x//' "$pf/sriov_vf_device")"

say "a new id, and then two virtual functions of that id"
modprobe -r igbvf 2>/dev/null || true
echo "$id" >/sys/bus/pci/drivers/vfio-pci/new_id
echo 2 >"$pf/sriov_numvfs"
wait_for 20 test -e "$pf/virtfn1"
udevadm settle
grabbed=0
for function in $(functions); do
	say "$function is on $(driver_of "$function")"
	[ "$(driver_of "$function")" != vfio-pci ] || grabbed=$((grabbed + 1))
done
[ "$grabbed" -ge 1 ] || fail "none was grabbed"

say "the sweep tells, and writes nothing"
expect_refused 0 hostpci sweep
expect_match "$(functions | head -n 1) \\[${id/ /:}\\] is on vfio-pci though nobody has it"
expect_match "echo $id > /sys/bus/pci/drivers/vfio-pci/remove_id"

say "by policy it removes the id: what is made now is not grabbed any more"
host_policy 'new-id = "remove";'
expect_exit 0 hostpci sweep
expect_match 'the id is removed'
expect_exit 1 bash -c "echo '$id' >/sys/bus/pci/drivers/vfio-pci/remove_id"
echo 0 >"$pf/sriov_numvfs"
wait_for 20 test ! -e "$pf/virtfn0"
echo 2 >"$pf/sriov_numvfs"
udevadm settle
for function in $(functions); do
	[ "$(driver_of "$function")" != vfio-pci ] || fail "$function was grabbed again"
done
expect_refused 0 hostpci sweep
expect_no_match 'nobody has it'

rm /etc/hostpci/hostpci.conf
echo 0 >"$pf/sriov_numvfs"
wait_for 20 test ! -e "$pf/virtfn0"
udevadm settle
