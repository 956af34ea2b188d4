# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # lab_dir is set by prepare
#
# Kernel modules: of our own (tests/lab/modules), for devices that behave as those in the
# wild do, and the kernel's sample of a mediated device. Debian's headers of the lab's
# kernel are fetched and unpacked beside it, not installed: that would pull in the kernel
# itself. Of Debian's source of the kernel (linux-source-6.12) one file is kept.

LAB_SAMPLE=$LAB_BUILD/sample/mtty.c

fetch_sample() { # FOLDER
	local package archive
	package=linux-source-$(kernel_version | cut -d. -f1,2)
	archive=usr/src/$package.tar.xz
	rm -rf "$1"
	mkdir -p "$1"
	(cd "$1" && apt_get -o APT::Sandbox::User=root download "$package") >"$LAB_BUILD/apt.log" 2>&1 || return 1
	dpkg -x "$1"/*.deb "$1"
	# Nothing of what comes behind it is unpacked, so that the unpacker's end is no success.
	tar -C "$1" -xJf "$1/$archive" --occurrence=1 "$package/samples/vfio-mdev/mtty.c" 2>>"$LAB_BUILD/apt.log" || true
	mv "$1/$package/samples/vfio-mdev/mtty.c" "$LAB_SAMPLE"
}

prepare_sample() {
	stale "$LAB_SAMPLE" "$LAB_KERNEL/vmlinux" || return 0
	note "fetching the source of the kernel's sample of a mediated device"
	mkdir -p "${LAB_SAMPLE%/*}"
	if ! fetch_sample "$LAB_BUILD/source"; then
		apt_get update >"$LAB_BUILD/apt.log" 2>&1 || true
		fetch_sample "$LAB_BUILD/source" ||
			die "there is no source of the kernel: $(tail -n 3 "$LAB_BUILD/apt.log")"
	fi
	touch "$LAB_SAMPLE" # its date says when it came here
	rm -r "$LAB_BUILD/source"
}

fetch_headers() { # FOLDER
	local version package packages
	version=$(kernel_version)
	packages=("linux-headers-$version" "linux-headers-${version%-amd64}-common" "linux-kbuild-${version%-amd64}")
	rm -rf "$1"
	mkdir -p "$1/packages"
	(cd "$1/packages" && apt_get -o APT::Sandbox::User=root download "${packages[@]}") >"$LAB_BUILD/apt.log" 2>&1 ||
		return 1
	for package in "$1"/packages/*.deb; do dpkg -x "$package" "$1/root"; done
	rm -r "$1/packages"
	# They expect to be installed; without vmlinux no tool for its types is needed.
	rm -f "$1/root/usr/src/linux-headers-$version/vmlinux"
	sed -i "s,/usr/src,$1/root/usr/src," "$1/root/usr/src/linux-headers-$version/Makefile"
}

prepare_headers() { # FOLDER
	note "fetching the headers of $(kernel_version)"
	fetch_headers "$1" && return
	apt_get update >"$LAB_BUILD/apt.log" 2>&1 || true
	fetch_headers "$1" && return
	# The archive has moved on since the kernel was fetched.
	rm "$LAB_KERNEL"
	prepare_kernel
	fetch_headers "$1" || die "there are no headers of $(kernel_version): $(tail -n 3 "$LAB_BUILD/apt.log")"
}

prepare_modules() {
	local source out=$LAB_BUILD/modules sources=("$lab_dir"/modules/*.c)
	stale "$out/built" "${sources[@]}" "$lab_dir/prepare.d/modules.sh" "$LAB_KERNEL/vmlinux" || return 0
	prepare_headers "$LAB_BUILD/headers"
	prepare_sample # of the kernel that the headers are of
	sources+=("$LAB_SAMPLE")
	note "building the lab's kernel modules"
	rm -rf "$out"
	mkdir -p "$out"
	cp "${sources[@]}" "$out"
	for source in "${sources[@]##*/}"; do
		printf 'obj-m += %s.o\n' "${source%.c}"
	done >"$out/Kbuild"
	make -C "$LAB_BUILD/headers/root/usr/src/linux-headers-$(kernel_version)" M="$out" modules \
		>"$LAB_BUILD/modules.log" 2>&1 ||
		die "the lab's modules cannot be built: $(tail -n 5 "$LAB_BUILD/modules.log")"
	rm -r "$LAB_BUILD/headers"
	touch "$out/built"
}
