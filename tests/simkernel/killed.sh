#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL before and after every write of a round, to the kernel and to the journal: the
# next start and stop, or a release, bring back the host as it was.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/simkernel/lib-killed.sh
. "$(dirname "$0")/lib-killed.sh"
# Many cases: a small host.
HOST=card

# shellcheck disable=SC2317 # called by sweep_over
prepare() { config 100 'hostpci0: 03:00.0'; }

for phase in pre-start post-stop release; do
	sweep_over "$phase" parent before 15
	sweep_over "$phase" parent after 15
	sweep_over "$phase" both after 15
done

# The journal's writes are the parent's: its child is killed at its own only.
for when in before after; do
	for n in 1 2 3 4 5 6; do
		it "pre-start, child killed $when its write $n"
		config 100 'hostpci0: 03:00.0'
		rule "sys/* * $n kill child $when"
		hook_exits 1 100 pre-start
		says 'the child that does the work died'
		no_rules
		settle
		has_no_journal 100
		as_before

		it "post-stop, child killed $when its write $n"
		config 100 'hostpci0: 03:00.0'
		hook_exits 0 100 pre-start
		rule "sys/* * $n kill child $when"
		hook_exits 2 100 post-stop
		no_rules
		settle
		heal $n post-stop
	done
done

n=0
while :; do
	n=$((n + 1))
	it "half of record $n reaches the journal"
	config 100 'hostpci0: 03:00.0'
	rule "vm/100.journal * $n tear"
	hook 100 pre-start
	no_rules
	settle
	[[ $rc -eq 137 ]] || break
	heal $n pre-start
done
[[ $n -gt 12 ]] || fail "only $n records"

finish
