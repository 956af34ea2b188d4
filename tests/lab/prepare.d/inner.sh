# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # lab_dir is set by prepare
#
# The initramfs of the guest that runs inside the lab: busybox, the drivers of the
# devices that are passed through, and the tools that make md arrays and logical volumes.

LAB_INNER_MODULES=(
	nvme igb igbvf e1000 e1000e virtio_pci virtio_scsi sd_mod
	ext4 raid1 dm_mod qemu_fw_cfg
)
LAB_INNER_TOOLS=(mdadm lvm mkfs.ext4 blkid)

copy_tool() { # ROOT TOOL
	local root=$1 path lib
	path=$(command -v "$2") || die "$2 is missing, though its package is installed"
	install -D -m 755 "$(readlink -f "$path")" "$root/bin/$2"
	ldd "$path" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' |
		while read -r lib; do
			[ -e "$root$lib" ] || install -D -m 755 "$lib" "$root$lib"
		done
}

prepare_inner() {
	local out=$LAB_BUILD/inner.img root tool
	stale "$out" "$lab_dir/inner-init" "$lab_dir/prepare.d/inner.sh" \
		"$lab_dir/prepare.d/initramfs.sh" "$LAB_KERNEL/vmlinux" || return 0
	note "building the inner guest's initramfs"
	root=$(mktemp -d "$LAB_BUILD/inner.XXXXXX")
	busybox_root "$root"
	copy_modules "$root" "${LAB_INNER_MODULES[@]}" >"$root/modules"
	for tool in "${LAB_INNER_TOOLS[@]}"; do
		copy_tool "$root" "$tool"
	done
	install -m 755 "$lab_dir/inner-init" "$root/init"
	make_cpio "$root" "$out"
	rm -rf "$root"
}
