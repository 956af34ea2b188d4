# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SIGKILL at every write and every record of a run on VM 100, for scenarios that source it
# after lib.sh. The programs are killed by the simulated kernel's rules (a library that is
# preloaded); the lab's kernel answers. The scenario has a function host_state, which prints
# what has to be as before.

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
	3) expect_exit 0 hook 100 post-stop ;;
	esac
	# What the run has lost itself, nobody else has changed.
	expect_no_match 'somebody else'
	expect_exit 0 hostpci release 100
	expect_no_journal 100
	expect_eq "$before" "$(host_state)" "$point"
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
	before=$(host_state) points=0
	every_point "$1" pre-start
	every_point "$1" post-stop
	say "$2: killed at $points points, $((SECONDS - begin)) s"
}

offset=0
