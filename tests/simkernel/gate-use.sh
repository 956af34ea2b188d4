#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the host uses a device for where the lab has no such device; who is just going is
# waited for; commands of the policy that free a device.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# refused WORDS...: by pre-start and by its dry run, without a write.
refused() {
	local words
	now_is_before
	hook_exits 1 100 pre-start
	for words; do says "$words"; done
	says 'refused, nothing was changed'
	hostpci_exits 1 plan 100
	for words; do says "$words"; done
	writes_are 0
	has_no_journal 100
	as_before
}

# The graphics card 03:00.0 has a file that $holder has open.
hold_card() {
	sleep 60 3<"$ROOT/dev/dri/card0" &
	holder=$!
	until [[ -e /proc/$holder/fd/3 ]]; do sleep 0.01; done
}
let_go() {
	kill "$holder" 2>/dev/null
	wait "$holder" 2>/dev/null
}

program() { # NAME LINE...: a program of the fake host
	local file=$ROOT/usr/bin/$1
	shift
	mkdir -p "${file%/*}"
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod +x "$file"
}

it "a graphics card whose file is open"
config 100 'hostpci0: 03:00.0'
hold_card
refused "\\[ask\\] hostpci0 0000:03:00.0: /dev/dri/card0 is held open by pid $holder \\(sleep\\)" \
	'what to do: .*allow = \["0000:03:00.0"\]; in /etc/hostpci/vm/100.conf$'
policy 100 'gate = "warn";'
hostpci_exits 0 plan 100
says "\\[tell\\] .* is held open by pid $holder \\(sleep\\) \\(the policy allows it\\)$"
says_not 'what to do'
policy 100 'allow = [ "0000:03:00.0" ];'
now_is_before
hook_exits 0 100 pre-start
says "\\[tell\\] .* is held open by pid $holder \\(sleep\\) \\(the policy allows it\\)$"
says_not 'bridge'
driver_is 03:00.0 vfio-pci
hook_exits 0 100 post-stop
as_before
let_go

it "NVIDIA's own file"
config 100 'hostpci0: 03:00.0'
mkdir -p "$ROOT/proc/driver/nvidia/gpus/0000:03:00.0"
echo 'Device Minor: 	 0' >"$ROOT/proc/driver/nvidia/gpus/0000:03:00.0/information"
: >"$ROOT/dev/nvidia0"
sleep 60 3<"$ROOT/dev/nvidia0" &
holder=$!
refused "/dev/nvidia0 is held open by pid $holder"
let_go

it "a serial line that carries the console; memory"
config 100 'hostpci0: 02:00.1'
device=$(readlink -f "$ROOT/sys/bus/pci/devices/0000:02:00.1")
mkdir -p "$device/tty/ttyS4" "$ROOT/sys/class/tty/console"
ln -s ../../../../../../../class/tty "$device/tty/ttyS4/subsystem"
echo 'ttyS4 tty0' >"$ROOT/sys/class/tty/console/active"
refused "\\[ask\\] hostpci0 0000:02:00.1: /dev/ttyS4 carries the host's console \\(console=ttyS4\\)" \
	'what to do: .*without console=ttyS4; .*allow = \["0000:02:00.1"\]'
echo tty0 >"$ROOT/sys/class/tty/console/active"
echo 0x050210 >"$device/class"
refused '\[ask\] hostpci0 0000:02:00.1 is CXL memory, on driver igb: ' 'daxctl list'
policy 100 'allow = [ "0000:02:00.1" ];'
now_is_before
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
as_before

it "the console, on firmware's framebuffer"
config 100 'hostpci0: 03:00.0'
printf '%s\n' '  c0000000-cfffffff : 0000:03:00.0' '    c0000000-c02fffff : BOOTFB' >"$ROOT/proc/iomem"
refused '\[ask\] hostpci0 0000:03:00.0: BOOTFB is the host.s console'

it "the firmware's card without a console goes, and that is told"
config 100 'hostpci0: 03:00.0'
echo 1 >"$ROOT/sys/bus/pci/devices/0000:03:00.0/boot_vga"
hostpci_exits 0 plan 100
says '\[tell\] hostpci0 0000:03:00.0 is the graphics card that the firmware uses'
hook_exits 0 100 pre-start

it "a device that firmware wants mapped"
config 100 'hostpci0: 02:00.0'
printf '%s\n' '0x00000000fee00000 0x00000000feefffff msi' \
	'0x000000008d800000 0x000000008dffffff direct-relaxable' >"$ROOT/sys/kernel/iommu_groups/12/reserved_regions"
hostpci_exits 0 plan 100
printf '%s\n' '0x000000008d800000 0x000000008dffffff direct' >>"$ROOT/sys/kernel/iommu_groups/12/reserved_regions"
policy 100 'gate = "warn";' 'allow = [ "0000:02:00.0" ];'
refused '\[never\] hostpci0 0000:02:00.0 is used by the firmware, .*0x000000008d800000 0x000000008dffffff .*RMRR' \
	'RMRDS'

