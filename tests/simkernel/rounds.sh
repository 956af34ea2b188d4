#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Full rounds: what a machine takes comes back as its policy says.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# start VMID and stop VMID: all the phases of one, each without a complaint.
start() {
	hook_exits 0 "$1" pre-start
	hook_exits 0 "$1" post-start
}
stop() {
	hook_exits 0 "$1" pre-stop
	hook_exits 0 "$1" post-stop
}

it "a disk stays on vfio-pci by default, and release gives it back"
config 100 'machine: q35' 'hostpci0: 01:00.0,pcie=1'
start 100
driver_is 01:00.0 vfio-pci
override_is 01:00.0 vfio-pci
stop 100
says 'stays on vfio-pci \(storage'
driver_is 01:00.0 vfio-pci
hostpci_exits 0 release 100
driver_is 01:00.0 nvme
has_no_journal 100
as_before

it "a kept disk is adopted by the next start without a write"
config 100 'hostpci0: 01:00.0'
start 100
stop 100
: >"$SIM/log"
start 100
writes_are 0
stop 100
hostpci_exits 0 release 100
as_before

it "how long a disk is kept is told"
config 100 'hostpci0: 01:00.0'
policy 100 'return-after = 5;'
start 100
stop 100
says 'stays on vfio-pci for 5 min \(storage; .*\); hostpci release 100 gives it back before that$'
hostpci_exits 0 status
says '^100 kept .* vfio 5 min$'
hostpci_exits 0 status --output-format json
jq -e '.[0].devices[0] | .return_after == 5 and .left > 290 and .left <= 300' "$DIR/$cases/out" >/dev/null ||
	fail "JSON does not tell it"
hostpci_exits 0 release 100
as_before

it "return = host gives a disk back at post-stop"
config 100 'hostpci0: 01:00.0'
policy 100 'return = "host";'
start 100
stop 100
has_no_journal 100
as_before

it "return = vfio keeps a network card"
config 100 'hostpci0: 02:00.0'
policy 100 'hostpci0 = { return = "vfio"; };'
start 100
hostpci_exits 0 status --output-format json
jq -e '.[0].devices[0] | has("kept") and .kept == null and .driver_before == "igb"' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
stop 100
driver_is 02:00.0 vfio-pci
hostpci_exits 0 status --output-format json
jq -e '.[0].devices[0].kept == "return"' "$DIR/$cases/out" >/dev/null || fail "not kept"
hostpci_exits 0 release 100
as_before

it "return = none leaves a device alone and forgets it"
config 100 'hostpci0: 02:00.0'
policy 100 'return = "none";'
start 100
stop 100
driver_is 02:00.0 vfio-pci
has_no_journal 100
hostpci_exits 0 release 100
says 'keeps no device'
driver_is 02:00.0 vfio-pci

it "what was on vfio-pci before is told so, and not kept"
config 100 'hostpci0: 01:00.0' 'hostpci1: 02:00.0'
policy 100 'return = "none";'
start 100
stop 100
now_is_before
for return in vfio host; do
	policy 100 "return = \"$return\";" 'hostpci0 = { power = "on"; };'
	start 100
	hostpci_exits 0 status 100
	says '^100 running hostpci0 0000:01:00.0 vfio-pci vfio-pci '
	stop 100
	says 'hostpci0 0000:01:00.0 was on vfio-pci before and stays there'
	says_not 'release|stays on vfio-pci \('
	has_no_journal 100
	as_before
done
start 100
hostpci_exits 0 release 100
says 'hostpci1 0000:02:00.0 was on vfio-pci before and stays there'
as_before
touch "$ROOT/run/qemu-server/100.reboot"
start 100
hook_exits 0 100 post-stop
says 'is kept for the start that follows'
rm "$ROOT/run/qemu-server/100.reboot"
hostpci_exits 0 release 100
as_before

