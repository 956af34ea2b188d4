#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An unbind that blocks in the kernel because a process has the device open, and cannot be
# killed: the hook returns all the same, says where it is stuck, gives back the other
# device, and whatever ends it leaves a state that heals when the process lets go.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

deadline=2
# The deadline, an undo of a few hundred milliseconds, 2 s, and the pace of emulation.
in_time=$((deadline + 2 + 4))

hold() { # has the device open in a process of its own
	# shellcheck disable=SC2217 # it is open, that is all
	sleep 1000 </dev/lab-hold >/dev/null 2>&1 &
	holder=$!
	wait_for 5 grep -qx sleep "/proc/$holder/comm"
}

let_go() {
	kill "$holder"
	wait "$holder" 2>/dev/null || true
}

# The child that is in the kernel is nobody's by now; it ends when its write does.
await_children() {
	wait_for 10 sh -c '! pgrep -x hostpci-child'
}

# As Proxmox calls it: until every holder has closed both outputs.
hook_until_eof() { # PHASE: output in $LAST_OUT, exit code in $code, seconds in $took
	local begin=$SECONDS
	code=0
	{ hook 150 "$1" 2>&1 || echo "exit $?"; } | cat >"$LAST_OUT"
	took=$((SECONDS - begin))
	code=$(sed -n 's/^exit //p' "$LAST_OUT")
	: >"$LAST_ERR"
}

# A shell has what it starts in the background ignore SIGINT.
start_in_background() { # its pid is in $hook
	(cd / && exec env -i --default-signal "$HOSTPCI_BUILD/hooks/hostpci-hook" 150 pre-start </dev/null) >"$LAST_OUT" 2>&1 &
	hook=$!
}

on_vfio() { [ "$(driver_of "$1")" = vfio-pci ]; }

heal_and_compare() { # COMMAND...
	await_children
	expect_exit 0 "$@"
	expect_no_journal 150
	expect_eq lab-hold "$(driver_of "$LAB_EDU")"
	expect_eq igb "$(driver_of "$LAB_IGB0")"
	wait_for 20 netdev_of "$LAB_IGB0"
	host_snapshot "$LAB_TMP/after"
	expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
}

insmod "$LAB_BUILD_DIR/modules/lab-hold.ko"
wait_for 5 test -c /dev/lab-hold
modprobe vfio-pci
wait_for 20 netdev_of "$LAB_IGB0"
udevadm settle
vm_config 150 "hostpci0: $LAB_EDU" "hostpci1: $LAB_IGB0"
vm_policy 150 "deadline = $deadline;"
host_snapshot "$LAB_TMP/before"

say "the hook returns, and says what is stuck where"
hold
hook_until_eof pre-start
sed 's/^/  /' "$LAST_OUT"
expect_eq 2 "$code" "exit code"
[ "$took" -le "$in_time" ] || fail "it took $took s"
expect_match "\\[stuck\\] hostpci0 $LAB_EDU: unbind from lab-hold"
expect_match "stuck in the kernel for $deadline s \\(process [0-9]+, in hold_remove "
expect_match "taken back: hostpci1 $LAB_IGB0: .*bind back to igb"
expect_match 'hostpci release 150'
expect_eq igb "$(driver_of "$LAB_IGB0")"
pid=$(sed -n 's/.*(process \([0-9]*\),.*/\1/p' "$LAST_OUT" | head -n 1)
expect_eq D "$(sed 's/.*) \(.\).*/\1/' "/proc/$pid/stat")" "state of process $pid"

say "who asks meanwhile is answered"
begin=$SECONDS
expect_exit 0 timeout 10 "$HOSTPCI_BUILD/cli/hostpci" status
expect_match '^ *150 +working'
expect_exit 0 timeout 10 "$HOSTPCI_BUILD/cli/hostpci" status 150
vm_config 151 "hostpci0: $LAB_EDU"
code=0
timeout 10 "$HOSTPCI_BUILD/cli/hostpci" plan 151 >"$LAST_OUT" 2>"$LAST_ERR" || code=$?
expect_eq 1 "$code" "plan of another machine"
last_output
expect_match "$LAB_EDU"
code=0
timeout 10 "$HOSTPCI_BUILD/cli/hostpci" plan 150 >"$LAST_OUT" 2>"$LAST_ERR" || code=$?
expect_eq 75 "$code" "plan of the machine itself"
vm_forget 151
[ $((SECONDS - begin)) -le 20 ] || fail "answers took $((SECONDS - begin)) s"

say "another run on the machine waits a while, and then says who is in the way"
expect_exit 75 hostpci release 150
expect_match "process $pid of an earlier run is still in the kernel.*, in hold_remove"
expect_match "process $pid of an earlier run .*: waiting, at most [0-9]+ s"