it "the denylist of vfio-pci"
config 100 'hostpci0: 02:00.0'
echo 0x37c8 >"$ROOT/sys/bus/pci/devices/0000:02:00.0/device"
hostpci_exits 0 plan 100
says '\[tell\] hostpci0 0000:02:00.0 is on vfio-pci.s denylist'
mkdir -p "$ROOT/sys/module/vfio_pci/parameters"
echo N >"$ROOT/sys/module/vfio_pci/parameters/disable_denylist"
refused '\[never\] hostpci0 0000:02:00.0 is on vfio-pci.s denylist' 'disable_denylist=1'
echo Y >"$ROOT/sys/module/vfio_pci/parameters/disable_denylist"
hook_exits 0 100 pre-start

it "groups that the command line has split"
config 100 'hostpci0: 02:00.0'
echo 'quiet pcie_acs_override=downstream,multifunction' >"$ROOT/proc/cmdline"
hostpci_exits 0 plan 100
says '\[tell\] IOMMU groups may be split'
hook_exits 0 100 pre-start
says_not 'IOMMU groups may be split'

it "a port of Open vSwitch, the host's way out on an interface of it"
config 100 'hostpci0: 02:00.0' 'hostpci1: 02:00.1'
ovs_port 02:00.0
ovs_port 02:00.1
refused '\[ask\] hostpci0 0000:02:00.0: enp2s0f0 is a port of Open vSwitch ovs-system' \
	'what to do: ovs-vsctl del-port enp2s0f0' \
	'\[ask\] hostpci1 0000:02:00.1: enp2s0f1 is a port of Open vSwitch ovs-system'
says_not 'never'
echo 'default 21 192.0.2.1' >>"$ROOT/run/netlink"
policy 100 'allow = [ "0000:02:00.0", "0000:02:00.1" ];' 'gate = "warn";'
refused "\\[never\\] hostpci0 0000:02:00.0: enp2s0f0 is on the same Open vSwitch as vmbr0, which has the host's default route by 192.0.2.1" \
	'what to do: if that is not by way of enp2s0f0: ovs-vsctl del-port enp2s0f0' \
	"\\[never\\] hostpci1 0000:02:00.1: enp2s0f1 is on the same Open vSwitch as vmbr0"
sed -i '/^default/d' "$ROOT/run/netlink"
hook_exits 0 100 pre-start
driver_is 02:00.0 vfio-pci

it "a port of Open vSwitch, and no word from the kernel"
config 100 'hostpci0: 02:00.0'
ovs_port 02:00.0
rm "$ROOT/run/netlink"
refused 'enp2s0f0 is a port of interface ovs-system'

it "one of a function's interfaces is in another namespace"
config 100 'hostpci0: 02:00.0'
hostpci_exits 0 plan 100
# The folder counts it, and does not list it.
mkdir "$ROOT/sys/bus/pci/devices/0000:02:00.0/net/.other"
if [[ $(stat -c %h "$ROOT/sys/bus/pci/devices/0000:02:00.0/net") -eq 4 ]]; then
	refused '\[never\] hostpci0 0000:02:00.0: another of its network interfaces is in another network namespace'
fi

it "a member of a ZFS pool, by its name"
config 100 'hostpci0: 01:00.0'
busy /dev/nvme0n1
busy /dev/nvme0n1p1
# The label: 16 KiB in, a list with one pair of name and text, made by hand.
{
	head -c 16384 /dev/zero
	printf '\1\1\0\0\0\0\0\0\0\0\0\1'
	printf '\0\0\0\44\0\0\0\40\0\0\0\4name\0\0\0\11\0\0\0\1\0\0\0\5rpool\0\0\0'
	head -c 16384 /dev/zero
} >"$ROOT/dev/nvme0n1p1"
refused "\\[never\\] hostpci0 0000:01:00.0: /dev/nvme0n1p1 is claimed by the kernel, part of ZFS pool 'rpool'" \
	'zpool export rpool'

it "a disk that comes into use behind the gate is not taken away"
config 100 'hostpci0: 01:00.0'
rule 'vm/100.journal *"hold"* 1 then ../sim/busy /dev/nvme0n1'
hook_exits 1 100 pre-start
says 'hostpci0 0000:01:00.0: unbind from nvme: /dev/nvme0n1 is claimed by the kernel'
says 'the host is as before'
writes_are 0
has_no_journal 100
no_rules
as_before
free

it "a command of the policy frees it, and the start passes"
config 100 'hostpci0: 03:00.0' 'hostpci1: 02:00.0'
hold_card
# shellcheck disable=SC2016 # the program's own
program free-it 'echo "$# $1 for $HOSTPCI_VMID"' "kill $holder" \
	"while grep -qs sleep /proc/$holder/comm && ! grep -q ') Z' /proc/$holder/stat; do sleep 0.05; done"