it "a network card goes back to its driver at post-stop"
config 100 'hostpci0: 02:00.0'
start 100
driver_is 02:00.0 vfio-pci
driver_is 02:00.1 igb
stop 100
has_no_journal 100
as_before

it "a graphics card brings its audio function along and both go back"
config 100 'hostpci0: 03:00.0,x-vga=1'
start 100
driver_is 03:00.0 vfio-pci
driver_is 03:00.1 vfio-pci
driver_is 00:1c.2 pcieport
stop 100
as_before

it "a whole slot is named without function"
config 100 'hostpci0: 03:00'
start 100
driver_is 03:00.0 vfio-pci
driver_is 03:00.1 vfio-pci
stop 100
as_before

it "a device without driver has none again"
config 100 'hostpci0: 08:00.0'
start 100
driver_is 08:00.0 vfio-pci
stop 100
as_before

it "an override that was there is there again"
config 100 'hostpci0: 02:00.0'
echo igb >"$ROOT/sys/bus/pci/devices/0000:02:00.0/driver_override"
now_is_before
start 100
override_is 02:00.0 vfio-pci
stop 100
override_is 02:00.0 igb
as_before

it "a device that is on vfio-pci already is left there without a write"
config 100 'hostpci0: 02:00.0'
config 101 'hostpci0: 02:00.0'
policy 101 'return = "none";'
start 101
stop 101
: >"$SIM/log"
now_is_before
start 100
stop 100
writes_are 0
as_before

it "reset = default resets after binding"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = "default";'
start 100
[[ $(grep '^write' "$SIM/log" | tail -1) == *02:00.0/reset$'\t1' ]] || fail "no reset at the end"
stop 100
as_before

it "two cards are worked on side by side"
config 100 'hostpci0: 02:00.0' 'hostpci1: 04:00.0;05:00.0' 'hostpci2: 03:00'
rule 'unbind * * delay 1000'
hook_exits 0 100 pre-start
# One lane has two unbinds, and one after the other all five would take 5 s.
[[ $took -lt 4500 ]] || fail "took $took ms"
no_rules
stop 100
as_before

it "a machine keeps what it holds while another takes and returns its own"
config 100 'hostpci0: 02:00.0'
config 101 'hostpci0: 02:00.1'
start 100
start 101
stop 100
driver_is 02:00.0 igb
driver_is 02:00.1 vfio-pci
stop 101
as_before

it "post-start records QEMU, and release refuses while it runs"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
qemu 100
hook_exits 0 100 post-start
hostpci_exits 75 release 100
says "VM 100 runs \(pid $QEMU\)"
driver_is 02:00.0 vfio-pci
hook_exits 75 100 pre-start
qemu_ends
stop 100
as_before

it "release refuses while Proxmox holds the machine's lock"
config 100 'hostpci0: 01:00.0'
start 100
stop 100
: >"$ROOT/var/lock/qemu-server/lock-100.conf"
exec 8<"$ROOT/var/lock/qemu-server/lock-100.conf"
flock 8
hostpci_exits 75 release 100
says 'Proxmox is starting or stopping'
exec 8<&-
hostpci_exits 0 release 100
rm "$ROOT/var/lock/qemu-server/lock-100.conf"
as_before

it "what a reboot of the guest needs is kept, and adopted with its originals"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
start 100
: >"$ROOT/run/qemu-server/100.reboot"
stop 100
says 'is kept for the start that follows'
driver_is 02:00.0 vfio-pci
driver_is 03:00.1 vfio-pci
rm "$ROOT/run/qemu-server/100.reboot"
: >"$SIM/log"
start 100
writes_are 0
stop 100
driver_is 02:00.0 igb
driver_is 03:00.0 nouveau
as_before

it "after another boot nothing of an old journal is believed"
config 100 'hostpci0: 02:00.0'
start 100
sed -i 's/"boot":"5a2e/"boot":"ffff/' "$(journal 100)"
: >"$SIM/log"
hook_exits 0 100 post-stop
writes_are 0

finish
