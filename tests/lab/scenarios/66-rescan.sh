#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Devices that are removed from the kernel and found again before they go to a machine: all
# that this loses is back after the stop.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 disk_of "$LAB_NVME"
host_snapshot "$LAB_TMP/plain"
igb=/sys/bus/pci/devices/$LAB_IGB0
nvme=/sys/bus/pci/devices/$LAB_NVME
set_host() { # POWER D3COLD AUTOPROBE IGB-METHOD NVME-METHOD OVERRIDE
	echo "$1" >"$igb/power/control"
	echo "$2" >"$igb/d3cold_allowed"
	echo "$3" >"$igb/sriov_drivers_autoprobe"
	echo "$4" >"$igb/reset_method"
	echo "$5" >"$nvme/reset_method"
	echo "$6" >"$igb/driver_override"
}
set_host auto 0 0 "bus pm" bus igb
host_snapshot "$LAB_TMP/before"

say "a network card and a disk are removed, found again and given to VM 167"
vm_config 167 "hostpci0: ${LAB_IGB0#0000:}" "hostpci1: ${LAB_NVME#0000:}"
vm_policy 167 'rescan = true; return = "host";' 'hostpci0 = { reset = "flr"; d3cold = false; };'
hook_as_planned 167 pre-start
last_output
expect_match "$LAB_IGB0: unbind from igb, remove it from the kernel, rescan its bus"
expect_match "$LAB_IGB0: set driver_override to vfio-pci, unbind from igb again, set d3cold_allowed to 0"
expect_match "$LAB_NVME: unbind from nvme, remove it from the kernel, rescan its bus"
expect_match "$LAB_NVME: set driver_override to vfio-pci, unbind from nvme again, bind to vfio-pci"
for device in "$LAB_IGB0" "$LAB_NVME"; do
	expect_eq vfio-pci "$(driver_of "$device")"
done
expect_eq flr "$(cat "$igb/reset_method")"
expect_exit 0 hook 167 post-stop
last_output
expect_no_journal 167
wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 disk_of "$LAB_NVME"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

set_host on 1 1 default default ""
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/plain" "$LAB_TMP/after"
vm_forget 167
