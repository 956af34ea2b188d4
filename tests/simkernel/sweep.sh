#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hostpci sweep: what a machine that no longer runs has left over goes back; whatever runs,
# starts, or cannot be told is left alone.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# A card and a disk in a machine that ran and is no more; nobody called post-stop.
crashed() {
	config 100 'hostpci0: 02:00.0' 'hostpci1: 01:00.0'
	hook_exits 0 100 pre-start
	qemu 100
	hook_exits 0 100 post-start
	qemu_ends
	: >"$SIM/log"
}

# The sweep leaves VM 100 alone, says why, and writes nothing.
leaves() { # REGEX
	hostpci_exits 0 sweep
	says "VM 100 .*$1.*: left alone"
	writes_are 0
	driver_is 02:00.0 vfio-pci
}

it "nothing is left over"
hostpci_exits 0 sweep
says '^hostpci: nothing is left over$'
hostpci_exits 0 sweep --quiet
silent
hostpci_exits 0 sweep --output-format json
jq -e '.ok and .exit == 0 and (.machines | length) == 0' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 64 sweep 100
as_before

it "a crash: the card goes back, the disk is kept, as after a stop"
crashed
hostpci_exits 0 sweep
says 'VM 100 no longer runs'
says 'hostpci1 0000:01:00.0 stays on vfio-pci \(storage'
says '^hostpci: machines: 1 taken back but for kept devices$'
driver_is 02:00.0 igb
driver_is 01:00.0 vfio-pci
: >"$SIM/log"
hostpci_exits 0 sweep
says 'has stopped and keeps its devices'
says '^hostpci: machines: 1 keeping devices$'
writes_are 0
hostpci_exits 0 release 100
as_before

it "a crash of one that had but a disk: nothing is taken back, and none is said to be"
config 100 'hostpci0: 01:00.0'
hook_exits 0 100 pre-start
qemu 100
hook_exits 0 100 post-start
qemu_ends
hostpci_exits 0 sweep --dry-run
says '^hostpci: machines: 1 keeping devices$'
hostpci_exits 0 sweep --output-format json
jq -e '.machines[0] | .state == "over" and .kept == 1 and .steps == []' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 0 sweep
says '^hostpci: machines: 1 keeping devices$'
driver_is 01:00.0 vfio-pci
hostpci_exits 0 release 100

it "with --quiet the log has what was taken back, and nothing of what is as it should be"
crashed
hostpci_exits 0 sweep --quiet
says 'VM 100 no longer runs'
says_not 'machines:'
hostpci_exits 0 sweep --quiet
silent
hostpci_exits 0 release 100
as_before

it "a start by Proxmox, which failed behind the hook, is over when its lock is free"
config 100 'hostpci0: 02:00.0'
mkdir -p "$ROOT/var/lock/qemu-server"
exec 9>"$ROOT/var/lock/qemu-server/lock-100.conf"
flock 9
hook_exits 0 100 pre-start
: >"$SIM/log"
leaves 'is being started or stopped by Proxmox'
exec 9>&-
hostpci_exits 0 sweep
driver_is 02:00.0 igb
! grep -s ' 100 ' "$ROOT/run/qemu-server/pci-id-reservations" || fail "it has reserved still"
as_before
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
: >"$SIM/log"
leaves 'was prepared for its start|has devices reserved'
hostpci_exits 0 release 100

it "a dry run shows each write, and makes none"
crashed
hostpci_exits 0 sweep --dry-run
says 'echo 0000:02:00.0 > /sys/bus/pci/drivers/igb/bind'
says '^hostpci: machines: 1 to be taken back but for kept devices$'
writes_are 0
hostpci_exits 0 sweep --dry-run --output-format json
jq -e '.dry and .machines[0].state == "over" and .machines[0].kept == 1 and .machines[0].vmid == 100' "$DIR/$cases/out" >/dev/null ||
	fail "odd JSON"
writes_are 0

it "a machine that runs: by what post-start has recorded, by Proxmox's pid file"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
qemu 100
hook_exits 0 100 post-start
: >"$SIM/log"
long_ago
leaves "runs \(pid $QEMU\)"
mv "$ROOT/run/qemu-server/100.pid" "$ROOT/kept.pid"
leaves "runs \(pid $QEMU\)"
mv "$ROOT/kept.pid" "$ROOT/run/qemu-server/100.pid"
sed -i '/"qemu"/d' "$(journal 100)"
leaves "runs \(pid $QEMU\)"
# Its number now belongs to another machine.
rm "$ROOT/run/qemu-server/100.pid"
echo "$QEMU" >"$ROOT/run/qemu-server/101.pid"
hostpci_exits 0 sweep
says 'VM 100 no longer runs'
has_no_journal 100
qemu_ends
as_before

