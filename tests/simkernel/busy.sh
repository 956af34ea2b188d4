#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# QEMU has the device open still: unbinding would block for ever, so it is waited for.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

it "post-stop waits for a QEMU that is just going"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
busy /dev/vfio/12
(sleep 1; : >"$SIM/busy") &
hook_exits 0 100 post-stop
[[ $took -ge 900 && $took -lt 4000 ]] || fail "took $took ms"
has_no_journal 100
as_before

it "post-stop waits for the machine itself, and says so meanwhile"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
qemu 100
(sleep 4; kill $QEMU) &
hook_exits 0 100 post-stop
says "^hostpci: VM 100 still runs \\(pid $QEMU\\): waiting, at most 12 s\$"
wait
rm "$SIM/pipe" "$ROOT"/run/qemu-server/*.pid
has_no_journal 100
as_before

it "post-stop gives up in time, names the holder, and writes nothing"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
hook_exits 0 100 pre-start
busy /dev/vfio/12
: >"$SIM/log"
sleep 60 3<"$ROOT/dev/vfio/12" &
holder=$!
hook_exits 2 100 post-stop
says "still in use after 15 s"
says '/dev/vfio/12'
if [[ -c $ROOT/dev/vfio/12 ]]; then
	says "pid $holder \\(sleep\\)"
fi
! grep -q '02:00.0$' "$SIM/log" || fail "it wrote to a device in use"
driver_is 02:00.0 vfio-pci
driver_is 03:00.0 nouveau
[[ $took -lt 18000 ]] || fail "took $took ms"
has_journal 100
kill $holder
wait $holder 2>/dev/null
free
hostpci_exits 0 release 100
as_before

it "a reset waits for a device in use, and the start fails without it"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = "default";'
rule 'drivers/vfio-pci/bind * * delay 50'
busy /dev/vfio/12
hook_exits 2 100 pre-start
! grep -q '02:00.0/reset' "$SIM/log" || fail "it was reset"
free
no_rules
hostpci_exits 0 release 100
as_before

finish
