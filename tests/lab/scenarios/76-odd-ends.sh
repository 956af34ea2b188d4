#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-timeout: 400
#
# The odd ends of a machine, called as Proxmox calls: a forced stop while QEMU still lets go, a
# guest that powers itself off, a stop that nobody tells of, a start that fails behind the
# hook at each later point, a reboot, a config that changes while the machine runs.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

pve() { # ACTION VMID [OPTION...]
	HOSTPCI_BUILD=$HOSTPCI_BUILD "$LAB_DIR/pve-caller" "$@"
}

# A record without a time is old.
long_ago() { sed -i -E 's/,"at":[0-9]+//' /run/hostpci/vm/100.journal; }

# In the machine, and in nobody else's hands.
given() {
	expect_eq vfio-pci "$(driver_of "$LAB_NVME2")"
	expect_eq vfio-pci "$(driver_of "$LAB_E1000E_FN0")"
}

back() {
	expect_no_journal 100
	expect_eq nvme "$(driver_of "$LAB_NVME2")"
	expect_eq e1000e "$(driver_of "$LAB_E1000E_FN0")"
	expect_no_override "$LAB_NVME2"
	expect_no_override "$LAB_E1000E_FN1"
}

# The process has the device's group open.
holds_group() { # PID BDF
	find "/proc/$1/fd" -lname "/dev/vfio/$(group_of "$2")" 2>/dev/null | grep -q .
}

configure() {
	vm_config 100 'hookscript: local:snippets/hostpci-hook' 'machine: q35' \
		"hostpci0: $LAB_NVME2,pcie=1" "hostpci1: $LAB_E1000E_FN0,pcie=1"
	vm_policy 100 'return = "host";'
}

wait_for 20 disk_of "$LAB_NVME2"
wait_for 20 netdev_of "$LAB_E1000E_FN0"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
modprobe vfio-pci
configure
host_snapshot "$LAB_TMP/before"

say "a forced stop: the hook comes while the descriptors are still open, and waits"
expect_exit 0 pve start 100 --linger 2500
given
begin=${EPOCHREALTIME/./}
expect_exit 0 pve kill 100
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
[ $took -ge 2000 ] || fail "it took only $took ms"
back

say "the same with a real QEMU, killed under its guest"
expect_exit 0 hook 100 pre-start
mapfile -t arguments < <(vm_arguments 100)
inner_kvm
inner_qemu -pidfile "$LAB_TMP/qemu.pid" "${arguments[@]}" </dev/null >"$LAB_OUT/killed-qemu.log" 2>&1 &
wait_for 60 test -s "$LAB_TMP/qemu.pid"
qemu=$(<"$LAB_TMP/qemu.pid")
wait_for 30 holds_group "$qemu" "$LAB_NVME2"
wait_for 30 holds_group "$qemu" "$LAB_E1000E_FN0"
kill -KILL "$qemu"
expect_exit 0 hook 100 post-stop
back
wait || true

say "a guest powers itself off: no pre-stop"
expect_exit 0 pve start 100
expect_exit 0 pve crash 100
back

say "a reboot keeps everything, with its originals"
expect_exit 0 pve start 100
sysfs_trace_start
expect_exit 0 pve reboot 100
sysfs_trace_stop >/dev/null
expect_eq "" "$(sysfs_trace_of hostpci-child)" "writes of a reboot"
given
expect_exit 0 pve stop 100
back

say "a stop that nobody tells of: while it runs a sweep leaves it alone, then not"
expect_exit 0 pve start 100
expect_refused 0 hostpci sweep
expect_match 'VM 100 runs \(pid [0-9]+\): left alone'
# Without any word of who it is the descriptors tell.
cp /run/qemu-server/100.pid "$LAB_TMP/pid"
rm /run/qemu-server/100.pid
cp /run/hostpci/vm/100.journal "$LAB_TMP/journal"
sed -i '/"qemu"/d' /run/hostpci/vm/100.journal
long_ago
expect_refused 0 hostpci sweep
last_output
expect_match 'VM 100 uses its devices: .*has /dev/vfio/[0-9]+ open: left alone'
cp "$LAB_TMP/pid" /run/qemu-server/100.pid
cp "$LAB_TMP/journal" /run/hostpci/vm/100.journal
expect_exit 0 pve lost 100
expect_exit 0 hostpci sweep
last_output
back
rm -f /run/qemu-server/100.*

for point in lookup reserve prepare qemu; do
	say "a start fails behind the hook: $point; no hook is called"
	expect_exit 255 pve start 100 --fail-at $point
	given
	say "while Proxmox holds its lock a sweep leaves it alone, then not"
	expect_refused 0 flock /var/lock/qemu-server/lock-100.conf "$HOSTPCI_BUILD/cli/hostpci" sweep
	expect_match 'VM 100 .*left alone'
	if [ $point = reserve ]; then
		say "the next start adopts it"
		expect_exit 0 pve start 100
		expect_exit 0 pve stop 100
	else
		expect_exit 0 hostpci sweep
	fi
	back
done

say "the hostpci lines are gone, then the whole config, while it runs"
expect_exit 0 pve start 100
vm_config 100 'hookscript: local:snippets/hostpci-hook'
expect_exit 0 pve stop 100
back
configure
expect_exit 0 pve start 100
expect_exit 0 pve lost 100
vm_forget 100
expect_exit 0 hostpci sweep
back
rm -f /run/qemu-server/100.*

wait_for 20 disk_of "$LAB_NVME2"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
vm_forget 100
rm -rf /run/qemu-server
