# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Virtual functions.

# The address of function N, which need not exist.
vf_address() { # PF N
	local pci=/sys/bus/pci/devices/$1 domain=${1%%:*} rest=${1#*:} id
	id=$(((16#${rest%%:*} << 8) + (16#${rest:3:2} << 3) + 16#${rest##*.} +
		$(<"$pci/sriov_offset") + $2 * $(<"$pci/sriov_stride")))
	printf '%s:%02x:%02x.%x\n' "$domain" $((id >> 8)) $((id >> 3 & 31)) $((id & 7))
}

vfs_are() { # PF N: that many, and each is there
	expect_eq "$2" "$(cat "/sys/bus/pci/devices/$1/sriov_numvfs")" "sriov_numvfs of $1"
	expect_eq "$2" "$(find "/sys/bus/pci/devices/$1/" -name 'virtfn*' | wc -l)" "links of $1"
}

host_policy() { # LINE...
	mkdir -p /etc/hostpci
	printf '%s\n' "$@" >/etc/hostpci/hostpci.conf
}
