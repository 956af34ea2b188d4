#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hooks of one kind: the same engine, with a journal of its own that claims, sweep, status
# and release know beside the machine's.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
MDEV=$BUILD/hooks/hostpci-mdev

own_journal() { echo "$ROOT/run/hostpci/vm/$1.mdev.journal"; }

# VM 100 holds the card by a journal of the kind mdev, and the disk by its own. No hook of
# that kind takes a card: it is what a journal of any kind may say.
both() {
	config 100 'hostpci0: 02:00.0'
	hook_exits 0 100 pre-start
	mv "$(journal 100)" "$(own_journal 100)"
	config 100 'hostpci1: 01:00.0'
	hook_exits 0 100 pre-start
	: >"$SIM/log"
}

it "a hook of one kind does nothing else"
config 100 'hostpci0: 02:00.0' 'hostpci1: 01:00.0'
for phase in pre-start post-start pre-stop post-stop; do
	run "$MDEV" 100 $phase
	[[ $rc -eq 0 ]] || fail "$phase exits $rc"
done
writes_are 0
has_no_journal 100
as_before

it "arguments and help are those of hostpci-hook"
run "$MDEV" --help
says '^usage: hostpci-mdev VMID pre-start\|post-start\|pre-stop\|post-stop'
run "$MDEV" --version
says '^hostpci-mdev [0-9]'
run "$MDEV" 100
[[ $rc -eq 64 ]] || fail "exits $rc"
says '^hostpci-mdev: two arguments are needed'

it "what hostpci-hook has prepared is not prepared twice"
config 100 'hostpci1: 01:00.0'
hook_exits 0 100 pre-start
: >"$SIM/log"
run "$BUILD/hooks/hostpci-sriov" 100 pre-start
[[ $rc -eq 0 ]] || fail "exits $rc"
says 'hostpci-hook has prepared VM 100: hostpci-sriov does nothing; one of the two hookscripts is enough'
[[ ! -e $ROOT/run/hostpci/vm/100.sriov.journal ]] || fail "it has a journal"
run "$BUILD/hooks/hostpci-sriov" 100 post-stop
writes_are 0
sed -i 's/"phase":"prepared"/"phase":"pre-start"/' "$(journal 100)"
run "$MDEV" 100 pre-start
[[ $rc -eq 75 ]] || fail "exits $rc"
says 'hostpci-hook is at work on VM 100, or has left something'
echo nonsense >>"$(journal 100)"
run "$MDEV" 100 pre-start
[[ $rc -eq 1 ]] || fail "exits $rc"
says '100.journal:[0-9]+: is no record'
writes_are 0

it "what it has kept is in nobody's way"
config 100 'hostpci1: 01:00.0'
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
has_journal 100
run "$MDEV" 100 pre-start
[[ $rc -eq 0 ]] || fail "exits $rc"
says_not 'does nothing'

it "what it holds is claimed"
both
config 101 'hostpci0: 02:00.0'
hook_exits 1 101 pre-start
says '0000:02:00.0.*VM 100'

it "it is no claim against the same machine"
both
config 100 'hostpci0: 02:00.0' 'hostpci1: 01:00.0'
hook_exits 0 100 pre-start

it "status shows both"
both
hostpci_exits 0 status
says ' RETURN +KIND$'
says '^ *100 .*0000:01:00.0'
says '^ *100 .*0000:02:00.0 .* mdev$'
hostpci_exits 0 status 100 --output-format json
jq -e '[.[].kind] == [null, "mdev"]' "$DIR/$cases/out" >/dev/null || fail "odd JSON"

it "the sweep takes back both"
both
long_ago
sed -i -E 's/,"at":[0-9]+//' "$(own_journal 100)"
hostpci_exits 0 sweep
says 'VM 100 mdev sweep'
driver_is 02:00.0 igb
hostpci_exits 0 release 100
as_before

it "release gives back both"
both
hostpci_exits 0 release 100
driver_is 02:00.0 igb
driver_is 01:00.0 nvme
as_before
both
hostpci_exits 0 release 100 --output-format json
jq -e '.ok and [.reports[].kind] == [null, "mdev"]' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
as_before

it "of two journals one may be all there is"
both
rm "$(journal 100)"
hostpci_exits 0 release 100 --output-format json
jq -e '.ok and .kind == "mdev"' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
driver_is 02:00.0 igb
[[ ! -e $(own_journal 100) ]] || fail "it is left over"

it "a damaged one is in doubt, and its file is named"
both
echo nonsense >>"$(own_journal 100)"
config 101 'hostpci0: 02:00.0'
hook_exits 1 101 pre-start
says '100.mdev.journal:[0-9]+'
hostpci_exits 1 status --output-format json
jq -e '.[1] | .vmid == 100 and .kind == "mdev" and .state == "unreadable" and .devices == [] and (.error | test("100.mdev.journal:"))' \
	"$DIR/$cases/out" >/dev/null || fail "odd JSON"
rm "$(journal 100)"
hostpci_exits 1 status 100
says_not 'holds no device'
finish
