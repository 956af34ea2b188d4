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

# An admin command to an NVMe controller, as nvme-cli sends it: prints the answer's bytes in
# hexadecimal; fails with its status.
nvme_admin() { # PF OPCODE CDW10 CDW11
	local node
	node=/dev/$(ls "/sys/bus/pci/devices/$1/nvme")
	# shellcheck disable=SC2016 # Perl's own
	perl -e '
		my ($node, $opcode, @word) = @ARGV;
		my $data = "\0" x 4096;
		my $size = $opcode == 6 ? 4096 : 0;
		my $at = $size ? unpack("Q", pack("P", $data)) : 0;
		my $command = pack("C2SL3Q2L10", $opcode, 0, 0, 0, 0, 0, 0, $at, 0, $size, @word, (0) x 6);
		open(my $file, "+<", $node) or die "$node: $!\n";
		my $status = ioctl($file, 0xC0484E41, $command);
		die defined $status ? sprintf("status %x\n", $status) : "$!\n" unless defined $status && $status == 0;
		print unpack("H*", $data), "\n" if $size;
	' "$node" "$2" "$3" "$4"
}

# What the physical function keeps for itself of what it could share: a setting of its own,
# which counts from the next function-level reset on.
nvme_keeps() { # PF QUEUES INTERRUPTS
	nvme_admin "$1" $((0x1c)) 1 "$2"
	nvme_admin "$1" $((0x1c)) $((0x101)) "$3"
	echo 1 >"/sys/bus/pci/devices/$1/reset"
	wait_for 20 disk_of "$1"
}

# "online QUEUES INTERRUPTS" of the controller of function N (at most 255 of each).
nvme_function() { # PF N
	local list at=$((64 + $2 * 64)) state=offline
	list=$(nvme_admin "$1" 6 $((0x15)) 0)
	[ "${list:at + 8:2}" != 01 ] || state=online
	echo "$state $((16#${list:at + 20:2})) $((16#${list:at + 24:2}))"
}
