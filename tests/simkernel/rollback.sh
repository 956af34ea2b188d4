#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One device refuses: what was done for the others is taken back, and the words say why.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

two_cards() {
	config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
}

# refused REGEX: pre-start fails, names the second device, and leaves the host as it was.
refused() {
	hook_exits 1 100 pre-start
	says "hostpci1 0000:03:00\\.[01]: .*$1"
	says 'the host is as before'
	has_no_journal 100
	no_rules
	as_before
	hostpci_exits 0 status 100
	says 'the last pre-start failed'
}

for step in 'drivers/vfio-pci/bind' 'drivers/nouveau/unbind' '03:00.0/driver_override'; do
	value='0000:03:00.0'
	[[ $step == *override ]] && value='vfio-pci'
	it "an error at $step"
	two_cards
	rule "$step $value * errno EIO"
	refused 'errno 5'

	it "a lie at $step"
	two_cards
	rule "$step $value * lie"
	refused 'the kernel took the write, but without effect'
done

it "an error at the second function of the second card"
two_cards
rule 'drivers/vfio-pci/bind 0000:03:00.1 * errno EBUSY'
refused 'busy.*errno 16'

it "a reset that fails"
two_cards
policy 100 'reset = "default";'
rule '03:00.0/reset * * errno ENOTTY'
refused 'reset: .*errno 25'

it "the driver vfio-pci is not there and cannot be loaded"
two_cards
rm -r "$ROOT/sys/bus/pci/drivers/vfio-pci"
now_is_before
hook_exits 1 100 pre-start
says 'load module vfio-pci'
writes_are 0
has_no_journal 100
as_before

it "somebody else binds the device between the look and the write"
two_cards
rule 'drivers/nouveau/unbind 0000:03:00.0 * then sys/devices/pci0000:00/0000:00:1c.2/0000:03:00.0/driver_override other-driver'
# Its own driver is forbidden by the other's override: what is left is not ours to undo.
hook_exits 2 100 pre-start
says "it has changed since the look at the host: 'other-driver'"
driver_is 02:00.0 igb

it "a rollback that fails exits 2, keeps its journal, and release heals it later"
two_cards
rule 'drivers/vfio-pci/bind 0000:03:00.0 * errno EIO'
rule 'drivers/nouveau/bind 0000:03:00.0 * errno EIO'
hook_exits 2 100 pre-start
says 'the host is not as it was'
says 'hostpci release 100'
driver_is 02:00.0 igb
driver_is 03:00.0 ''
has_journal 100
no_rules
hostpci_exits 0 release 100
has_no_journal 100
as_before

it "after a rollback that failed the next start takes the device, with its originals"
two_cards
rule 'drivers/vfio-pci/bind 0000:03:00.0 * errno EIO'
rule 'drivers/nouveau/bind 0000:03:00.0 * errno EIO'
hook_exits 2 100 pre-start
no_rules
hook_exits 0 100 pre-start
driver_is 03:00.0 vfio-pci
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "a post-stop that fails exits 2, goes on with the other device, and the next one heals it"
two_cards
hook_exits 0 100 pre-start
rule 'drivers/igb/bind * * errno EIO'
hook_exits 2 100 post-stop
says 'hostpci0 0000:02:00.0: bind back to igb: .*errno 5'
driver_is 03:00.0 nouveau
driver_is 03:00.1 snd_hda_intel
no_rules
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "a kept disk stays kept when a later start fails"
config 100 'hostpci0: 01:00.0' 'hostpci1: 03:00.0'
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
rule 'drivers/vfio-pci/bind 0000:03:00.0 * errno EIO'
hook_exits 1 100 pre-start
driver_is 01:00.0 vfio-pci
driver_is 03:00.0 nouveau
no_rules
hostpci_exits 0 release 100
as_before

it "no journal can be written: nothing is done"
two_cards
rule 'vm/100.journal *"hold"* * errno ENOSPC'
hook_exits 1 100 pre-start
says 'No space left on device'
writes_are 0
no_rules
as_before

it "the journal is full in the middle: nothing is done without it, the rest is taken back"
two_cards
rule 'vm/100.journal *"intent"* 3 errno ENOSPC'
hook_exits 1 100 pre-start
says 'nothing is done without it'
no_rules
as_before

it "SIGTERM during a slow write takes everything back"
two_cards
rule 'drivers/nouveau/unbind 0000:03:00.0 * delay 300'
rule 'drivers/igb/unbind 0000:02:00.0 * term'
hook_exits 1 100 pre-start
says 'interrupted'
has_no_journal 100
as_before

it "SIGTERM does not cut a post-stop short"
two_cards
hook_exits 0 100 pre-start
rule 'drivers/vfio-pci/unbind * 1 term'
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "a device that somebody rebound meanwhile is left alone at post-stop"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
echo '(null)' >"$ROOT/sys/bus/pci/devices/0000:02:00.0/driver_override"
ln -sfn ../../../../bus/pci/drivers/igb "$ROOT/sys/bus/pci/devices/0000:02:00.0/driver"
: >"$SIM/log"
hook_exits 0 100 post-stop
writes_are 0
driver_is 02:00.0 igb
has_no_journal 100

finish
