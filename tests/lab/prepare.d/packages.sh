# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The packages, by name; only what is missing is installed. The lab runs on this
# machine's own root, so tools used inside it are installed here as well.

LAB_PACKAGES=(
	# outside: the machine and what builds its initramfs
	qemu-system-x86 busybox-static cpio xz-utils zstd gcc make
	# inside
	udev systemd kmod iproute2 pciutils util-linux e2fsprogs mdadm lvm2 jq strace procps passwd
	libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients libxml2-utils driverctl mdevctl
)
# The first QEMU with igb is 8.0.
LAB_QEMU_MIN=1:8.0
LAB_BACKPORTS=/etc/apt/sources.list.d/hostpci-lab-backports.sources

# The address this machine already gets its release from, so that a mirror or a proxy
# is honoured and no host is named here.
# shellcheck disable=SC2016 # the word in dollars is apt's
archive_uri() { # CODENAME
	apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' "Release: $1" | sed -n 1p
}

# shellcheck disable=SC2016 # the words in dollars are apt's
add_backports() { # CODENAME
	local suite=$1-backports uri
	if apt-get indextargets --format '$(RELEASE)' 'Created-By: Packages' |
		grep -qx -- "$suite"; then
		return
	fi
	uri=$(archive_uri "$1")
	[ -n "$uri" ] || die "apt has no source for $1: cannot tell where $suite is"
	note "adding $suite to apt: $LAB_BACKPORTS (remove the file when you no longer need the lab)"
	cat >"$LAB_BACKPORTS" <<-END
		# Added by hostpci's tests/lab/prepare, for a QEMU that has SR-IOV devices.
		# Nothing is upgraded from here by itself (NotAutomatic).
		Types: deb
		URIs: $uri
		Suites: $suite
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
}

prepare_packages() {
	local missing=() package version release
	for package in "${LAB_PACKAGES[@]}"; do
		version=$(package_version "$package")
		if [ -z "$version" ] ||
			{ [ "$package" = qemu-system-x86 ] &&
				dpkg --compare-versions "$version" lt "$LAB_QEMU_MIN"; }; then
			missing+=("$package")
		fi
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	release=$(codename)
	case $release in
	bookworm) add_backports bookworm ;;
	trixie) ;;
	*) die "known to work on Debian 12 and 13, this is '${release:-something else}'; install ${missing[*]} yourself" ;;
	esac
	note "installing ${missing[*]}"
	apt_get update >"$LAB_BUILD/apt.log" 2>&1 || die "apt-get update failed: $(tail -n 3 "$LAB_BUILD/apt.log")"
	if [ "$release" = bookworm ]; then
		# A backport is only installed when it and its parts are named so.
		case " ${missing[*]} " in
		*' qemu-system-x86 '*) missing+=(qemu-system-common qemu-system-data seabios) ;;
		esac
		for package in "${!missing[@]}"; do
			case ${missing[package]} in
			qemu-system-* | seabios) missing[package]+=/bookworm-backports ;;
			esac
		done
	fi
	apt_get install --no-install-recommends "${missing[@]}" >>"$LAB_BUILD/apt.log" 2>&1 ||
		die "apt-get install failed (the whole of it: $LAB_BUILD/apt.log): $(tail -n 5 "$LAB_BUILD/apt.log")"
}
