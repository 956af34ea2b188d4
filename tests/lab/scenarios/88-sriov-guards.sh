#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# While QEMU has a virtual function open, nothing lowers, resets or takes its physical one:
# refused in words, at once, and the machine is not disturbed. Then the boot program, twice,
# with a machine that runs in between, before the cluster's policy is there.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

timed() { # COMMAND...
	local begin=${EPOCHREALTIME/./} code=0
	"$@" || code=$?
	echo $(((${EPOCHREALTIME/./} - begin) / 1000)) >"$LAB_TMP/ms"
	return "$code"
}

# Within a second, on a lab that starts a program within 50 ms, as it does where nothing else
# runs: then a refusal takes 55 to 160 ms.
refused_at_once() { # COMMAND...: exit 1, nothing written
	local start
	timed hostpci --version >/dev/null
	start=$(<"$LAB_TMP/ms")
	[ "$start" -gt 50 ] || start=50
	expect_refused 1 timed "$@"
	say "refused within $(<"$LAB_TMP/ms") ms: $*"
	[ "$(<"$LAB_TMP/ms")" -lt $((start * 20)) ] || fail "it took $(<"$LAB_TMP/ms") ms"
	kill -0 "$qemu" || fail "QEMU is gone"
	expect_eq vfio-pci "$(driver_of "$vf")"
	vfs_are "$LAB_IGB0" 3
}

# A QEMU that has the machine's devices open.
open_qemu() { # VMID
	mapfile -t arguments < <(vm_arguments "$1")
	inner_kvm
	inner_qemu -S "${arguments[@]}" </dev/null >"$LAB_TMP/qemu" 2>&1 &
	shell=$!
	wait_for 20 busy_group
	qemu=$(pgrep -P "$shell")
}
end_qemu() {
	kill "$qemu"
	wait "$shell" || true
}
busy_group() { ! (exec 9<>"/dev/vfio/$(group_of "$vf")") 2>/dev/null; }

wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 disk_of "$LAB_NVME_SRIOV"
host_snapshot "$LAB_TMP/before"
vf=$(vf_address "$LAB_IGB0" 1)
host_policy "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 3; temporary = true; } );"
vm_config 188 "machine: q35" "hostpci0: ${vf#0000:},pcie=1"
expect_exit 0 hook 188 pre-start
open_qemu 188

say "a machine's function, in use"
refused_at_once hostpci sriov set "$LAB_IGB0" 0
expect_match "its virtual function $vf is held by VM 188, and would go"
refused_at_once hostpci sriov set "$LAB_IGB0" 5
vm_config 189 "hostpci0: ${LAB_IGB0#0000:}"
vm_policy 189 'reset = "default";'
refused_at_once hook 189 pre-start
expect_match "$LAB_IGB0 has virtual functions that VM 188 has"
expect_match "has 3 virtual functions, which go with it"
vm_policy 189 'rescan = true; gate = "warn";'
refused_at_once hook 189 pre-start
vm_policy 189 "hostpci1 = { vf-of = \"$LAB_IGB0\"; };"
refused_at_once hook 189 pre-start
expect_match 'is given to VM 189 as well'

say "one that nobody has on file, but somebody open"
mv /run/hostpci/vm/188.journal "$LAB_TMP/journal"
refused_at_once hostpci sriov set "$LAB_IGB0" 0
expect_match "$LAB_IGB0: /dev/vfio/[0-9]+ is held open by pid $qemu .*and would go"
mv "$LAB_TMP/journal" /run/hostpci/vm/188.journal

say "another machine stops: they stay, as this one has one of them"
vm_config 189 "name: other"
vm_policy 189 "hostpci0 = { vf-of = \"$LAB_IGB0\"; };"
expect_exit 0 hook 189 pre-start
expect_exit 0 hook 189 post-stop
expect_match "$LAB_IGB0 keeps its virtual functions: VM 188 has $vf"
kill -0 "$qemu" || fail "QEMU is gone"
vfs_are "$LAB_IGB0" 3
end_qemu

say "who made them stops before another: that one takes them back"
expect_exit 0 hook 189 pre-start
expect_exit 0 hook 188 post-stop
expect_match "$LAB_IGB0 keeps its virtual functions: VM 189 has "
vfs_are "$LAB_IGB0" 3
expect_exit 0 hook 189 post-stop
vfs_are "$LAB_IGB0" 0
expect_no_journal 189
vm_forget 188 189
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

say "boot: what is declared is made, from the copy of the cluster's policy"
rm /etc/hostpci/hostpci.conf
mkdir -p /var/lib/hostpci
cat >/var/lib/hostpci/hostpci.conf <<END
sriov = ( { pf = "serial=LABSRIOV"; vfs = 2; autoprobe = false; }, { pf = "$LAB_IGB0"; vfs = 3; } );
END
mv /etc/pve "$LAB_TMP/pve"
expect_exit 0 hostpci boot
last_output
expect_match "the cluster's policy .* is not there yet: its copy of "
vfs_are "$LAB_IGB0" 3
vfs_are "$LAB_NVME_SRIOV" 2
mv "$LAB_TMP/pve" /etc/pve
mkdir -p /etc/pve/hostpci
cp /var/lib/hostpci/hostpci.conf /etc/pve/hostpci

say "again, with a machine that runs: nothing is written, and it is not disturbed"
vm_config 188 "machine: q35" "hostpci0: ${vf#0000:},pcie=1"
expect_exit 0 hook 188 pre-start
open_qemu 188
sysfs_trace_start
expect_exit 0 hostpci boot
sysfs_trace_stop >/dev/null
expect_eq "" "$(sysfs_trace_of hostpci-child hostpci)" "writes of a second boot"
sed -i 's/vfs = 3/vfs = 5/' /etc/pve/hostpci/hostpci.conf
refused_at_once hostpci boot
expect_match 'and would go: from 3 to 5'
end_qemu
expect_exit 0 hook 188 post-stop
vfs_are "$LAB_IGB0" 3
expect_exit 0 hostpci boot
vfs_are "$LAB_IGB0" 5
expect_exit 0 hostpci sriov list
last_output
expect_exit 0 hostpci sriov set "$LAB_IGB0" 0
expect_exit 0 hostpci sriov set serial=LABSRIOV 0
rm -r /etc/pve/hostpci /var/lib/hostpci
for device in "$LAB_IGB0" "$LAB_NVME_SRIOV"; do
	echo 1 >"/sys/bus/pci/devices/$device/sriov_drivers_autoprobe"
done
vm_forget 188
wait_for 20 disk_of "$LAB_NVME_SRIOV"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
