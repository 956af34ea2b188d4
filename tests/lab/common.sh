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
LAB_TAKEN=$LAB_RESULTS/taken
LAB_DISKS_DIR=$LAB_BUILD/disks
# A link to the unpacked kernel package in use.
LAB_KERNEL=$LAB_BUILD/kernel
# QEMU's options and the kernel's arguments have no quotes, and the lab has its own /run.
[[ $CHECKOUT =~ ^[A-Za-z0-9._/+~-]+$ ]] || die "cannot work in a folder of this name: $CHECKOUT"
case $CHECKOUT/ in
/run/* | /dev/*) die "cannot work below /run or /dev, which the lab replaces: $CHECKOUT" ;;
esac
export CHECKOUT LAB_BUILD LAB_RESULTS LAB_TAKEN LAB_DISKS_DIR LAB_KERNEL

# shellcheck source=tests/setup.sh
. "$CHECKOUT/tests/setup.sh"

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
