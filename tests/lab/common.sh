# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Paths and small words shared by the parts of the lab that run outside of it.
# The including script sets lab_dir to the folder of this file.
: "${lab_dir:?}"

note() { printf 'lab: %s\n' "$*"; }
die() {
	printf 'lab: %s\n' "$*" >&2
	exit 1
}

CHECKOUT=$(cd "$lab_dir/../.." && pwd -P)
LAB_BUILD=$CHECKOUT/build/lab
LAB_RESULTS=$LAB_BUILD/results
# A link to the unpacked kernel package in use.
LAB_KERNEL=$LAB_BUILD/kernel
# QEMU's options and the kernel's arguments have no quotes, and the lab has its own /tmp.
[[ $CHECKOUT =~ ^[A-Za-z0-9._/+~-]+$ ]] || die "cannot work in a folder of this name: $CHECKOUT"
case $CHECKOUT/ in
/tmp/* | /run/* | /dev/*) die "cannot work below /tmp, /run or /dev, which the lab replaces: $CHECKOUT" ;;
esac
export CHECKOUT LAB_BUILD LAB_RESULTS LAB_KERNEL

# Debian's QEMU replaces Proxmox's own: on a node that would take its machines down.
refuse_proxmox_node() {
	local package state
	for package in pve-manager qemu-server pve-qemu-kvm; do
		state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" != installed ] ||
			die "this is a Proxmox node ($package is installed): the lab is for development machines, nothing was changed"
	done
	if [ -e /etc/pve ]; then
		die "this looks like a Proxmox node (/etc/pve exists): the lab is for development machines, nothing was changed"
	fi
}

kernel_version() { basename "$(readlink "$LAB_KERNEL")"; }

# True if FILE is missing or older than one of the others.
stale() { # FILE INPUT...
	local file=$1 input
	shift
	[ -e "$file" ] || return 0
	for input; do
		if [ "$input" -nt "$file" ]; then return 0; fi
	done
	return 1
}
