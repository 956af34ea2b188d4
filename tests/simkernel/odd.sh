#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Odd circumstances: races, devices that vanish, callers without descriptors.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# background VMID PHASE OUT: a hook beside the others.
background() {
	SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" "$1" "$2" >"$3" 2>&1 &
}

it "a second pre-start without a stop changes nothing and keeps the originals"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
hook_exits 0 100 pre-start
: >"$SIM/log"
hook_exits 0 100 pre-start
writes_are 0
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "what a reboot kept goes back when the next start does not want it"
config 100 'hostpci0: 02:00.0' 'hostpci1: 01:00.0'
hook_exits 0 100 pre-start
: >"$ROOT/run/qemu-server/100.reboot"
hook_exits 0 100 post-stop
rm "$ROOT/run/qemu-server/100.reboot"
config 100 'hostpci0: 02:00.1'
hook_exits 0 100 pre-start
says 'hostpci1 0000:01:00.0 is not wanted any more: it goes back'
driver_is 02:00.0 igb
driver_is 01:00.0 nvme
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "a start after a crash fails: what the crash left is not lost sight of"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
rule 'drivers/vfio-pci/bind 0000:03:00.0 * errno EIO'
hook 100 pre-start
[[ $rc -ne 0 ]] || fail "it exits 0"
driver_is 03:00.0 nouveau
no_rules
# Either it went back, or the journal still says whose it is.
[[ $(driver 02:00.0) == igb || -e $(journal 100) ]] || fail "nobody knows of 02:00.0"
hostpci_exits 0 release 100
has_no_journal 100
as_before

it "two machines want one device at once: one gets it, the other is refused"
config 100 'hostpci0: 02:00.0'
config 101 'hostpci0: 02:00.0'
rule 'drivers/igb/unbind * * delay 200'
background 100 pre-start "$DIR/$cases/a"
first=$!
background 101 pre-start "$DIR/$cases/b"
second=$!
wait $first
one=$?
wait $second
two=$?
[[ $((one + two)) -eq 1 ]] || fail "they exit $one and $two"
grep -qE 'is held by VM 10[01]' "$DIR/$cases/a" "$DIR/$cases/b" || fail "nobody says who holds it"
no_rules
hook_exits 0 $((one ? 101 : 100)) post-stop
as_before

it "two stops of one machine at once"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
hook_exits 0 100 pre-start
rule 'drivers/vfio-pci/unbind * * delay 200'
background 100 post-stop "$DIR/$cases/a"
first=$!
hook_exits 0 100 post-stop
wait $first || fail "the first stop failed: $(<"$DIR/$cases/a")"
has_no_journal 100
as_before

it "a stop comes while the start is under way"
config 100 'hostpci0: 02:00.0'
rule 'drivers/vfio-pci/bind * * delay 300'
background 100 pre-start "$DIR/$cases/a"
first=$!
sleep 0.1
hook_exits 0 100 post-stop
wait $first
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "a device that has vanished meanwhile does not keep the rest from going back"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
hook_exits 0 100 pre-start
rm -r "$(realpath "$ROOT/sys/bus/pci/devices/0000:02:00.0")"
rm "$ROOT/sys/bus/pci/devices/0000:02:00.0" "$ROOT/sys/bus/pci/drivers/vfio-pci/0000:02:00.0" \
	"$ROOT/sys/kernel/iommu_groups/12/devices/0000:02:00.0"
hook 100 post-stop
driver_is 03:00.0 nouveau
driver_is 03:00.1 snd_hda_intel
# Nothing of it can be given back, and nothing need be: it must not be left over for ever.
hostpci_exits 0 release 100
has_no_journal 100

it "the old driver is gone: the words name it"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
rm -r "$ROOT/sys/bus/pci/drivers/igb"
hook_exits 2 100 post-stop
says 'bind back to igb: '
has_journal 100

it "a caller without descriptors"
config 100 'hostpci0: 02:00.0'
for phase in pre-start post-start post-stop; do
	SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 $phase <&- >&- 2>&-
	rc=$?
	[[ $rc -eq 0 ]] || fail "$phase exits $rc"
	! grep -qs '^hostpci' "$(journal 100)" || fail "the report is in the journal"
done
as_before

it "a caller whose output is full or gone does not harm the run"
config 100 'hostpci0: 02:00.0'
SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 pre-start >/dev/full 2>&1 ||
	fail "a full output makes it exit $?"
driver_is 02:00.0 vfio-pci
SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 post-stop 2>&1 | true
has_no_journal 100
as_before

# to_nobody COMMAND...: nobody reads what it prints any more; its exit code is in rc.
to_nobody() {
	{
		sleep 0.2
		env --default-signal=PIPE SIMKERNEL="$SIM" LD_PRELOAD="$SHIM" HOSTPCI_ROOT="$ROOT" "$@"
		echo $? >"$SIM/rc"
	} 2>&1 | true
	rc=$(<"$SIM/rc")
}

it "a reader that is gone decides over no start, and the report is there"
config 100 'hostpci0: 02:00.0'
rule 'drivers/vfio-pci/bind * * errno EIO'
to_nobody "$HOOK" 100 pre-start
[[ $rc -eq 1 ]] || fail "a start that fails exits $rc"
hostpci_exits 0 status 100
says 'the last pre-start failed'
no_rules
to_nobody "$HOOK" 100 pre-start
[[ $rc -eq 0 ]] || fail "a start exits $rc"
driver_is 02:00.0 vfio-pci
to_nobody "$HOOK" 100 post-stop
[[ $rc -eq 0 ]] || fail "a stop exits $rc"
has_no_journal 100
as_before

it "a release that nobody reads has said why it failed; a look that nobody reads is over"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
rule 'drivers/igb/bind * * errno EIO'
to_nobody env -u HOSTPCI_ROOT "$CLI" --root "$ROOT" release 100
no_rules
hostpci_exits 0 status 100
says 'the last release failed'
to_nobody env -u HOSTPCI_ROOT "$CLI" --root "$ROOT" status
[[ $rc -eq 141 ]] || fail "status exits $rc"
hostpci_exits 0 release 100
as_before

it "a sweep that nobody reads comes to its end"
config 100 'hostpci0: 02:00.0'
config 101 'hostpci0: 03:00'
hook_exits 0 100 pre-start
hook_exits 0 101 pre-start
long_ago
sed -i -E 's/,"at":[0-9]+//' "$(journal 101)"
sed -i '/ 101 /d' "$ROOT/run/qemu-server/pci-id-reservations"
rule 'drivers/igb/bind * * errno EIO'
to_nobody env -u HOSTPCI_ROOT "$CLI" --root "$ROOT" sweep
has_journal 100
has_no_journal 101
no_rules
hostpci_exits 0 release 100
as_before

it "eight cards take hardly longer than one"
config 100 'hostpci0: 01:00.0;01:00.1;02:00.0;02:00.1' 'hostpci1: 03:00' 'hostpci2: 04:00.0;05:00.0' \
	'hostpci3: 06:10.0' 'hostpci4: 08:00.0'
rule 'drivers/vfio-pci/bind * * delay 600'
hook_exits 0 100 pre-start
[[ $took -lt 4000 ]] || fail "took $took ms, one after the other it is 5400"
no_rules
hook_exits 0 100 post-stop
hostpci_exits 0 release 100
as_before

finish