policy 100 'free = [ "/usr/bin/free-it", "a b" ];'
hostpci_exits 1 plan 100
says 'free: a start would run /usr/bin/free-it a b, and look again'
hook_exits 0 100 pre-start
says 'free: \| 1 a b for 100'
says 'free: /usr/bin/free-it a b: exit code 0'
wait "$holder" 2>/dev/null
driver_is 03:00.0 vfio-pci
hook_exits 0 100 post-stop

it "a command that fails is told, and so is one that is not there"
config 100 'hostpci0: 03:00.0'
hold_card
program fails 'exit 3'
policy 100 'hostpci0 = { free = [ "/usr/bin/fails" ]; };'
hook_exits 1 100 pre-start
says 'free: /usr/bin/fails: exit code 3'
says "held open by pid $holder"
policy 100 'hostpci0 = { free = "/usr/bin/none"; };'
hostpci plan 100
says 'free: /usr/bin/none: No such file'
says_not 'would run'
hook_exits 1 100 pre-start
says 'free: /usr/bin/none: No such file'
# One that exists, but outside of the moved root.
policy 100 'hostpci0 = { free = [ "/bin/sh", "-c", "true" ]; };'
hook_exits 1 100 pre-start
says 'free: /bin/sh: No such file'
let_go
has_no_journal 100

it "it is not run for what no command can free, nor when nothing is in the way"
config 100 'hostpci0: 04:00.0'
# shellcheck disable=SC2016 # the program's own
program mark 'touch "$1"'
policy 100 "free = [ \"/usr/bin/mark\", \"$SIM/ran\" ];"
refused '0000:05:00.0 is on host driver xhci_hcd'
# What it could free is not all that refuses.
config 100 'hostpci0: 03:00.0' 'hostpci1: 0a:00.0'
hold_card
hostpci_exits 1 plan 100
says_not 'would run'
refused '0000:0a:00.0 is no PCI device of this host' \
	'free: no command is run, as the start is refused for good: 0000:0a:00.0 is no PCI device'
let_go
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
[[ ! -e $SIM/ran ]] || fail "it was run"

it "a signal ends the command, and the start"
config 100 'hostpci0: 03:00.0'
hold_card
program hangs "echo \$\$ >'$SIM/pid'" 'exec sleep 60'
policy 100 'free = [ "/usr/bin/hangs" ];'
now_is_before
(
	until [[ -s $SIM/pid ]]; do sleep 0.02; done
	kill -TERM "$(pgrep -f "hostpci-hook 100 pre-start" -P "$(pgrep -nf "timeout 90 env SIMKERNEL=$SIM ")")"
) &
hook_exits 1 100 pre-start
says 'interrupted'
[[ $took -lt 5000 ]] || fail "took $took ms"
sleep 0.1
! grep -qs sleep "/proc/$(<"$SIM/pid")/comm" || fail "the command runs still"
let_go
has_no_journal 100
as_before

# held_by_101: 02:00.0 is VM 101's, whose QEMU has just ended.
held_by_101() {
	config 100 'hostpci0: 02:00.0'
	config 101 'hostpci0: 02:00.0'
	hook_exits 0 101 pre-start
	qemu 101
	hook_exits 0 101 post-start
	qemu_ends
}

it "a machine that is on its way out is waited for, while others start"
held_by_101
config 102 'hostpci0: 02:00.1'
hostpci_exits 1 plan 100
says 'is held by VM 101 \(just going: a start waits\)'
SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 pre-start >"$DIR/$cases/first" 2>&1 &
first=$!
sleep 0.3
hook_exits 0 102 pre-start
[[ $took -lt 2000 ]] || fail "the other start took $took ms"
hook_exits 0 101 post-stop
wait $first || fail "the start that waited: $(<"$DIR/$cases/first")"
grep -q 'waited [0-9]* ms' "$DIR/$cases/first" || fail "it does not say that it waited"
driver_is 02:00.0 vfio-pci
hook_exits 0 100 post-stop

it "a signal ends the waiting"
held_by_101
SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 pre-start >"$DIR/$cases/first" 2>&1 &
first=$!
sleep 0.5
kill -TERM $first
begin=${EPOCHREALTIME/./}
wait $first
rc=$?
[[ $rc -eq 1 ]] || fail "it exits $rc"
[[ $(((${EPOCHREALTIME/./} - begin) / 1000)) -lt 5000 ]] || fail "it went on"
grep -q interrupted "$DIR/$cases/first" || fail "it says: $(<"$DIR/$cases/first")"
has_no_journal 100

it "one that does not go is not waited for without end"
held_by_101
hook_exits 1 100 pre-start
says 'is held by VM 101'
says 'hostpci release 101'
[[ $took -ge 14000 && $took -lt 18000 ]] || fail "took $took ms"
has_no_journal 100
hostpci_exits 0 release 101

finish