it "a pid that means another process by now means nothing"
crashed
sleep 60 &
other=$!
echo $other >"$ROOT/run/qemu-server/100.pid"
sed -i -E "s/\"qemu\":[0-9]+/\"qemu\":$other/" "$(journal 100)"
hostpci_exits 0 sweep
says 'VM 100 no longer runs'
kill $other
wait $other 2>/dev/null
rm "$ROOT/run/qemu-server/100.pid"
hostpci_exits 0 release 100
as_before

it "one that starts: Proxmox's lock, a reboot, a reservation, a pre-start just now"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
rm -f "$ROOT/run/qemu-server/pci-id-reservations"
: >"$SIM/log"
leaves 'was prepared for its start [0-9]+ s ago'
long_ago
: >"$ROOT/var/lock/qemu-server/lock-100.conf"
exec 8<"$ROOT/var/lock/qemu-server/lock-100.conf"
flock 8
leaves 'is being started or stopped by Proxmox'
exec 8<&-
: >"$ROOT/run/qemu-server/100.reboot"
leaves 'is being rebooted by Proxmox'
rm "$ROOT/run/qemu-server/100.reboot"
echo "0000:02:00.0 100 time:$(($(date +%s) + 60))" >"$ROOT/run/qemu-server/pci-id-reservations"
leaves 'has devices reserved for a start, for another [0-9]+ s'
# The start failed behind the hook; Proxmox calls no post-stop.
echo "0000:02:00.0 100 time:$(($(date +%s) - 1))" >"$ROOT/run/qemu-server/pci-id-reservations"
rm "$ROOT/var/lock/qemu-server/lock-100.conf"
hostpci_exits 0 sweep
has_no_journal 100
! grep -q ' 100 ' "$ROOT/run/qemu-server/pci-id-reservations" || fail "its reservation is left"
as_before

it "a reboot that was asked for long ago and never came"
crashed
: >"$ROOT/run/qemu-server/100.reboot"
touch -d '1 hour ago' "$ROOT/run/qemu-server/100.reboot"
hostpci_exits 0 sweep
driver_is 02:00.0 igb
rm "$ROOT/run/qemu-server/100.reboot"
hostpci_exits 0 release 100
as_before

it "libvirt's machine has the device on its command line"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
long_ago
rm -f "$ROOT/run/qemu-server/pci-id-reservations"
mkdir -p "$ROOT/run/libvirt/qemu"
now_is_before
mkfifo "$SIM/pipe"
sh -c 'read -r line' qemu -device '{"driver":"vfio-pci","host":"0000:02:00.0"}' <>"$SIM/pipe" &
QEMU=$!
echo $QEMU >"$ROOT/run/libvirt/qemu/guest.pid"
: >"$SIM/log"
leaves "libvirt's guest \(pid $QEMU\) has 0000:02:00.0"
kill $QEMU
wait $QEMU 2>/dev/null
hostpci_exits 0 sweep
has_no_journal 100
driver_is 02:00.0 igb

it "an open descriptor has the last word"
crashed
busy /dev/vfio/12
sleep 60 3<"$ROOT/dev/vfio/12" &
holder=$!
leaves 'uses its devices: .* has /dev/vfio/12 open'
kill $holder
wait $holder 2>/dev/null
free
hostpci_exits 0 sweep
hostpci_exits 0 release 100
as_before

it "what a reboot kept goes back when no start has come"
config 100 'hostpci0: 02:00.0' 'hostpci1: 01:00.0'
hook_exits 0 100 pre-start
hook_exits 0 100 post-start
: >"$ROOT/run/qemu-server/100.reboot"
hook_exits 0 100 post-stop
rm "$ROOT/run/qemu-server/100.reboot"
hostpci_exits 0 sweep
says 'keeps its devices'
driver_is 02:00.0 vfio-pci
long_ago
hostpci_exits 0 sweep
driver_is 02:00.0 igb
driver_is 01:00.0 vfio-pci
hostpci_exits 0 release 100
as_before

