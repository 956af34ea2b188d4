#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vGPU types of virtual functions that keep their driver, as NVIDIA's since Linux 6.8: set by
# number and by name before the machine, opened by QEMU, freed after it though the driver says
# EPERM for a while; and SIGKILL at every second write and record, in a full run at each.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/lab/lib-killed.sh
. "$LAB_DIR/lib-killed.sh"

linger() { # MILLISECONDS
	echo "$1" >/sys/module/lab_vgpu/parameters/linger
}

opens() { # VMID: QEMU does
	local arguments
	mapfile -t arguments < <(vm_arguments "$1")
	[[ " ${arguments[*]} " == *" vfio-pci,host=${VGPU[0]},"* ]] || fail "arguments: ${arguments[*]}"
	expect_exit 0 inner_qmp query-pci -- -M pc "${arguments[@]}"
	expect_match '"qdev_id": "hostpci0"'
}

vgpu_up "$LAB_IGB1" 2
host_snapshot "$LAB_TMP/before"

say "by number, with a setting: the writes are those of the plan, and QEMU opens it"
vm_config 150 'machine: pc' "hostpci0: ${VGPU[0]},mdev=nvidia-558"
vm_policy 150 'hostpci0 = { mdev-attributes = [ "nvidia/vgpu_params=frame_rate_limiter=0" ]; };'
expect_exit 1 inner_qmp query-pci -- -device "vfio-pci,host=${VGPU[0]},id=hostpci0"
hook_as_planned 150 pre-start
expect_eq 558 "$(vgpu_type "${VGPU[0]}")"
expect_eq lab-vgpu "$(driver_of "${VGPU[0]}")"
expect_eq frame_rate_limiter=0 "$(cat "/sys/bus/pci/devices/${VGPU[0]}/nvidia/vgpu_params")"
expect_exit 0 hook 150 post-start
opens 150
hook_as_planned 150 post-stop
expect_no_journal 150
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"

say "by name, for a machine that Proxmox does not know, after what somebody has left, which comes back"
vm_policy 151 "hostpci0 = { host = \"${VGPU[0]}\"; };"
expect_exit 0 hostpci plan 151
expect_match 'neither a type nor mdev=nvidia-NUMBER'
echo 557 >"/sys/bus/pci/devices/${VGPU[0]}/nvidia/current_vgpu_type"
vm_policy 151 "hostpci0 = { host = \"${VGPU[0]}\"; mdev = \"LAB L4-4Q\"; };" # while that is there, no room
expect_refused 1 hook 151 pre-start
expect_match "what number 'LAB L4-4Q' has"
vm_config 152 "hostpci0: ${VGPU[0]},mdev=nvidia-999"
expect_exit 1 hook 152 pre-start
expect_match 'the host is as before'
expect_eq 557 "$(vgpu_type "${VGPU[0]}")"
vm_policy 151 "hostpci0 = { host = \"${VGPU[0]}\"; mdev = \"LAB L4-2Q\"; };"
hook_as_planned 151 pre-start
expect_eq 558 "$(vgpu_type "${VGPU[0]}")"
expect_exit 0 hook 151 post-stop
expect_eq 557 "$(vgpu_type "${VGPU[0]}")"
vm_policy 151 "hostpci0 = { host = \"${VGPU[0]}\"; mdev = \"nvidia-559\"; };"
expect_exit 0 hook 151 pre-start
expect_eq 559 "$(vgpu_type "${VGPU[0]}")"

say "what there is no room for is refused in words, and nothing is written"
vm_config 152 "hostpci0: ${VGPU[1]},mdev=nvidia-557"
expect_refused 1 hook 152 pre-start
expect_match 'has no room for vGPU type 557'
vm_config 152 "hostpci0: ${VGPU[0]},mdev=nvidia-557"
expect_refused 1 hook 152 pre-start
expect_match 'is held by VM 151'

say "the driver says EPERM for a while after QEMU has gone"
linger 60000
opens 151
expect_exit 1 sh -c "echo 0 >/sys/bus/pci/devices/${VGPU[0]}/nvidia/current_vgpu_type"
(sleep 2 && linger 0) &
expect_exit 0 hook 151 post-stop
wait
expect_eq 557 "$(vgpu_type "${VGPU[0]}")"
expect_no_journal 151
echo 0 >"/sys/bus/pci/devices/${VGPU[0]}/nvidia/current_vgpu_type"
vm_config 152 "hostpci0: ${VGPU[1]},mdev=nvidia-560"
expect_refused 1 hook 152 pre-start
expect_match 'it offers 557 \(LAB L4-1Q\), 558 \(LAB L4-2Q\), 559 \(LAB L4-4Q\)'

say "for longer than a stop waits: the sweep finishes"
linger 0
vm_config 152 'machine: pc' "hostpci0: ${VGPU[0]},mdev=nvidia-557"
expect_exit 0 hook 152 pre-start
linger 60000
opens 152
begin=$SECONDS
expect_exit 2 hook 152 post-stop
[ $((SECONDS - begin)) -le 20 ] || fail "it took $((SECONDS - begin)) s"
expect_match 'the driver says that it is in use still.*\(errno 1\)'
expect_match 'hostpci release 152'
linger 0
expect_exit 0 hostpci sweep
expect_eq 0 "$(vgpu_type "${VGPU[0]}")"
expect_no_journal 152
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
vm_forget 150 151 152

say "killed at each write and record"
host_state() { vgpu_type "${VGPU[0]}"; }
vm_config 100 "hostpci0: ${VGPU[0]},mdev=nvidia-557"
step=2
[ -z "${HOSTPCI_TESTS_FULL:-}" ] || step=1
all_of $step vGPU
[ "$points" -ge 8 ] || fail "only $points points"
vm_forget 100
vgpu_down "$LAB_IGB1"
