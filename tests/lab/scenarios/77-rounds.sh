#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-timeout: 1200
# lab-snapshot: differs
#
# A hundred rounds at random (a full run: a thousand) over five machines that share some of
# their devices: starts, stops, crashes, reboots, starts that fail behind the hook, stops that
# nobody tells of, sweeps and releases, in the order in which Proxmox makes its calls. One
# machine has no hook: Proxmox binds its device itself. In the end the host is as before.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

rounds=100
[ -z "${HOSTPCI_TESTS_FULL:-}" ] || rounds=1000
seed=${HOSTPCI_TESTS_SEED:-$((16#$(od -An -N3 -tx1 /dev/urandom | tr -d ' ')))}

modprobe vfio-pci
wait_for 20 disk_of "$LAB_NVME"
wait_for 20 disk_of "$LAB_NVME2"
for nic in "$LAB_E1000E_FN0" "$LAB_E1000E_FN1" "$LAB_E1000_A" "$LAB_E1000_B"; do
	wait_for 20 netdev_of "$nic"
done
hook_line='hookscript: local:snippets/hostpci-hook'
vm_config 100 "$hook_line" "hostpci0: $LAB_NVME"
vm_config 101 "$hook_line" "hostpci0: $LAB_NVME2" "hostpci1: $LAB_EDU"
vm_policy 101 'return = "host";'
vm_config 102 "$hook_line" "hostpci0: ${LAB_E1000E_FN0%.0}" "hostpci1: $LAB_EDU"
vm_config 103 "$hook_line" "hostpci0: $LAB_NVME" "hostpci1: $LAB_NVME2"
vm_policy 103 'return = "host"; hostpci0 = { return = "vfio"; return-after = 1; };'
vm_config 104 "hostpci0: $LAB_E1000_A"
host_snapshot "$LAB_TMP/before"

say "seed $seed, $rounds rounds (HOSTPCI_TESTS_SEED repeats them)"
begin=$SECONDS
HOSTPCI_BUILD=$HOSTPCI_BUILD timeout $((100 + rounds * 10)) "$LAB_DIR/pve-caller" rounds "$seed" "$rounds" 100 101 102 103 104 \
	>"$LAB_OUT/rounds.log" 2>&1 || {
	tail -n 60 "$LAB_OUT/rounds.log"
	# Seen: the emulated machine does not come back from a fork. None of ours is at work then.
	if grep -q '^Timeout' "$LAB_OUT/rounds.log" && grep -q '_fork_exec' "$LAB_OUT/rounds.log" &&
		! pgrep hostpci >/dev/null; then
		skip "the emulated machine stopped in a fork, after $(grep -c '^  [0-9]*: VM' "$LAB_OUT/rounds.log") rounds of seed $seed"
	fi
	ps -eo pid,ppid,stat,wchan:32,args | tail -n 20
	fail "seed $seed"
}
tail -n 1 "$LAB_OUT/rounds.log"
say "$((SECONDS - begin)) s"

for vmid in 100 101 102 103; do
	expect_exit 0 hostpci release $vmid
	expect_no_journal $vmid
done
say "a second sweep does nothing"
expect_refused 0 hostpci sweep
expect_match 'nothing is left over'

say "what Proxmox itself has bound it never gives back"
for nic in "$LAB_E1000_A" "$LAB_E1000_B"; do
	[ "$(driver_of "$nic")" = vfio-pci ] || continue
	echo "$nic" >/sys/bus/pci/drivers/vfio-pci/unbind
	echo "8086 100e" >/sys/bus/pci/drivers/vfio-pci/remove_id 2>/dev/null || true
	echo "$nic" >/sys/bus/pci/drivers/e1000/bind
	wait_for 20 netdev_of "$nic"
done
wait_for 20 disk_of "$LAB_NVME"
wait_for 20 disk_of "$LAB_NVME2"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
vm_forget 100 101 102 103 104
rm -rf /run/qemu-server
