#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A write that blocks in the kernel: the hook returns all the same and says where it is.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# stuck PATTERN: the hook came back in time, with names.
stuck() {
	[[ $took -lt $1 ]] || fail "took $took ms"
	says '\[stuck\] hostpci0 0000:0'
	says "$2: stuck in the kernel for 1 s \\(process [0-9]+"
	pid=$(sed -n 's/.*(process \([0-9]*\).*/\1/p' "$DIR/$cases/out" | head -1)
	[[ -d /proc/$pid ]] || fail "its child $pid is gone"
	[[ $(<"/proc/$pid/comm") == hostpci-child ]] || fail "$pid is $(<"/proc/$pid/comm")"
}

gone() {
	: >"$SIM/go"
	while [[ -d /proc/$pid ]]; do sleep 0.02; done
	rm "$SIM/go"
	no_rules
}

it "pre-start: unbinding blocks, and the other device is taken back"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
policy 100 'deadline = 1;'
rule 'drivers/igb/unbind * * block go'
hook_exits 2 100 pre-start
stuck 3000 'unbind from igb'
driver_is 03:00.0 nouveau
driver_is 03:00.1 snd_hda_intel
# Its socket, the root, /sys, and the attribute that it writes to.
[[ $(find "/proc/$pid/fd" -type l ! -lname "$SIM/*" | wc -l) -eq 7 ]] || fail "holds $(ls -l "/proc/$pid/fd")"
# While it lives, nothing else is tried on this machine, and status says so.
hostpci_exits 0 status
says '100 +working'
hostpci_exits 75 plan 100
says "process $pid of an earlier run is still in the kernel"
hook_exits 75 100 pre-start
says "process $pid of an earlier run is still in the kernel \\(hostpci[0-9] 0000:.*: unbind from igb\\).*look at dmesg"
[[ $took -lt 25000 ]] || fail "busy took $took ms"
gone
driver_is 02:00.0 ''
hostpci_exits 0 release 100
has_no_journal 100
as_before

it "post-stop: giving back blocks, the next one heals it"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
policy 100 'deadline = 1;'
hook_exits 0 100 pre-start
rule 'drivers/igb/bind * * block go'
hook_exits 2 100 post-stop
stuck 3000 'bind back to igb'
driver_is 03:00.0 nouveau
hostpci_exits 75 plan 100
says "process $pid of an earlier run is still in the kernel \\(hostpci0 0000:02:00.0: bind back to igb\\)"
gone
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "pre-start: the link is gone at once, but the kernel still waits"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
policy 100 'deadline = 1;'
rule 'drivers/igb/unbind * * hang go'
hook_exits 2 100 pre-start
stuck 4500 'unbind from igb'
driver_is 03:00.0 nouveau
has_journal 100
# Nobody else waits for it, and it is not given to another machine.
config 101 'hostpci0: 02:00.0'
: >"$SIM/log"
hook_exits 1 101 pre-start
says '0000:02:00.0 is locked in the kernel'
[[ $took -lt 6000 ]] || fail "the other start took $took ms"
hostpci_exits 0 status
writes_are 0
gone
hostpci_exits 0 release 100
has_no_journal 100
as_before

it "a program that reads the output until its end is not held by a stuck child"
config 100 'hostpci0: 02:00.0'
policy 100 'deadline = 1;'
rule 'drivers/igb/unbind * * block go'
begin=$SECONDS
out=$(SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT timeout 8 "$HOOK" 100 pre-start 2>&1)
[[ $((SECONDS - begin)) -lt 5 ]] || fail "the output was open for $((SECONDS - begin)) s"
pid=$(sed -n 's/.*(process \([0-9]*\).*/\1/p' <<<"$out" | head -1)
[[ -n $pid && -d /proc/$pid ]] || fail "no child is stuck: $out"
gone
hostpci_exits 0 release 100
as_before

# told PATTERN: the start in the background has said so, and still goes on.
told() {
	local i
	for ((i = 0; i < 400; i++)); do
		grep -qE "$1" "$DIR/$cases/out" && break
		sleep 0.02
	done
	grep -qE "$1" "$DIR/$cases/out" || fail "does not say '$1': $(<"$DIR/$cases/out")"
	kill -0 $pid || fail "it has ended"
}

it "what takes long is told meanwhile, and so is that a signal came"
config 100 'hostpci0: 02:00.0'
rule 'drivers/igb/unbind * * delay 7000'
SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 pre-start >"$DIR/$cases/out" 2>&1 &
pid=$!
told '^hostpci: hostpci0 0000:02:00.0: unbind from igb: waiting for the kernel, at most [0-9]+ s$'
kill -TERM $pid
told '^hostpci: interrupted: what is under way comes to its end first$'
rc=0
wait $pid || rc=$?
[[ $rc -eq 1 ]] || fail "exits $rc"
says 'interrupted'
no_rules
has_no_journal 100
as_before

finish