say "when the process has let go, release gives back what is left"
let_go
heal_and_compare hostpci release 150

say "signals before, while and after it is stuck"
n=0
while read -r signal delay; do
	n=$((n + 1))
	hold
	start_in_background
	sleep "$delay"
	kill -"$signal" "$hook" 2>/dev/null || true
	begin=$SECONDS code=0
	wait "$hook" || code=$?
	say "  SIG$signal after $delay s: exit $code after $((SECONDS - begin)) s more"
	[ $((SECONDS - begin)) -le "$in_time" ] || fail "it went on for $((SECONDS - begin)) s"
	let_go
	await_children
	if [ $((n % 2)) = 0 ]; then
		expect_exit 0 hook 150 pre-start
		expect_eq vfio-pci "$(driver_of "$LAB_EDU")"
		expect_eq vfio-pci "$(driver_of "$LAB_IGB0")"
		heal_and_compare hook 150 post-stop
	else
		heal_and_compare hostpci release 150
	fi
done <<END
KILL 0.2
KILL 1
KILL $((deadline + 1))
TERM 1
INT 1
END

say "signals during a start that goes on: what was done is taken back"
for signal in TERM INT; do
	hold
	start_in_background
	wait_for 5 sh -c "! [ -e '/sys/bus/pci/devices/$LAB_EDU/driver' ]"
	kill -"$signal" "$hook"
	let_go # before its deadline
	code=0
	wait "$hook" || code=$?
	sed 's/^/  /' "$LAST_OUT"
	expect_eq 1 "$code" "exit code"
	expect_match 'VM 150 pre-start: interrupted' "$LAST_OUT"
	expect_match 'the host is as before' "$LAST_OUT"
	heal_and_compare hostpci release 150
done

say "an unbind of somebody else is stuck: the start ends in time, and what they did stays"
hold
(echo "$LAB_EDU" >/sys/bus/pci/drivers/lab-hold/unbind) &
other=$!
wait_for 5 sh -c "! [ -e '/sys/bus/pci/devices/$LAB_EDU/driver' ]"
hook_until_eof pre-start
sed 's/^/  /' "$LAST_OUT"
[ "$took" -le "$in_time" ] || fail "it took $took s"
# Whether the look before it can tell is the kernel's: driver_override under its lock, or not.
case $code in
1) expect_match "$LAB_EDU is locked in the kernel" ;;
2) expect_match "\\[stuck\\] hostpci0 $LAB_EDU: bind to vfio-pci" ;;
*) fail "exit code $code" ;;
esac
expect_eq igb "$(driver_of "$LAB_IGB0")"
let_go
wait "$other"
await_children
expect_exit 0 hostpci sweep
expect_no_journal 150
expect_eq none "$(driver_of "$LAB_EDU")"
echo "$LAB_EDU" >/sys/bus/pci/drivers/lab-hold/bind

vm_forget 150

say "boot: a card that is stuck holds up no other, and what is done a machine has"
hold
host_policy "deadline = 5;" "drivers = ( { device = \"$LAB_EDU\"; driver = \"vfio-pci\"; }, { device = \"$LAB_IGB0\"; driver = \"vfio-pci\"; }, { device = \"$LAB_IGB1\"; driver = \"vfio-pci\"; } );"
(
	wait_for 5 on_vfio "$LAB_IGB0"
	vm_config 151 "hostpci0: $LAB_IGB0"
	hook 151 pre-start
	pgrep -x hostpci >"$LAB_TMP/boot"
	hook 151 post-stop
) >"$LAB_TMP/machine" 2>&1 &
machine=$!
expect_exit 2 hostpci boot
last_output
wait "$machine" || fail "the machine has to wait: $(<"$LAB_TMP/machine")"
[ -s "$LAB_TMP/boot" ] || fail "it had to wait for the end of the boot"
expect_match "\\[stuck\\] $LAB_EDU: unbind from lab-hold"
expect_eq vfio-pci "$(driver_of "$LAB_IGB0")"
expect_eq vfio-pci "$(driver_of "$LAB_IGB1")"
let_go
await_children
expect_exit 0 hostpci sweep
expect_eq lab-hold "$(driver_of "$LAB_EDU")"
host_policy "drivers = ( { device = \"$LAB_IGB0\"; driver = \"igb\"; }, { device = \"$LAB_IGB1\"; driver = \"igb\"; } );"
expect_exit 0 hostpci boot
for device in "$LAB_IGB0" "$LAB_IGB1"; do
	echo >"/sys/bus/pci/devices/$device/driver_override"
	wait_for 20 netdev_of "$device"
done
rm /etc/hostpci/hostpci.conf
vm_forget 151
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
rmmod lab-hold
