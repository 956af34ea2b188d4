#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Devices that are removed from the kernel and found again before they go to a machine: all
# that this loses is back after the stop; and when the hook is killed at any point of it, after
# a sweep, the next start and stop, or a stop alone.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/lab/lib-killed.sh
. "$LAB_DIR/lib-killed.sh"

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

say "a network card and a disk are removed, found again and given to VM 100"
vm_config 100 "hostpci0: ${LAB_IGB0#0000:}" "hostpci1: ${LAB_NVME#0000:}"
vm_policy 100 'rescan = true; return = "host";' 'hostpci0 = { reset = "flr"; d3cold = false; };'
hook_as_planned 100 pre-start
last_output
expect_match "$LAB_IGB0: unbind from igb, remove it from the kernel, rescan its bus"
expect_match "$LAB_IGB0: set driver_override to vfio-pci, unbind from igb again, set d3cold_allowed to 0"
expect_match "$LAB_NVME: unbind from nvme, remove it from the kernel, rescan its bus"
expect_match "$LAB_NVME: set driver_override to vfio-pci, unbind from nvme again, bind to vfio-pci"
for device in "$LAB_IGB0" "$LAB_NVME"; do
	expect_eq vfio-pci "$(driver_of "$device")"
done
expect_eq flr "$(cat "$igb/reset_method")"
expect_exit 0 hook 100 post-stop
last_output
expect_no_journal 100
wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 disk_of "$LAB_NVME"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

# shellcheck disable=SC2317 # killed_at calls it
host_state() {
	local file
	driver_of "$device"
	for file in driver_override power/control d3cold_allowed sriov_drivers_autoprobe reset_method; do
		file=/sys/bus/pci/devices/$device/$file
		[ ! -e "$file" ] || echo "$file $(<"$file")"
	done
}

# Each point is healed in one of three ways, by turns: a sweep, a start and stop, a stop.
kill_at() { # RULE...
	local rule way=0
	before=$(host_state)
	for rule; do
		killed_at pre-start "$rule" "$way" || fail "not reached: $rule"
		way=$((way == 1 ? 3 : (way + 1) % 4))
	done
}

# The sweep that finds it again is killed, too.
kill_twice() { # RULE
	before=$(host_state) point="twice, $1"
	rm -f "$SIM"/count.*
	echo '/remove * 1 kill both after' >"$SIM/rules"
	! killed_run pre-start || fail "the start was not killed"
	[ ! -e "$nvme" ] || fail "it is still there"
	settle
	long_ago
	rm -f "$SIM"/count.*
	echo "$1" >"$SIM/rules"
	! killed_run sweep || fail "the sweep was not killed"
	: >"$SIM/rules"
	settle
	heal 0
	points=$((points + 1))
}

points=0 begin=$SECONDS
between=('/remove * 1 kill both after' '/rescan * 1 kill both before' '/rescan * 1 kill both after'
	'/driver_override vfio-pci 1 kill both before' '/driver_override vfio-pci 1 kill both after'
	'/unbind * 2 kill both after' '/vfio-pci/bind * 1 kill both before')
vm_policy 100 'rescan = true; return = "host";' 'hostpci0 = { d3cold = false; };'
device=$LAB_NVME
vm_config 100 "hostpci0: $device"
kill_at 'vm/100.journal *"remove"* 1 kill parent after' '/remove * 1 kill both before' \
	'/remove * 1 kill parent before' '/remove * 1 kill child after' "${between[@]}" \
	'/rescan * 1 kill parent before' '/rescan * 1 kill child after' 'vm/100.journal *"evict"* 1 kill parent after'
kill_twice '/rescan * 1 kill both before'
kill_twice '/rescan * 1 kill both after'
device=$LAB_IGB0
vm_config 100 "hostpci0: $device"
[ -n "${HOSTPCI_TESTS_FULL:-}" ] || between=("${between[@]:0:4}")
kill_at "${between[@]}"
say "killed at $points points between the removal and the binding, $((SECONDS - begin)) s"
expect_refused 0 hostpci sweep
expect_match 'nothing is left over'
wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 disk_of "$LAB_NVME"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

set_host on 1 1 default default ""
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/plain" "$LAB_TMP/after"
vm_forget 100
