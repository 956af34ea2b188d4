# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # lab_dir is set by prepare
#
# The lab's initramfs: just enough to reach the root file system over 9p. Device drivers
# are loaded by udev from there, as on any machine.

LAB_BOOT_MODULES=(virtio_pci 9pnet_virtio 9p overlay virtio_console virtio_rng)

# Copies modules and all they depend on, unpacked (busybox's insmod cannot).
copy_modules() { # ROOT MODULE...
	local root=$1 version module file rel
	shift
	version=$(kernel_version)
	for module; do
		# One line a file, in the order they have to be loaded.
		modprobe -d "$LAB_KERNEL" -S "$version" --show-depends "$module" |
			sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++' | while read -r file; do
		rel=lib/modules/$version/${file#*/lib/modules/"$version"/}
		mkdir -p "$root/${rel%/*}"
		case $file in
		*.xz) xz -dc "$file" >"$root/${rel%.xz}" ;;
		*) cp "$file" "$root/$rel" ;;
		esac
		printf '%s\n' "/${rel%.xz}"
	done
}

make_cpio() { # ROOT FILE
	(cd "$1" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0) >"$2.tmp"
	mv "$2.tmp" "$2"
}

busybox_root() { # ROOT
	mkdir -p "$1"/{bin,dev,etc,proc,sys,run,tmp,mnt,newroot,lib/modules}
	cp "$(command -v busybox)" "$1/bin/busybox"
	ln -s busybox "$1/bin/sh"
}

prepare_initramfs() {
	local out=$LAB_BUILD/initramfs.img root
	# Of the kernel's folder the date of the link says which one is in use.
	stale "$out" "$lab_dir/init" "$lab_dir/prepare.d/initramfs.sh" "$LAB_KERNEL/vmlinux" || return 0
	note "building the lab's initramfs"
	root=$(mktemp -d "$LAB_BUILD/initramfs.XXXXXX")
	busybox_root "$root"
	copy_modules "$root" "${LAB_BOOT_MODULES[@]}" >"$root/modules"
	install -m 755 "$lab_dir/init" "$root/init"
	make_cpio "$root" "$out"
	rm -rf "$root"
}
