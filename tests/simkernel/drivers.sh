#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Drivers that hostpci.conf declares: bound by hostpci boot, for no machine.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
HOST=shelf
DISK=01:00.0 NIC=02:00.0 GPU=03:00.0
HOST_JOURNAL=run/hostpci/vm/host.rebind.journal

host_policy() { printf '%s\n' "$@" >"$ROOT/etc/hostpci/hostpci.conf"; }
declared() { # DEVICE DRIVER...
	local entries=''
	for ((; $# > 1; )); do
		entries+="${entries:+, }{ device = \"$1\"; driver = \"$2\"; }"
		shift 2
	done
	host_policy "drivers = ( $entries );"
}
has_stub() {
	mkdir -p "$ROOT/sys/bus/pci/drivers/pci-stub"
	: >"$ROOT/sys/bus/pci/drivers/pci-stub/bind"
	: >"$ROOT/sys/bus/pci/drivers/pci-stub/unbind"
}
has_no_host_journal() { [[ ! -e $ROOT/$HOST_JOURNAL ]] || fail "a journal is left"; }
out_has() { jq -e "$1" "$DIR/$cases/out" >/dev/null || fail "odd JSON"; }

it "a declared driver is bound, and then it is so"
declared "$NIC" vfio-pci
hostpci_exits 0 boot --dry-run
says '^the host boot$'
says '0000:02:00.0: unbind from igb'
says 'echo vfio-pci > /sys/bus/pci/devices/0000:02:00.0/driver_override'
says_not 'hostpci-'
writes_are 0
hostpci_exits 0 boot
says '0000:02:00.0: .*unbind from igb, set driver_override to vfio-pci, bind to vfio-pci'
driver_is "$NIC" vfio-pci
override_is "$NIC" vfio-pci
has_no_host_journal
: >"$SIM/log"
hostpci_exits 0 boot
silent
writes_are 0
hostpci_exits 0 sweep
writes_are 0
driver_is "$NIC" vfio-pci
hostpci_exits 0 boot --dry-run
says '0000:02:00.0 has driver vfio-pci'

it "by what it is, and several of a kind; the last entry that fits counts; one document"
has_stub
declared 'id=8086:1521' vfio-pci 'id=10de:1b80' vfio-pci "0000:$GPU" pci-stub
hostpci_exits 0 boot --output-format json
out_has '.ok and .exit == 0 and .errors == [] and [.reports[].device] == ["0000:02:00.0", "0000:03:00.0"]'
driver_is "$NIC" vfio-pci
driver_is "$GPU" pci-stub
driver_is 03:00.1 snd_hda_intel
hostpci_exits 0 boot --output-format json
out_has '.ok and [.reports[].ok] == [true, true]'

it "a machine takes it and gives it back to that"
has_stub
declared "$NIC" pci-stub
hostpci_exits 0 boot
now_is_before
config 100 "hostpci0: $NIC"
hook_exits 0 100 pre-start
driver_is "$NIC" vfio-pci
: >"$SIM/log"
hostpci_exits 0 boot
says '0000:02:00.0 is to have driver pci-stub: it is left alone, VM 100 has it'
writes_are 0
hook_exits 0 100 post-stop
driver_is "$NIC" pci-stub
override_is "$NIC" pci-stub
as_before

it "on vfio-pci a machine finds it as it needs it"
declared "$NIC" vfio-pci
hostpci_exits 0 boot
config 100 "hostpci0: $NIC"
hook_exits 0 100 pre-start
: >"$SIM/log"
hostpci_exits 0 boot
silent
hook_exits 0 100 post-stop
writes_are 0
driver_is "$NIC" vfio-pci

it "what the host uses is refused, and the others go on"
echo '30 22 259:0 / /srv rw - ext4 /dev/nvme0n1 rw' >>"$ROOT/proc/self/mountinfo"
declared "$DISK" vfio-pci "$NIC" vfio-pci
hostpci_exits 1 boot
says 'host boot: refused, nothing was changed'
says '\[never\] 0000:01:00.0: /dev/nvme0n1.* mounted on /srv'
driver_is "$DISK" nvme
driver_is "$NIC" vfio-pci
host_policy "drivers = ( { device = \"$DISK\"; driver = \"vfio-pci\"; allow = [ \"$DISK\" ]; } );"
hostpci_exits 1 boot
says '\[never\] 0000:01:00.0: /dev/nvme0n1.* mounted on /srv'
driver_is "$DISK" nvme
declared "$DISK" vfio-pci "$NIC" vfio-pci
hostpci_exits 1 boot --output-format json
out_has '(.ok | not) and .exit == 1 and ([.reports[].ok] == [false, true])'
has_no_host_journal

it "what somebody has open; what is protected"
declared "$GPU" vfio-pci
sleep 60 3<"$ROOT/dev/dri/card0" &
holder=$!
until [[ -e /proc/$holder/fd/3 ]]; do sleep 0.01; done
hostpci_exits 1 boot
says "\\[ask\\] 0000:03:00.0: /dev/dri/card0 is held open by pid $holder"
says_not 'in the machine'
says "or, if the host can do without it, allow = \\[\"0000:03:00.0\"\\]; in its entry of drivers \\(/etc/hostpci/hostpci.conf:1\\)"
host_policy "drivers = ( { device = \"$GPU\"; driver = \"vfio-pci\"; allow = [ \"0000:03:00.1\" ]; } );"
hostpci_exits 1 boot
writes_are 0
host_policy "drivers = ( { device = \"$GPU\"; driver = \"vfio-pci\"; allow = [ \"0000:$GPU\" ]; } );"
hostpci_exits 0 boot --dry-run
says "\\[tell\\] 0000:03:00.0: /dev/dri/card0 is held open by pid $holder"
hostpci_exits 0 boot
driver_is "$GPU" vfio-pci
kill $holder
wait $holder 2>/dev/null
declared "$GPU" nouveau
hostpci_exits 0 boot
: >"$SIM/log"
host_policy 'protect = [ "03:00" ];' "drivers = ( { device = \"$GPU\"; driver = \"vfio-pci\"; } );"
hostpci_exits 1 boot
says 'is protected by hostpci.conf'
says 'take it out of protect, or out of drivers'
writes_are 0

it "on a vfio driver, and open, for no machine that is known"
has_stub
declared "$NIC" vfio-pci
hostpci_exits 0 boot
declared "$NIC" pci-stub
: >"$SIM/log"
sleep 60 3<>"$ROOT/dev/vfio/12" &
holder=$!
until [[ -e /proc/$holder/fd/3 ]]; do sleep 0.01; done
hostpci_exits 1 boot
says "/dev/vfio/12 is held open by pid $holder"
writes_are 0
kill $holder
wait $holder 2>/dev/null
hostpci_exits 0 boot
driver_is "$NIC" pci-stub

it "without an IOMMU nothing is for guests; other drivers do not mind"
has_stub
rm -r "$ROOT/sys/class/iommu" && mkdir "$ROOT/sys/class/iommu"
declared "$NIC" vfio-pci
hostpci_exits 1 boot
says 'IOMMU is not at work'
declared "$NIC" pci-stub
hostpci_exits 0 boot
driver_is "$NIC" pci-stub

it "a device that is missing, in words; what is there is set"
declared 99:00.0 vfio-pci "$NIC" vfio-pci
hostpci_exits 1 boot --dry-run
says '^hostpci: boot: /etc/hostpci/hostpci.conf:1: device 99:00.0: no device is that, now \(lspci -D shows all\)'
hostpci_exits 1 boot --dry-run --output-format json
out_has '.exit == 1 and (.errors | length == 1) and (.reports | length == 1)'

it "a device that comes late is waited for"
declared "$NIC" vfio-pci
mv "$ROOT/sys/bus/pci/devices/0000:$NIC" "$SIM/away"
(
	sleep 0.5
	mv "$SIM/away" "$ROOT/sys/bus/pci/devices/0000:$NIC"
) &
hostpci_exits 0 boot
[[ $took -ge 400 && $took -lt 5000 ]] || fail "took $took ms"
wait
driver_is "$NIC" vfio-pci

it "a policy that cannot be read: the document has all members"
host_policy 'drivers = ( ;'
hostpci_exits 78 boot --dry-run --output-format json
out_has '(.ok | not) and .exit == 78 and .dry and (.error | test("hostpci.conf:1: ")) and .errors == [] and .reports == []'
hostpci_exits 78 boot
says '^hostpci: /etc/hostpci/hostpci.conf:1: '

it "a driver that is not there and cannot be loaded"
declared "$NIC" nosuch
now_is_before
hostpci_exits 1 boot
says 'load module nosuch'
says 'host is as before'
writes_are 0
as_before

it "a bind that fails is taken back"
declared "$NIC" vfio-pci
rule 'drivers/vfio-pci/bind * * errno EINVAL'
hostpci_exits 1 boot
says 'what had been done was taken back: the host is as before'
as_before

it "a write that blocks: the run ends within its deadline, names it, and the sweep heals"
host_policy 'deadline = 1;' "drivers = ( { device = \"$NIC\"; driver = \"vfio-pci\"; }, { device = \"$GPU\"; driver = \"vfio-pci\"; } );"
rule 'drivers/igb/unbind * * block go'
hostpci_exits 2 boot
[[ $took -lt 3500 ]] || fail "took $took ms"
says '\[stuck\] 0000:02:00.0: unbind from igb'
says 'hostpci sweep'
driver_is "$GPU" vfio-pci
[[ -e $ROOT/$HOST_JOURNAL ]] || fail "what is left is on no file"
hostpci_exits 75 boot
driver_is "$GPU" vfio-pci
says 'process [0-9]+ of an earlier run is still in the kernel'
config 100 "hostpci0: $NIC"
policy 100 'deadline = 1;'
hook_exits 1 100 pre-start
says 'is being given the driver that hostpci.conf declares'
says 'if it was cut off: hostpci sweep'
: >"$SIM/go"
settle
no_rules
sleep 0.2
hostpci_exits 0 sweep
driver_is "$NIC" igb
has_no_host_journal
hostpci_exits 0 boot
driver_is "$NIC" vfio-pci

it "side by side: together they take as long as one"
declared "$NIC" vfio-pci "$GPU" vfio-pci "$DISK" vfio-pci
rule '*/unbind * * delay 1500'
hostpci_exits 0 boot
[[ $took -ge 1500 && $took -lt 4000 ]] || fail "took $took ms"
for device in "$NIC" "$GPU" "$DISK"; do driver_is "$device" vfio-pci; done
has_no_host_journal

it "one that is stuck holds up no other, and what fails is taken back alone"
host_policy 'deadline = 4;' "drivers = ( { device = \"$NIC\"; driver = \"vfio-pci\"; }, { device = \"$GPU\"; driver = \"vfio-pci\"; }, { device = \"$DISK\"; driver = \"vfio-pci\"; } );"
rule 'drivers/igb/unbind * * block go'
rule "drivers/vfio-pci/bind 0000:$DISK * errno EINVAL"
(
	sleep 1.5
	driver "$GPU" >"$SIM/gpu"
	# It is done, and a machine may have it: it is not claimed any more.
	SIMKERNEL="$SIM" LD_PRELOAD="$SHIM" HOSTPCI_ROOT="$ROOT" "$HOOK" 100 pre-start >"$SIM/start" 2>&1 || echo failed >>"$SIM/start"
) &
config 100 "hostpci0: $GPU"
hostpci_exits 2 boot --output-format json
wait
! grep -q 'failed\|refused' "$SIM/start" || fail "the machine waited: $(<"$SIM/start")"
[[ $(<"$SIM/gpu") == vfio-pci ]] || fail "the card waited"
[[ $took -lt 7000 ]] || fail "took $took ms"
out_has '[.reports[] | [.device, .exit]] == [["0000:02:00.0", 2], ["0000:03:00.0", 0], ["0000:01:00.0", 1]]'
out_has '[.reports[].ms >= 4000] == [true, false, true]'
out_has '[.reports[] | .steps | map(.device) | unique] == [["0000:02:00.0"], ["0000:03:00.0"], ["0000:01:00.0"]]'
out_has '.reports[2].error | test("0000:01:00.0: bind to vfio-pci: ")'
hook_exits 0 100 post-stop
driver_is "$DISK" nvme
driver_is "$GPU" vfio-pci
: >"$SIM/go"
settle
no_rules
hostpci_exits 0 boot
for device in "$NIC" "$GPU" "$DISK"; do driver_is "$device" vfio-pci; done
has_no_host_journal

it "of one IOMMU group: behind one that is stuck nothing is done"
host_policy 'deadline = 1;' "drivers = ( { device = \"$GPU\"; driver = \"vfio-pci\"; }, { device = \"03:00.1\"; driver = \"vfio-pci\"; } );"
rule 'drivers/nouveau/unbind * * block go'
hostpci_exits 2 boot
says '0000:03:00.1: nothing was done: another device of its IOMMU group is stuck'
says_not '0000:03:00.1: unbind'
driver_is 03:00.1 snd_hda_intel
: >"$SIM/go"
settle
no_rules
hostpci_exits 0 sweep
driver_is "$GPU" nouveau
hostpci_exits 0 boot
driver_is "$GPU" vfio-pci
driver_is 03:00.1 vfio-pci

it "a module that is not there is one device's, and one in no group stands for itself"
has_stub
rm "$ROOT/sys/bus/pci/devices/0000:$NIC/iommu_group" "$ROOT/sys/bus/pci/devices/0000:$DISK/iommu_group"
declared "$NIC" pci-stub "$GPU" nosuch "$DISK" pci-stub
rule '*/unbind * * delay 2000'
hostpci_exits 1 boot
says 'load module nosuch'
[[ $took -lt 3800 ]] || fail "took $took ms"
driver_is "$NIC" pci-stub
driver_is "$DISK" pci-stub
driver_is "$GPU" nouveau
has_no_host_journal

it "an earlier run is still at work on one: it is waited for, and the others are served"
host_policy 'deadline = 1;' "drivers = ( { device = \"$NIC\"; driver = \"vfio-pci\"; } );"
rule 'drivers/igb/unbind * * block go'
hostpci_exits 2 boot
declared "$NIC" vfio-pci "$GPU" vfio-pci
(
	sleep 1.5
	driver "$GPU" >"$SIM/gpu"
	: >"$SIM/go"
) &
hostpci_exits 0 boot
wait
[[ $took -ge 1500 && $took -lt 5000 ]] || fail "took $took ms"
[[ $(<"$SIM/gpu") == vfio-pci ]] || fail "the card waited"
driver_is "$NIC" vfio-pci
has_no_host_journal

it "cut off at any write, the next boot goes on"
for ((n = 1; n < 30; n++)); do
	declared "$NIC" vfio-pci "$GPU" vfio-pci
	boot_killed $n || break
	hostpci_exits 0 boot
	driver_is "$NIC" vfio-pci
	driver_is "$GPU" vfio-pci
	has_no_host_journal
	declared "$NIC" igb "$GPU" nouveau
	hostpci_exits 0 boot
	driver_is "$NIC" igb
	driver_is "$GPU" nouveau
done
[[ $n -gt 12 ]] || fail "only $n points"

finish
