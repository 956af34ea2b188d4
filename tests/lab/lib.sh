# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Words for scenarios, sourced inside the lab: device names, assertions, and what the
# files lib-*.sh add. The first assertion that does not hold ends the script.
set -euo pipefail

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TMP=$(mktemp -d /tmp/lab.XXXXXX)
: "${LAB_OUT:=$LAB_TMP}" # what is left in it can be read outside after the boot
export LAB_DIR LAB_TMP LAB_OUT
# Output of the last expect_exit.
LAST_OUT=$LAB_TMP/out
LAST_ERR=$LAB_TMP/err

say() { printf '%s\n' "$*"; }

fail() {
	local i
	printf 'FAILED: %s\n' "$*" >&2
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		printf '  in %s, %s line %s\n' "${FUNCNAME[i]}" "${BASH_SOURCE[i]##*/}" "${BASH_LINENO[i - 1]}" >&2
	done
	exit 1
}

# Ends the scenario as not runnable here.
skip() {
	printf 'skipped: %s\n' "$*"
	exit 77
}

# The device that `topology` describes: below the root port, function by function.
lab_device() { # ROOT-PORT PATH
	local dir=/sys/bus/pci/devices/0000:00:$1.0 part found
	local IFS=/
	for part in $2; do
		found=("$dir"/0000:??:"$part")
		[ -e "${found[0]}" ] || return 1
		dir=${found[0]}
	done
	printf '%s\n' "${dir##*/}"
}

lab_devices() {
	local name port path only address
	while read -r name port path only; do
		case $name in '' | '#'*) continue ;; esac
		[ "$only" != cards ] || grep -q 'lab\.cards=8' /proc/cmdline || continue
		address=$(lab_device "$port" "$path") || fail "no device for $name below root port $port"
		declare -g "$name=$address"
		export "${name?}"
	done <"$LAB_DIR/topology"
}

# --- assertions

expect_exit() { # CODE COMMAND...: runs it, output goes to $LAST_OUT and $LAST_ERR
	local want=$1 code=0
	shift
	"$@" >"$LAST_OUT" 2>"$LAST_ERR" || code=$?
	[ "$code" = "$want" ] || {
		last_output
		fail "exit $code, expected $want: $*"
	}
}

last_output() {
	sed 's/^/  stdout: /' "$LAST_OUT"
	sed 's/^/  stderr: /' "$LAST_ERR"
}

expect_match() { # REGEX [FILE]: default is what the last expect_exit printed
	if [ $# -gt 1 ]; then
		grep -Eq -- "$1" "$2" || {
			tail -n 20 "$2" | sed 's/^/  /'
			fail "no line of $2 matches: $1"
		}
	else
		grep -Eq -- "$1" "$LAST_OUT" "$LAST_ERR" || {
			last_output
			fail "no line of the output matches: $1"
		}
	fi
}

expect_no_match() { # REGEX [FILE]
	local files=("$LAST_OUT" "$LAST_ERR")
	[ $# = 1 ] || files=("$2")
	! grep -En -- "$1" "${files[@]}" || fail "a line matches: $1"
}

expect_eq() { # WANTED FOUND [WHAT]
	[ "$1" = "$2" ] || fail "${3:+$3: }expected '$1', found '$2'"
}

wait_for() { # SECONDS COMMAND...: until it succeeds; fails the scenario if it does not
	local limit=$1 end
	shift
	end=$((SECONDS + limit))
	# In a subshell: a condition may be a function that calls fail.
	until ("$@") >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || fail "not within $limit s: $*"
		sleep 0.2
	done
}

# --- PCI devices

driver_of() { # BDF: the driver's name, or none
	local link=/sys/bus/pci/devices/$1/driver
	[ -e "/sys/bus/pci/devices/$1" ] || fail "no device $1"
	if [ -e "$link" ]; then
		basename "$(readlink "$link")"
	else
		echo none
	fi
}

group_of() { # BDF: the IOMMU group's number, or none
	local link=/sys/bus/pci/devices/$1/iommu_group
	if [ -e "$link" ]; then
		basename "$(readlink "$link")"
	else
		echo none
	fi
}

netdev_of() { # BDF: the netdev's name
	local netdev=("/sys/bus/pci/devices/$1/net/"*)
	[ -e "${netdev[0]}" ] || fail "$1 has no netdev"
	printf '%s\n' "${netdev[0]##*/}"
}

# The name of the disk on a storage controller (nvme0n1, sda). An NVMe disk is not below
# its PCI device when multipath is on, so the controller's name is looked at.
disk_of() { # BDF
	local found
	for found in "/sys/bus/pci/devices/$1"/nvme/nvme*/nvme*n* "/sys/bus/pci/devices/$1"/virtio*/host*/target*/*/block/* \
		"/sys/bus/pci/devices/$1"/host*/target*/*/block/*; do
		[ -e "$found" ] || continue
		found=${found##*/}
		# nvme0c0n1, the hidden path, belongs to the disk nvme0n1.
		[[ ! $found =~ ^(nvme[0-9]+)c[0-9]+(n[0-9]+)$ ]] || found=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
		printf '%s\n' "$found"
		return
	done
	fail "$1 has no disk"
}

# Loads one of the lab's own modules (modules/), and what it needs of the kernel's.
lab_module() { # NAME [PARAMETER=VALUE...]
	local file=$LAB_BUILD_DIR/modules/$1.ko needed
	shift
	for needed in $(modinfo -F depends "$file" | tr , ' '); do
		modprobe "$needed"
	done
	insmod "$file" "$@"
}

# --- the host as a whole

host_snapshot() { # FILE
	udevadm settle --timeout=30
	timeout -k 5 60 "$LAB_DIR/host-snapshot" >"$1" || fail "host-snapshot failed or hung"
}

expect_same_host() { # BEFORE AFTER
	diff -U0 "$1" "$2" >"$LAB_TMP/host.diff" || {
		grep -v '^@@' "$LAB_TMP/host.diff" >&2
		fail "the host is not what it was before"
	}
}

# shellcheck source=tests/lab/lib-trace.sh
. "$LAB_DIR/lib-trace.sh"
# shellcheck source=tests/lab/lib-inner.sh
. "$LAB_DIR/lib-inner.sh"
# shellcheck source=tests/lab/lib-vm.sh
. "$LAB_DIR/lib-vm.sh"
# shellcheck source=tests/lab/lib-sriov.sh
. "$LAB_DIR/lib-sriov.sh"
# shellcheck source=tests/lab/lib-vgpu.sh
. "$LAB_DIR/lib-vgpu.sh"
# shellcheck source=tests/lab/lib-libvirt.sh
. "$LAB_DIR/lib-libvirt.sh"
lab_devices
