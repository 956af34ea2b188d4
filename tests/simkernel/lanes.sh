#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes side by side, and what must not.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# line REGEX: the number of the first line of the log that matches; 0: none.
line() { grep -nE -- "$1" "$SIM/log" | head -1 | cut -d: -f1 | grep . || echo 0; }

# comes_after LATER EARLIER: both came, in that order.
comes_after() {
	[[ $(line "$1") -gt 0 && $(line "$2") -gt 0 ]] || fail "no '$1' or no '$2'"
	[[ $(line "$1") -gt $(line "$2") ]] || fail "'$1' is before '$2'"
}

it "no reset while a neighbour on the bus is still bound, though its IOMMU group is another"
config 100 'hostpci0: 02:00.0' 'hostpci1: 02:00.1'
policy 100 'reset = "default";'
rule 'drivers/igb/unbind 0000:02:00.1 * delay 400'
hook_exits 0 100 pre-start
comes_after '^write.*0000:02:00.0/reset' '^result.*vfio-pci/bind.*ok'
comes_after '^write.*0000:02:00.0/reset' '^result.*drivers/igb/unbind'
[[ $(grep -cE '^result.*vfio-pci/bind' <(head -n "$(line '^write.*reset')" "$SIM/log")) -eq 2 ]] ||
	fail "a reset before both were bound"
no_rules
hook_exits 0 100 post-stop
as_before

it "another bus is not waited for"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00'
policy 100 'reset = "default";'
rule 'drivers/nouveau/unbind * * delay 600'
hook_exits 0 100 pre-start
comes_after '^result.*drivers/nouveau/unbind' '^result.*0000:02:00.0/reset'
comes_after '^write.*0000:03:00.0/reset' '^result.*vfio-pci/bind'
no_rules
hook_exits 0 100 post-stop
as_before

it "the plan shows its lanes and stages, and writes nothing"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00'
policy 100 'reset = "default";'
hostpci_exits 0 plan 100
says '^    2 lanes go side by side'
says '^    drivers$'
says '^    resets$'
says '^      lane of IOMMU group 12$'
says '^        1\. hostpci0 0000:02:00.0: unbind from igb$'
says '^            echo 0000:02:00.0 > /sys/bus/pci/drivers/igb/unbind$'
writes_are 0
hostpci_exits 0 plan 100 --output-format json
jq -e '[.steps[] | {lane, stage_name}] | unique == [
	{"lane": 12, "stage_name": "drivers"}, {"lane": 12, "stage_name": "resets"},
	{"lane": 14, "stage_name": "drivers"}, {"lane": 14, "stage_name": "resets"}]' \
	"$DIR/$cases/out" >/dev/null || fail "lanes in JSON"

it "a single lane is not worth a word"
config 100 'hostpci0: 02:00.0'
hostpci_exits 0 plan 100
says_not 'lane'
says '^    1\. hostpci0 0000:02:00.0: unbind from igb$'

it "what side by side has printed is in the order of the plan, whole lines"
config 100 'hostpci0: 02:00.0' 'hostpci1: 04:00.0;05:00.0' 'hostpci2: 03:00'
rule 'drivers/igb/unbind * * delay 300'
hook_exits 0 100 pre-start
[[ $(grep -oE 'hostpci[0-9]+ 0000:[^:]*:..\..' "$DIR/$cases/out" | uniq | tr '\n' ' ') == \
	'hostpci0 0000:02:00.0 hostpci2 0000:03:00.0 hostpci2 0000:03:00.1 hostpci1 0000:04:00.0 hostpci1 0000:05:00.0 ' ]] ||
	fail "order"
no_rules
hook_exits 0 100 post-stop
as_before

for signal in TERM INT; do
	it "SIG$signal while a device is waited for ends the start"
	config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00'
	policy 100 'reset = "default";'
	busy /dev/vfio/12
	# A shell has what it starts in the background ignore SIGINT.
	env --default-signal SIMKERNEL="$SIM" LD_PRELOAD="$SHIM" HOSTPCI_ROOT="$ROOT" \
		"$HOOK" 100 pre-start >"$DIR/$cases/out" 2>&1 </dev/null &
	pid=$!
	until grep -q 'vfio-pci/bind.*ok' "$SIM/log"; do sleep 0.02; done
	sleep 0.5
	begin=$SECONDS rc=0
	kill -"$signal" "$pid"
	sleep 0.3 # what takes back waits for the device as well
	free
	wait "$pid" || rc=$?
	[[ $rc -eq 1 ]] || fail "exits $rc"
	[[ $((SECONDS - begin)) -lt 4 ]] || fail "took $((SECONDS - begin)) s"
	says 'interrupted'
	has_no_journal 100
	as_before
done

finish
