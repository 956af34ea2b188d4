#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Twelve machines start at the same time, on two cards with 7 virtual functions each that
# do not exist yet, and stop at the same time: none is given twice, and none is lost. A
# thousand rounds with HOSTPCI_TESTS_FULL=1; ctest has them in quarters, side by side.
#
#   sriov-pool.sh [QUARTER]     one of four; all of them without
#
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
HOST=pool
ROUNDS=4
[[ -z ${HOSTPCI_TESTS_FULL-} ]] || ROUNDS=1000
[[ -z ${1-} ]] || ROUNDS=$((ROUNDS / 4))

run_in_background() { # VMID PHASE
	env SIMKERNEL="$SIM" LD_PRELOAD="$SHIM" HOSTPCI_ROOT="$ROOT" "$HOOK" "$@" \
		>"$SIM/out.$1" 2>&1 </dev/null || echo "$1 $2: $?" >>"$SIM/failed"
}

all() { # PHASE VMID...
	local phase=$1 vmid
	shift
	rm -f "$SIM/failed"
	for vmid; do
		run_in_background "$vmid" "$phase" &
	done
	wait
	[[ ! -e $SIM/failed ]] || {
		cp "$SIM/out.$(cut -d' ' -f1 "$SIM/failed" | head -1)" "$DIR/$cases/out"
		fail "$(tr '\n' ' ' <"$SIM/failed")"
	}
}

# The functions that journals hold, one a line.
held() { grep -h '"vf_of"' "$ROOT"/run/hostpci/vm/*.journal | sed -E 's/.*"hold":"([^"]*)".*/\1/'; }

for ((round = 1; round <= ROUNDS; round++)); do
	it "round $round"
	printf 'sriov = ( { pf = "id=8086:10c9"; vfs = 7; temporary = true; } );\n' >"$ROOT/etc/hostpci/hostpci.conf"
	for vmid in {100..111}; do
		config "$vmid" 'name: x'
		policy "$vmid" 'hostpci0 = { vf-of = [ "01:00.0", "02:00.0" ]; };'
	done
	all pre-start {100..111}
	for vmid in {100..111}; do
		vf=$(sed -nE 's/.*"hold":"([^"]*)".*"vf_of".*/\1/p' "$(journal "$vmid")" | sort -u)
		[[ $(wc -l <<<"$vf") -eq 1 && -n $vf ]] || fail "VM $vmid has '$vf'"
		driver_is "${vf#0000:}" vfio-pci
		echo "$vf"
	done >"$SIM/given"
	[[ $(sort -u "$SIM/given" | wc -l) -eq 12 ]] || fail "given twice: $(sort "$SIM/given" | uniq -d)"
	# Some go and come while others stay.
	all post-stop 100 103 106 109
	all pre-start 100 103 106 109
	[[ $(held | sort -u | wc -l) -eq 12 ]] || fail "then $(held | sort -u | wc -l) are given"
	all post-stop {100..111}
	as_before
	rm -rf "${DIR:?}/$cases"
done

it "stops and starts cross each other"
printf 'sriov = ( { pf = "01:00.0"; vfs = 2; temporary = true; } );\n' >"$ROOT/etc/hostpci/hostpci.conf"
for vmid in 100 101; do
	config "$vmid" 'name: x'
	policy "$vmid" 'hostpci0 = { vf-of = "01:00.0"; };'
done
for ((round = 1; round <= 5; round++)); do
	hook_exits 0 100 pre-start
	run_in_background 101 pre-start &
	run_in_background 100 post-stop &
	wait
	[[ ! -e $SIM/failed ]] || fail "$(cat "$SIM/failed" "$SIM"/out.*)"
	[[ $(held | sort -u | wc -l) -eq 1 ]] || fail "VM 101 has none"
	hook_exits 0 101 post-stop
	as_before
done
finish
