#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-timeout: 600
#
# Twelve machines start at the same time on two cards with 7 virtual functions each, which
# are made by whoever comes first, and stop at the same time: none is given twice, none is
# lost, and the last takes them back. Two rounds, ten in a full run.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

rounds=2
[ -z "${HOSTPCI_TESTS_FULL:-}" ] || rounds=10

all() { # PHASE VMID...
	local phase=$1 vmid pids=()
	shift
	for vmid; do
		hook "$vmid" "$phase" >"$LAB_TMP/out.$vmid" 2>&1 &
		pids+=($!)
	done
	for vmid; do
		wait "${pids[0]}" || fail "VM $vmid $phase: $(cat "$LAB_TMP/out.$vmid")"
		pids=("${pids[@]:1}")
	done
}

given() { # the functions that the machines hold
	sed -nE 's/.*"hold":"([^"]*)".*"vf_of".*/\1/p' /run/hostpci/vm/*.journal | sort | uniq
}

taken_back() { # PF: or what each of the last stops said
	[ "$(cat "/sys/bus/pci/devices/$1/sriov_numvfs")" = 0 ] || tail -n +1 "$LAB_TMP"/out.* /run/hostpci/vm/*.journal
	vfs_are "$1" 0
}

wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 netdev_of "$LAB_IGB1"
host_snapshot "$LAB_TMP/before"
host_policy "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 7; temporary = true; }, { pf = \"$LAB_IGB1\"; vfs = 7; temporary = true; } );"
for vmid in {700..711}; do
	vm_config "$vmid" "name: pool"
	vm_policy "$vmid" "hostpci0 = { vf-of = [ \"$LAB_IGB0\", \"$LAB_IGB1\" ]; };"
done
for ((round = 1; round <= rounds; round++)); do
	say "round $round"
	all pre-start {700..711}
	expect_eq 12 "$(given | wc -l)" "functions given"
	for vf in $(given); do
		expect_eq vfio-pci "$(driver_of "$vf")" "driver of $vf"
	done
	vfs_are "$LAB_IGB0" 7
	vfs_are "$LAB_IGB1" 7
	all post-stop 701 704 707
	all pre-start 701 704 707
	expect_eq 12 "$(given | wc -l)" "functions given"
	all post-stop {700..711}
	taken_back "$LAB_IGB0"
	taken_back "$LAB_IGB1"
done

say "when none is left the holders are named"
host_policy "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 1; temporary = true; } );"
vm_policy 700 "hostpci0 = { vf-of = \"$LAB_IGB0\"; };"
vm_policy 701 "hostpci0 = { vf-of = \"$LAB_IGB0\"; };"
expect_exit 0 hook 700 pre-start
expect_refused 1 hook 701 pre-start
expect_match 'none of 1 virtual functions is free \(0000:[0-9a-f:.]+: VM 700\)'
expect_exit 0 hook 700 post-stop
vm_forget {700..711}
rm /etc/hostpci/hostpci.conf
wait_for 20 netdev_of "$LAB_IGB0"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
