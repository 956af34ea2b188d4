#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL at every write of a round that resets, resizes, removes and finds again: the next
# start and stop, or a release, bring back the host as it was.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/simkernel/lib-killed.sh
. "$(dirname "$0")/lib-killed.sh"
HOST=card

prepare() {
	config 100 'hostpci0: 03:00.0'
	policy 100 'power = "on"; d3cold = false;' \
		'hostpci0 = { reset = "bus"; bar-sizes = "1:1G"; rescan = true; };'
	echo auto >"$ROOT/sys/bus/pci/devices/0000:03:00.0/power/control"
	echo nouveau >"$ROOT/sys/bus/pci/devices/0000:03:00.0/driver_override"
	now_is_before
}

sweep_over pre-start parent before 40
sweep_over pre-start both before 40
sweep_over pre-start both after 40
sweep_over post-stop both after 30

# A release that finds it again, and is killed itself.
n=0
while :; do
	n=$((n + 1))
	it "killed behind the removal, then a release, both killed before write $n"
	prepare
	rule '/remove * 1 kill both after'
	hook 100 pre-start
	[[ $rc -eq 137 && ! -e $ROOT/sys/bus/pci/devices/0000:03:00.0 ]] || fail "exits $rc"
	settle
	no_rules
	killed both before $n release || break
	heal 2 release
	[[ $n -lt 50 ]] || { fail "no end"; break; }
done
[[ $n -gt 5 ]] || fail "only $n writes were reached"

finish
