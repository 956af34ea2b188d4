#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-timeout: 600
#
# SIGKILL at every write and every record of a start and of a stop, on a real kernel: of the
# program, of its child, of both. Then a sweep, a release, or the next start and stop; and the
# host is as it was. Of the network card's points every sixth is taken, in a full run all.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/lab/lib-killed.sh
. "$LAB_DIR/lib-killed.sh"

host_state() {
	local device
	for device in "${devices[@]}"; do
		printf '%s %s %s\n' "$device" "$(driver_of "$device")" "$(<"/sys/bus/pci/devices/$device/driver_override")"
	done
}

wait_for 20 disk_of "$LAB_NVME"
wait_for 20 netdev_of "$LAB_E1000E_FN0"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
modprobe vfio-pci
host_snapshot "$LAB_TMP/before"

devices=("$LAB_NVME")
vm_config 100 "hostpci0: $LAB_NVME"
vm_policy 100 'return = "host";'
all_of 1 NVMe
[ "$points" -ge 35 ] || fail "only $points points"

devices=("$LAB_E1000E_FN0" "$LAB_E1000E_FN1")
vm_config 100 "hostpci0: $LAB_E1000E_FN0"
step=6
[ -z "${HOSTPCI_TESTS_FULL:-}" ] || step=1
all_of $step "network card"
[ "$points" -ge 8 ] || fail "only $points points"

wait_for 20 disk_of "$LAB_NVME"
wait_for 20 netdev_of "$LAB_E1000E_FN0"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
say "a second sweep does nothing"
expect_refused 0 hostpci sweep
expect_match 'nothing is left over'
vm_forget 100