it "return-after: a disk goes back when its time is up, not before"
config 100 'hostpci0: 01:00.0'
policy 100 'return-after = 30;'
hook_exits 0 100 pre-start
hook_exits 0 100 post-start
hook_exits 0 100 post-stop
hostpci_exits 0 sweep
driver_is 01:00.0 vfio-pci
long_ago
hostpci_exits 0 sweep
has_no_journal 100
as_before

it "a journal of another boot is removed with a word"
crashed
sed -i 's/"boot":"5a2e/"boot":"ffff/' "$(journal 100)"
echo junk >>"$(journal 100)"
hostpci_exits 0 sweep
says 'VM 100 has a journal of another boot: it is removed'
has_no_journal 100
writes_are 0

it "an empty journal, and half of its first record"
mkdir -p "$ROOT/run/hostpci/vm"
: >"$(journal 100)"
hostpci_exits 0 sweep
has_no_journal 100
printf '{"jour' >"$(journal 100)"
hostpci_exits 0 sweep
has_no_journal 100
as_before

it "a damaged journal, and one of a newer version: told, and nothing is touched"
crashed
cp "$(journal 100)" "$DIR/$cases/good"
sed -i '4s/.*/{"hold":17}/' "$(journal 100)"
hostpci_exits 2 sweep
says 'VM 100 sweep: /run/hostpci/vm/100.journal:4: is no record of a journal'
says_not 'host is not as it was'
writes_are 0
sed 's/"journal":1/"journal":2/' "$DIR/$cases/good" >"$(journal 100)"
hostpci_exits 2 sweep
says 'newer hostpci'
writes_are 0
cp "$DIR/$cases/good" "$(journal 100)"
hostpci_exits 0 sweep
hostpci_exits 0 release 100
as_before

it "the damaged journal of one does not stop the others, but what may be its own is held"
config 100 'hostpci0: 02:00.0'
config 101 'hostpci0: 03:00.0'
config 102 'hostpci0: 02:00.0'
config 103 'hostpci0: 08:00.0'
hook_exits 0 100 pre-start
# Nobody's, as far as one can see.
hook_exits 0 103 pre-start
rm "$(journal 103)"
sed -i '2s/.*/junk/' "$(journal 100)"
hook_exits 0 101 pre-start
says 'the journal of VM 100 cannot be read: /run/hostpci/vm/100.journal:2: '
hook_exits 0 101 post-stop
driver_is 03:00.0 nouveau
hook_exits 1 102 pre-start
says '02:00.0 may be held by VM 100, whose journal cannot be read'
says 'hostpci-journal\(5\)'
hook_exits 1 103 pre-start
says '08:00.0 may be held by VM 100'
hook_exits 1 100 pre-start
says '100.journal:2: is no record'
hook_exits 2 100 post-stop
hostpci_exits 2 release 100

it "the config is gone, the hostpci line is gone: the journal knows"
crashed
rm "$ROOT/etc/pve/qemu-server/100.conf"
hostpci_exits 0 sweep
driver_is 02:00.0 igb
hostpci_exits 0 release 100
as_before
hostpci_exits 78 release 100
says 'there is no VM 100'
hostpci_exits 78 release 999

it "a full /run keeps nothing from going back"
crashed
rule 'vm/100.journal * * errno ENOSPC'
hostpci sweep
driver_is 02:00.0 igb
driver_is 01:00.0 vfio-pci
no_rules
hostpci_exits 0 sweep
hostpci_exits 0 release 100
as_before

it "a card alone on a full /run"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
long_ago
rule 'vm/100.journal * * errno ENOSPC'
hook_exits 0 100 post-stop
has_no_journal 100
no_rules
as_before

it "another run works on it: busy, and no harm"
crashed
rule 'drivers/vfio-pci/unbind * * delay 4000'
SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 post-stop >"$DIR/$cases/a" 2>&1 &
first=$!
sleep 0.3
hostpci_exits 75 sweep
says 'another hostpci run works on VM 100'
wait $first || fail "the stop failed: $(<"$DIR/$cases/a")"
no_rules
hostpci_exits 0 release 100
as_before

it "two sweeps at once"
crashed
rule 'drivers/vfio-pci/unbind * * delay 200'
SIMKERNEL=$SIM LD_PRELOAD=$SHIM "$CLI" --root "$ROOT" sweep >"$DIR/$cases/a" 2>&1 &
first=$!
hostpci_exits 0 sweep
wait $first || fail "the first failed: $(<"$DIR/$cases/a")"
no_rules
hostpci_exits 0 release 100
as_before

