#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two devices, and the kernel refuses the second: a conventional PCI function has a file
# `reset`, but writing to it is ENOTTY, as its bus is shared. The first device is given
# back before the hook ends.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

wait_for 20 disk_of "$LAB_NVME2"
wait_for 20 netdev_of "$LAB_E1000_A"
wait_for 20 netdev_of "$LAB_E1000_B"
udevadm settle
host_snapshot "$LAB_TMP/before"
vm_config 104 "hostpci0: $LAB_NVME2" "hostpci1: $LAB_E1000_A;$LAB_E1000_B"
vm_policy 104 'hostpci1 = { reset = "default"; };'

sysfs_trace_start
expect_exit 1 hook 104 pre-start
sysfs_trace_stop >"$LAB_TMP/writes"
last_output
expect_match "hostpci1 $LAB_E1000_A: reset: .*no reset method" "$LAST_ERR"
expect_match 'the host is as before' "$LAST_ERR"
expect_match 'hostpci-child [0-9]+ vfio-pci bind' "$LAB_TMP/writes"
expect_match 'hostpci-child [0-9]+ nvme bind' "$LAB_TMP/writes"

expect_eq nvme "$(driver_of "$LAB_NVME2")"
expect_eq e1000 "$(driver_of "$LAB_E1000_A")"
expect_eq e1000 "$(driver_of "$LAB_E1000_B")"
expect_no_journal 104
wait_for 20 disk_of "$LAB_NVME2"
wait_for 20 netdev_of "$LAB_E1000_B"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

say "status tells why"
expect_exit 0 hostpci status 104
expect_match 'the last pre-start failed: .*hostpci1'
vm_forget 104
