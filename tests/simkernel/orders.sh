#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every order in which the real qm called a hookscript (recorded in the oracle's qmcli.jsonl):
# no call fails, and a stop that qm makes leaves the host as it was.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

DATA=$HERE/../oracle/data/qmcli.jsonl
# The fifth word of "HOOK hook.sh argc=2 argv=[100 pre-start] ..."; each order once.
mapfile -t orders < <(jq -r '
	[.steps[].trace // [] | .[] | strings | select(startswith("HOOK"))
	 | capture("argv=\\[100 (?<phase>[a-z-]+)\\]").phase] | select(length > 0) | join(" ")' \
	"$DATA" | sort -u)
[[ ${#orders[@]} -ge 5 ]] || { echo "only ${#orders[@]} orders found in $DATA"; exit 1; }

for order in "${orders[@]}"; do
	it "$order"
	config 100 'hostpci0: 01:00.0' 'hostpci1: 02:00.0'
	policy 100 'return = "host";'
	for phase in $order; do
		hook_exits 0 100 "$phase"
		case $phase in
		pre-start | post-start | pre-stop) driver_is 02:00.0 vfio-pci ;;
		post-stop) driver_is 02:00.0 igb ;;
		esac
	done
	# A start that failed after pre-start, as qm has it, is followed by no call at all.
	[[ $order == *post-stop ]] || hostpci_exits 0 release 100
	has_no_journal 100
	as_before
done
finish