for phase in pre-start post-stop; do
	it "a $phase comes while a sweep is at work, and waits for it"
	crashed
	rule 'drivers/vfio-pci/unbind * 1 delay 600'
	SIMKERNEL=$SIM LD_PRELOAD=$SHIM "$CLI" --root "$ROOT" sweep >"$DIR/$cases/a" 2>&1 &
	first=$!
	sleep 0.2
	hook_exits 0 100 $phase
	wait $first || fail "the sweep failed: $(<"$DIR/$cases/a")"
	no_rules
	[[ $phase == post-stop ]] || driver_is 02:00.0 vfio-pci
	hook_exits 0 100 post-stop
	driver_is 02:00.0 igb
	hostpci_exits 0 release 100
	as_before
done

it "a child that is stuck since an earlier run is found, waited for and reported"
config 100 'hostpci0: 02:00.0'
policy 100 'deadline = 1;'
hook_exits 0 100 pre-start
rule 'drivers/vfio-pci/unbind * * hang go'
hook_exits 2 100 post-stop
no_rules
hostpci_exits 75 sweep
says 'process [0-9]+ of an earlier run is still in the kernel'
[[ $took -ge 2500 && $took -lt 6000 ]] || fail "took $took ms"
: >"$SIM/go"
sleep 0.2
hostpci_exits 0 sweep
has_no_journal 100
as_before

# Writes VALUE to a file of the simulated /sys.
store() { run sh -c "echo '$2' >'$ROOT/sys/$1'"; }

# Proxmox's id for the virtual function 06:10.0, which has no driver just then.
grabbed() {
	store bus/pci/drivers/igbvf/unbind 0000:06:10.0
	store bus/pci/drivers/vfio-pci/new_id '8086 10ca'
	driver_is 06:10.0 vfio-pci
	: >"$SIM/log"
}

it "an id that grabs virtual functions is told, and its cure"
grabbed
hostpci_exits 0 sweep
says '0000:06:10.0 \[8086:10ca\] is on vfio-pci though nobody has it'
says 'echo 8086 10ca > /sys/bus/pci/drivers/vfio-pci/remove_id'
writes_are 0
hostpci_exits 0 sweep --output-format json
jq -e '.new_ids == [{"device": "0000:06:10.0", "id": "8086:10ca", "removed": false}]' "$DIR/$cases/out" \
	>/dev/null || fail "odd JSON"
# Not what somebody has, what is asked for at boot, or what an override has brought.
mkdir -p "$ROOT/etc/modprobe.d"
echo 'options vfio-pci ids=10de:1b80,8086:10CA' >"$ROOT/etc/modprobe.d/vfio.conf"
hostpci_exits 0 sweep
says_not '06:10.0'
rm "$ROOT/etc/modprobe.d/vfio.conf"
echo "0000:06:10.0 105 time:99999999999" >"$ROOT/run/qemu-server/pci-id-reservations"
hostpci_exits 0 sweep
says_not '06:10.0'
rm "$ROOT/run/qemu-server/pci-id-reservations"
store devices/pci0000:00/0000:00:1c.3/0000:06:10.0/driver_override vfio-pci
hostpci_exits 0 sweep
says_not '06:10.0'

it "policy has the id removed, but not while Proxmox starts a machine"
grabbed
echo 'new-id = "remove";' >"$ROOT/etc/hostpci/hostpci.conf"
: >"$ROOT/var/lock/qemu-server/lock-105.conf"
exec 8<"$ROOT/var/lock/qemu-server/lock-105.conf"
flock 8
hostpci_exits 0 sweep
says 'warning: Proxmox is starting or stopping a machine'
writes_are 0
exec 8<&-
hostpci_exits 0 sweep --dry-run
writes_are 0
hostpci_exits 0 sweep
says 'the id is removed'
writes_are 1
[[ ! -e $SIM/ids ]] || fail "the id is still there"
driver_is 06:10.0 vfio-pci
# Nothing grabs it again, but it is still there.
hostpci_exits 0 sweep
says '06:10.0 .* does not grab more of them'
store bus/pci/drivers/vfio-pci/unbind 0000:06:10.0
hostpci_exits 0 sweep
says_not '06:10.0'

finish
