#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual functions: made for a machine, given, taken back.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
HOST=pool
PF=01:00.0 VF=01:10.0 # function 0 of it

host_policy() { printf '%s\n' "$@" >"$ROOT/etc/hostpci/hostpci.conf"; }
attribute() { cat "$ROOT/sys/bus/pci/devices/0000:$1/$2"; }
vfs_are() { # ADDRESS N
	[[ $(attribute "$1" sriov_numvfs) == "$2" ]] || fail "$1 has $(attribute "$1" sriov_numvfs) virtual functions, not $2"
	[[ $(find "$ROOT/sys/bus/pci/devices/0000:$1/" -name 'virtfn*' | wc -l) -eq $2 ]] || fail "$1 has other links than $2"
}
autoprobe_is() { [[ $(attribute "$1" sriov_drivers_autoprobe) == "$2" ]] || fail "sriov_drivers_autoprobe of $1 is not $2"; }
# The writes of the log, in order: "FILE VALUE".
order() { awk -F'\t' '$1 == "write" { n = split($5, p, "/"); printf "%s%s:%s", s, p[n], $6; s = " " }' "$SIM/log"; }

TEMPORARY='sriov = ( { pf = "01:00.0"; vfs = 7; temporary = true; } );'

it "a function that does not exist yet is made, given, and goes again"
host_policy "$TEMPORARY"
config 100 "hostpci0: $VF"
hostpci_exits 0 plan 100
says 'make 7 virtual functions'
says 'hostpci0 0000:01:10.0: bind to vfio-pci'
writes_are 0
planned=$(grep -oE 'echo .*' "$DIR/$cases/out" | sed -E 's,echo (.*)> .*/([a-z_]+)$,\2:\1,; s/ *$//')
hook_exits 0 100 pre-start
vfs_are $PF 7
autoprobe_is $PF 0
driver_is $VF vfio-pci
driver_is 01:10.2 ''
[[ $(order) == "$(tr '\n' ' ' <<<"$planned" | sed 's/ *$//')" ]] || fail "did: $(order); planned: $planned"
hook_exits 0 100 post-start
hostpci_exits 0 status 100
hostpci_exits 0 plan 100 post-stop
says 'remove its 7 virtual functions'
hook_exits 0 100 post-stop
vfs_are $PF 0
has_no_journal 100
as_before_but_config() { as_before; }
as_before_but_config

it "what is not temporary stays"
host_policy 'sriov = ( { pf = "mac=none"; }, { pf = "id=8086:10c9"; vfs = 3; } );'
config 100 "hostpci0: $VF"
hook_exits 78 100 pre-start
host_policy 'sriov = ( { pf = "id=8086:10c9"; vfs = 3; } );'
hook_exits 0 100 pre-start
vfs_are $PF 3
vfs_are 02:00.0 0
hook_exits 0 100 post-stop
says '0000:01:00.0 keeps its virtual functions'
vfs_are $PF 3
has_no_journal 100

it "vf-of and index, and another number through none when nobody uses one"
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 3; } );'
config 100 'name: x'
policy 100 'hostpci0 = { vf-of = "netdev=enp1s0"; index = 2; };'
hook_exits 0 100 pre-start
driver_is 01:10.4 vfio-pci
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 5; } );'
config 101 'name: y'
policy 101 'hostpci0 = { vf-of = "01:00.0"; index = 4; };'
: >"$SIM/log"
hook_exits 1 101 pre-start
says 'its virtual function 0000:01:10.4.*is held by VM 100, and would go'
writes_are 0
hook_exits 0 100 post-stop
hook_exits 0 101 pre-start
vfs_are $PF 5
driver_is 01:10.8 ''
driver_is 01:11.0 vfio-pci
hook_exits 0 101 post-stop

it "the last of two takes them back"
host_policy "$TEMPORARY"
config 100 "hostpci0: $VF"
config 101 "hostpci0: 01:10.2"
hook_exits 0 100 pre-start
hook_exits 0 101 pre-start
hook_exits 0 100 post-stop
says '0000:01:00.0 keeps its virtual functions: VM 101 has 0000:01:10.2'
vfs_are $PF 7
hook_exits 0 101 post-stop
vfs_are $PF 0
as_before

it "any: each gets another, and when none is left the holders are named"
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 2; temporary = true; } );'
for vmid in 100 101 102; do
	config $vmid 'name: x'
	policy $vmid 'hostpci0 = { vf-of = [ "01:00.0" ]; index = "any"; };'
done
hook_exits 0 100 pre-start
hook_exits 0 101 pre-start
driver_is 01:10.0 vfio-pci
driver_is 01:10.2 vfio-pci
hook_exits 1 102 pre-start
says 'none of 2 virtual functions is free \(0000:01:10.0: VM 100, 0000:01:10.2: VM 101\)'
hook_exits 0 100 post-stop
hook_exits 0 102 pre-start
driver_is 01:10.0 vfio-pci
hook_exits 0 101 post-stop
hook_exits 0 102 post-stop
as_before

finish
