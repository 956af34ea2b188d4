#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-timeout: 600
#
# SIGKILL at every write and every record of a start and of a stop, on a real kernel: of the
# program, of its child, of both. Then a sweep, a release, or the next start and stop; and the
# host is as it was. The programs are killed by the simulated kernel's rules (a library that
# is preloaded); this kernel answers. Of the network card's points every sixth is taken, in a
# full run all.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

SHIM=$HOSTPCI_BUILD/tests/simkernel/libsimkernel.so
SIM=$LAB_TMP/sim
mkdir "$SIM"
[ -e "$SHIM" ] || skip "$SHIM is not built"

killed_run() { # ACTION: under the rules
	local code=0
	# The shell's word about a killed program is nobody's output.
	(
		export SIMKERNEL_REAL=$SIM LD_PRELOAD=$SHIM
		case $1 in
		sweep) "$HOSTPCI_BUILD/cli/hostpci" sweep ;;
		*) "$HOSTPCI_BUILD/hooks/hostpci-hook" 100 "$1" ;;
		esac
		exit $?
	) >"$LAST_OUT" 2>"$LAST_ERR" || code=$?
	return "$code"
}

# The kernel ends a child as soon as its write is over.
settle() {
	local pid
	[ -e /run/hostpci/vm/100.journal ] || return 0
	sed -n 's/.*"child":\([0-9]*\).*/\1/p' /run/hostpci/vm/100.journal |
		while read -r pid; do
			wait_for 20 eval "! grep -qs hostpci /proc/$pid/cmdline"
		done
}

# A record without a time is old.
long_ago() {
	[ ! -e /run/hostpci/vm/100.journal ] || sed -i -E 's/,"at":[0-9]+//' /run/hostpci/vm/100.journal
}

drivers() {
	local device
	for device in "${devices[@]}"; do
		printf '%s %s %s\n' "$device" "$(driver_of "$device")" "$(<"/sys/bus/pci/devices/$device/driver_override")"
	done
}

heal() { # WAY
	case $1 in
	0)
		long_ago
		expect_exit 0 hostpci sweep
		;;
	1)
		expect_exit 0 hook 100 pre-start
		expect_exit 0 hook 100 post-stop
		;;
	esac
	expect_exit 0 hostpci release 100
	expect_no_journal 100
	expect_eq "$before" "$(drivers)" "$point"
}

# point RULE WAY: false if the run has no such point.
killed_at() { # ACTION RULE WAY
	point="$1, $2, way $3"
	[ "$1" != post-stop ] || expect_exit 0 hook 100 pre-start
	rm -f "$SIM"/count.*
	echo "$2" >"$SIM/rules"
	if killed_run "$1"; then
		: >"$SIM/rules"
		heal 2
		return 1
	fi
	: >"$SIM/rules"
	settle
	heal "$3"
	points=$((points + 1))
}

every_point() { # STEP ACTION
	local step=$1 action=$2 rule n
	for rule in 'vm/100.journal * N kill parent after' 'sys/* * N kill both before' \
		'sys/* * N kill both after' 'sys/* * N kill child after' 'sys/* * N kill parent before'; do
		n=$((1 + offset % step))
		while killed_at "$action" "${rule/N/$n}" $((n % 3)); do
			n=$((n + step))
		done
		offset=$((offset + 1))
	done
}

all_of() { # STEP NAME
	local begin=$SECONDS
	before=$(drivers) points=0
	every_point "$1" pre-start
	every_point "$1" post-stop
	say "$2: killed at $points points, $((SECONDS - begin)) s"
}

offset=0
wait_for 20 disk_of "$LAB_NVME"
wait_for 20 netdev_of "$LAB_E1000E_FN0"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
modprobe vfio-pci
host_snapshot "$LAB_TMP/before"

devices=("$LAB_NVME")
vm_config 100 "hostpci0: $LAB_NVME"
vm_policy 100 'return = "host";'
all_of 1 NVMe
[ "$points" -ge 35 ] || fail "only $points points"

devices=("$LAB_E1000E_FN0" "$LAB_E1000E_FN1")
vm_config 100 "hostpci0: $LAB_E1000E_FN0"
step=6
[ -z "${HOSTPCI_TESTS_FULL:-}" ] || step=1
all_of $step "network card"
[ "$points" -ge 8 ] || fail "only $points points"

wait_for 20 disk_of "$LAB_NVME"
wait_for 20 netdev_of "$LAB_E1000E_FN0"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
say "a second sweep does nothing"
expect_refused 0 hostpci sweep
expect_match 'nothing is left over'
vm_forget 100
