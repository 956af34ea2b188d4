# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Virtual functions that have NVIDIA's files for vGPU types (modules/lab-vgpu.c).

# Makes VFs of an igb card and gives them that driver, as a host with such a card finds them
# after its boot; their addresses are left in $VGPU.
vgpu_up() { # PF NUMBER [PARAMETER=VALUE...]
	local pf=/sys/bus/pci/devices/$1 number=$2 i vf
	shift 2
	modprobe vfio_iommu_type1
	lab_module lab-vgpu "$@"
	# Else igbvf takes them first.
	echo 0 >"$pf/sriov_drivers_autoprobe"
	echo "$number" >"$pf/sriov_numvfs"
	VGPU=()
	for ((i = 0; i < number; i++)); do
		vf=$(basename "$(readlink "$pf/virtfn$i")")
		echo lab-vgpu >"/sys/bus/pci/devices/$vf/driver_override"
		echo "$vf" >/sys/bus/pci/drivers/lab-vgpu/bind
		VGPU+=("$vf")
	done
}

vgpu_down() { # PF
	echo 0 >"/sys/bus/pci/devices/$1/sriov_numvfs"
	echo 1 >"/sys/bus/pci/devices/$1/sriov_drivers_autoprobe"
	rmmod lab-vgpu
}

vgpu_type() { # VF: the number, 0 for none
	cat "/sys/bus/pci/devices/$1/nvidia/current_vgpu_type"
}
