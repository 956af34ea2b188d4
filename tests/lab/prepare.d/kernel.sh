# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's kernel, fetched and unpacked, not installed. Each version in a folder of its
# own; the link `kernel` names the one in use.

# The drivers that every boot loads. They are unpacked once here, as emulation makes
# unpacking them at every boot slow; all others stay as they come.
LAB_DRIVERS=(
	nvme igb igbvf e1000 e1000e virtio_scsi sd_mod ext4
	vfio_pci pci_stub kvm_amd kvm_intel raid1 dm_mod dummy
	i2c_i801 lpc_ich ahci qemu_fw_cfg virtio_rng
)

# The newest 6.12 for ordinary PCs: signed or not is the same to QEMU.
newest_kernel_package() {
	apt-cache pkgnames linux-image-6.12. |
		grep -E '^linux-image-6\.12\.[0-9+a-z~.]+-amd64(-unsigned)?$' |
		sort -V | tail -n 1
}

unpack_drivers() { # ROOT VERSION
	local driver
	for driver in "${LAB_DRIVERS[@]}"; do
		modprobe -d "$1" -S "$2" --show-depends "$driver"
	done | sed -n 's/^insmod \([^ ]*\.xz\).*/\1/p' | sort -u | xargs -r xz -d
	depmod -b "$1" "$2"
}

number_at() { # FILE OFFSET BYTES
	od -An -j "$2" -N "$3" -t "u$3" "$1" | tr -d ' '
}

# The kernel inside of the image for boot loaders (Documentation/arch/x86/boot.rst), which
# QEMU starts as it is (PVH): unpacking itself takes seconds under emulation, and most of
# them in a guest inside.
unpack_kernel() { # VMLINUZ VMLINUX
	local offset length
	offset=$((($(number_at "$1" $((0x1f1)) 1) + 1) * 512 + $(number_at "$1" $((0x248)) 4)))
	length=$(number_at "$1" $((0x24c)) 4)
	# The last four bytes are the size of what is packed.
	dd if="$1" bs=1M iflag=skip_bytes,count_bytes skip="$offset" count="$((length - 4))" status=none |
		zstd -q -d >"$2.tmp" || die "$1 is not packed with zstd"
	mv "$2.tmp" "$2"
}

prepare_kernel() {
	local package version dir tmp
	[ ! -e "$LAB_KERNEL/vmlinux" ] || return 0

	package=$(newest_kernel_package)
	if [ -z "$package" ]; then
		apt_get update >"$LAB_BUILD/apt.log" 2>&1 || true
		package=$(newest_kernel_package)
	fi
	[ -n "$package" ] || die "apt knows no linux-image-6.12.*-amd64"
	version=${package#linux-image-}
	version=${version%-unsigned}
	dir=$LAB_BUILD/kernels/$version
	note "fetching and unpacking $package"

	# Into a folder that apt's own user may write, and whole or not at all.
	rm -rf "$dir" "$LAB_BUILD/unpack"
	tmp=$LAB_BUILD/unpack
	mkdir -p "$tmp" "$LAB_BUILD/kernels"
	(cd "$tmp" && apt_get -o APT::Sandbox::User=root download "$package" >"$LAB_BUILD/apt.log" 2>&1) ||
		die "apt-get download $package failed: $(tail -n 3 "$LAB_BUILD/apt.log")"
	dpkg -x "$tmp"/*.deb "$tmp/root"
	# Debian 13 may have /usr/lib/modules, Debian 12 has /lib/modules.
	mkdir "$tmp/kernel" "$tmp/kernel/lib"
	if [ -d "$tmp/root/usr/lib/modules" ]; then
		mv "$tmp/root/usr/lib/modules" "$tmp/kernel/lib/modules"
	else
		mv "$tmp/root/lib/modules" "$tmp/kernel/lib/modules"
	fi
	unpack_kernel "$tmp/root/boot/vmlinuz-$version" "$tmp/kernel/vmlinux"
	mv "$tmp/root/boot/config-$version" "$tmp/kernel/config"
	depmod -b "$tmp/kernel" "$version"
	unpack_drivers "$tmp/kernel" "$version"
	mv "$tmp/kernel" "$dir"
	rm -rf "$tmp"
	ln -sfn "kernels/$version" "$LAB_KERNEL"
}
