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
says '^      lane of 0000:01:10.0, whose group is not known yet$'
says_not 'lane of IOMMU group [0-9]{5}'
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

as_before

it "a mapping names functions that do not exist yet: what is made is what it chooses among"
host_policy "$TEMPORARY"
mkdir -p "$ROOT/etc/pve/mapping" "$ROOT/etc/pve/nodes/pve1"
ln -sfn nodes/pve1 "$ROOT/etc/pve/local"
printf '%s\n' nic '	map id=8086:10ca,iommugroup=0,node=pve1,path=0000:01:10.0' \
	'	map id=8086:10ca,iommugroup=4,node=pve1,path=0000:01:10.2' >"$ROOT/etc/pve/mapping/pci.cfg"
now_is_before
config 100 'hostpci0: mapping=nic'
config 101 'hostpci0: mapping=nic'
hostpci_exits 0 plan 100
says 'make 7 virtual functions'
says 'mapping=nic: 0000:01:10.0 is chosen'
writes_are 0
hook_exits 0 100 pre-start
vfs_are $PF 7
driver_is $VF vfio-pci
grep -qE '^0000:01:10.0 100 time:' "$ROOT/run/qemu-server/pci-id-reservations" || fail "it is not reserved"
hook_exits 0 101 pre-start
says 'mapping=nic: 0000:01:10.2 is chosen \(others are not free: 0000:01:10.0: VM 100\)'
hook_exits 0 100 post-stop
vfs_are $PF 7
hook_exits 0 101 post-stop
vfs_are $PF 0
as_before

it "a function whose group has another number than the mapping says: refused, and all goes back"
host_policy "$TEMPORARY"
mkdir -p "$ROOT/etc/pve/mapping" "$ROOT/etc/pve/nodes/pve1"
ln -sfn nodes/pve1 "$ROOT/etc/pve/local"
printf '%s\n' nic '	map id=8086:10ca,iommugroup=30,node=pve1,path=0000:01:10.0' >"$ROOT/etc/pve/mapping/pci.cfg"
now_is_before
config 100 'hostpci0: mapping=nic'
hook_exits 1 100 pre-start
says 'mapping=nic does not fit this host: 0000:01:10.0: iommugroup=30, but the host shows 0'
vfs_are $PF 0
as_before

it "a group whose number a mapping names and that is another one now is told as functions are made"
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 3; temporary = true; } );'
mkdir -p "$ROOT/etc/pve/mapping" "$ROOT/etc/pve/nodes/pve1"
ln -sfn nodes/pve1 "$ROOT/etc/pve/local"
printf '%s\n' nic '	map id=8086:10ca,iommugroup=0,node=pve1,path=0000:01:10.0' \
	'	map id=8086:10ca,iommugroup=30,node=pve1,path=0000:01:10.2' \
	'	map id=8086:10ca,iommugroup=31,node=pve2,path=0000:01:10.4' \
	'	map id=8086:10ca,iommugroup=32,node=pve1,path=0000:01:11.2' >"$ROOT/etc/pve/mapping/pci.cfg"
now_is_before
config 100 'hostpci0: 01:10.4'
hook_exits 0 100 pre-start
says '/etc/pve/mapping/pci.cfg:3: mapping nic: 0000:01:10.2: iommugroup=30, but the host shows 4: a machine that names it does not start'
says_not 'pci.cfg:[245]'
hook_exits 0 100 post-stop
hostpci_exits 0 sriov set 01:00.0 2
says 'pci.cfg:3: mapping nic: .*iommugroup=30, but the host shows 4'
hostpci_exits 0 sriov set 01:00.0 2
says_not 'pci.cfg'
hostpci_exits 0 sriov set 01:00.0 0
says_not 'pci.cfg'
as_before

it "what is not temporary stays"
host_policy 'sriov = ( { pf = "mac=none"; vfs = 1; }, { pf = "id=8086:10c9"; vfs = 3; } );'
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

it "vf-of of a card that no policy names: what an administrator has made is shared, and stays"
hostpci_exits 0 sriov set 01:00.0 2
now_is_before
for vmid in 100 101 102; do
	config $vmid 'name: x'
	policy $vmid 'hostpci0 = { vf-of = "01:00.0"; };'
done
hook_exits 0 100 pre-start
hook_exits 0 101 pre-start
hook_exits 1 102 pre-start
says 'none of 2 virtual functions is free \(0000:01:10.0: VM 100, 0000:01:10.2: VM 101\)'
policy 102 'hostpci0 = { vf-of = "01:00.0"; index = 5; };'
hook_exits 1 102 pre-start
says 'it has no virtual function number 5, and hostpci.conf does not ask for one'
hook_exits 0 100 post-stop
hook_exits 0 101 post-stop
as_before

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

it "one that leads the host out stays when the last machine has stopped"
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 7; temporary = true; autoprobe = true; } );'
config 100 "hostpci0: $VF"
hook_exits 0 100 pre-start
driver_is 01:10.2 igbvf
echo "default $(<"$(netdev_of 01:10.2)/ifindex") 192.0.2.1" >>"$ROOT/run/netlink"
hook_exits 0 100 post-stop
says '0000:01:00.0 keeps its virtual functions: its virtual function 0000:01:10.2: .* has the host.s default route'
vfs_are $PF 7

it "another machine has one by Proxmox alone, and takes nothing back: the sweep does"
host_policy "$TEMPORARY"
config 100 "hostpci0: $VF"
hook_exits 0 100 pre-start
echo "0000:01:10.2 101 time:$(($(date +%s) + 100))" >>"$ROOT/run/qemu-server/pci-id-reservations"
hook_exits 0 100 post-stop
says '0000:01:00.0 keeps its virtual functions for now: VM 101 has 0000:01:10.2; when that is over, hostpci sweep'
vfs_are $PF 7
hostpci_exits 0 sweep
vfs_are $PF 7
hostpci_exits 0 status 100
says 0000:01:00.0
: >"$ROOT/run/qemu-server/pci-id-reservations"
hostpci_exits 0 sweep
vfs_are $PF 0
has_no_journal 100
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


# --- hostpci sriov, and what the kernel may answer

it "sriov set: more, fewer, none; in between through none"
hostpci_exits 0 sriov list
says '^DEVICE +INTERFACES +DRIVER +VFS +MOST +POLICY +MACHINES$'
says '^0000:01:00.0 +enp1s0 +igb +0 +7 +- +-$'
hostpci_exits 0 sriov show 01:00.0
says '^0000:01:00.0 has no virtual function$'
hostpci_exits 0 sriov show 01:00.0 --output-format json
says '^\[\]$'
hostpci_exits 0 sriov set 01:00.0 3 --dry-run
says 'echo 3 > /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs'
writes_are 0
hostpci_exits 0 sriov set 01:00.0 3
vfs_are $PF 3
driver_is $VF igbvf
[[ $(order) == 'sriov_numvfs:3' ]] || fail "did: $(order)"
hostpci_exits 0 sriov show netdev=enp1s0
says '^INDEX +DEVICE +INTERFACES +DRIVER +GROUP +MACHINES$'
says '^2 +0000:01:10.4 +[a-z0-9-]+ +igbvf +[0-9]+ +-$'
: >"$SIM/log"
hostpci_exits 0 sriov set 01:00.0 3
writes_are 0
hostpci_exits 0 sriov set 01:00.0 5
[[ $(order) == 'sriov_numvfs:0 sriov_numvfs:5' ]] || fail "did: $(order)"
hostpci_exits 0 sriov set 01:00.0 0
hostpci_exits 1 sriov set 01:00.0 9
says 'at most 7 virtual functions'
hostpci_exits 1 sriov set 00:1c.0 1
says 'no physical function of this host is that'
hostpci_exits 1 sriov set id=8086:10c9 1
says 'more than one physical function'
hostpci_exits 64 sriov set eth0 1
as_before

it "while a machine has one it is not lowered"
host_policy "$TEMPORARY"
config 100 "hostpci0: $VF"
hook_exits 0 100 pre-start
: >"$SIM/log"
hostpci_exits 1 sriov set 01:00.0 0
says 'its virtual function 0000:01:10.0 is held by VM 100, and would go'
writes_are 0
config 101 'hostpci0: 01:00.0'
hook_exits 1 101 pre-start
says '0000:01:00.0 has virtual functions that VM 100 has'
writes_are 0
hostpci_exits 0 sriov list
says '^0000:01:00.0 .* 7 +7 +7 +100$'
hostpci_exits 0 sriov list --output-format json
jq -e '.[] | select(.device == "0000:01:00.0") | .interfaces == ["enp1s0"] and .machines == [100] and .policy == 7' \
	"$DIR/$cases/out" >/dev/null || fail "odd JSON"
hook_exits 0 100 post-stop
as_before

it "a card that is on vfio-pci with its functions there is not given either: it would be reset"
hostpci_exits 0 sriov set 01:00.0 2
ln -sfn ../../../../bus/pci/drivers/vfio-pci "$ROOT/sys/bus/pci/devices/0000:01:00.0/driver"
config 100 "hostpci0: $VF"
hook_exits 0 100 pre-start
: >"$SIM/log"
config 101 'hostpci0: 01:00.0'
hook_exits 1 101 pre-start
says '0000:01:00.0 has 2 virtual functions, which go with it'
writes_are 0

it "more of them while an interface of one is a bridge's: refused, with whose"
hostpci_exits 0 sriov set 01:00.0 2
bridge_port 01:10.2
: >"$SIM/log"
hostpci_exits 1 sriov set 01:00.0 3
says "its virtual function 0000:01:10.2: $(basename "$ROOT"/sys/bus/pci/devices/0000:01:10.2/net/*)"
says 'br0'
writes_are 0
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 3; } );'
hostpci_exits 1 boot
config 100 'hostpci0: 01:10.4'
hook_exits 1 100 pre-start
says 'br0'
writes_are 0

it "the whole card is another's: its functions are nobody's"
host_policy "$TEMPORARY"
config 101 'hostpci0: 01:00.0'
hook_exits 0 101 pre-start
config 100 "hostpci0: $VF"
hook_exits 1 100 pre-start
says 'is held by VM 101 whole'
hook_exits 0 101 post-stop
config 100 "hostpci0: $VF" "hostpci1: 01:00.0"
hook_exits 1 100 pre-start
says 'is given to VM 100 as well'
as_before

it "fewer come than were asked for"
host_policy "$TEMPORARY"
config 100 "hostpci0: $VF"
sed -i 's/ 7 1$/ 5 1/' "$SIM/sriov/0000:01:00.0"
hook_exits 1 100 pre-start
says 'make 7 virtual functions: 5 of 7 virtual functions were enabled: the card or its driver has no more now'
says 'the host is as before'
as_before

for error in ERANGE:'has fewer than that' EBUSY:'somebody else has just made them' ENOENT:'makes no virtual functions' \
	ENOMEM:'pci=realloc'; do
	it "the kernel says ${error%%:*}"
	host_policy "$TEMPORARY"
	config 100 "hostpci0: $VF"
	rule "sriov_numvfs 7 * errno ${error%%:*}"
	hook_exits 1 100 pre-start
	says "hostpci0 0000:01:00.0: make 7 virtual functions: .*${error#*:}"
	as_before
done

it "removing them takes the kernel too long: the hook returns, and says so"
host_policy "$TEMPORARY"
config 100 "hostpci0: $VF"
policy 100 'deadline = 1;'
hook_exits 0 100 pre-start
rule 'sriov_numvfs 0 * block go'
hook_exits 2 100 post-stop
says 'remove its 7 virtual functions: stuck in the kernel for 1 s'
: >"$SIM/go"
settle
no_rules
hostpci_exits 0 release 100
has_no_journal 100
as_before

it "a network interface comes late: it is waited for, and told if it does not come"
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 2; autoprobe = true; } );'
sed -i 's/ 7 1$/ 7 0/' "$SIM/sriov/0000:01:00.0"
(
	until [[ -e $ROOT/sys/bus/pci/devices/0000:01:10.2 ]]; do sleep 0.05; done
	sleep 0.3
	for vf in 01:10.0 01:10.2; do
		mkdir -p "$ROOT/sys/bus/pci/devices/0000:$vf/net/late"
		echo 7 >"$ROOT/sys/bus/pci/devices/0000:$vf/net/late/ifindex"
	done
) &
hostpci_exits 0 boot
[[ $took -ge 300 && $took -lt 5000 ]] || fail "took $took ms"
wait
driver_is 01:10.2 igbvf

it "the links between a card and its functions come late: they are waited for, not for ever"
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 2; } );'
for link in 0000:01:00.0/virtfn1 0000:01:10.2/physfn; do
	rule "sriov_numvfs 2 * late sys/bus/pci/devices/$link 800"
	hostpci_exits 0 boot
	[[ $took -ge 800 ]] || fail "it did not wait for $link: $took ms"
	no_rules
	hostpci_exits 0 sriov set 01:00.0 0
done
rule 'sriov_numvfs 2 * late sys/bus/pci/devices/0000:01:00.0/virtfn1 0'
hostpci_exits 1 boot
says 'the kernel counts 2, but only 1 can be seen: look at dmesg'
vfs_are 01:00.0 0

# --- at boot

it "boot makes what is declared, in the order of addresses, and once"
host_policy 'sriov = ( { pf = "02:00.0"; vfs = 2; }, { pf = "id=8086:10c9"; vfs = 1; }, { pf = "03:00.0"; vfs = 4; autoprobe = false; } );'
hostpci_exits 0 boot
vfs_are 01:00.0 1
vfs_are 02:00.0 1
vfs_are 03:00.0 4
driver_is 03:00.1 ''
[[ $(order) == 'sriov_drivers_autoprobe:0 sriov_numvfs:1 sriov_drivers_autoprobe:0 sriov_numvfs:1 sriov_drivers_autoprobe:0 sriov_numvfs:4' ]] || fail "did: $(order)"
: >"$SIM/log"
hostpci_exits 0 boot
writes_are 0
hostpci_exits 0 boot --output-format json
jq -e '.ok and .errors == [] and [.reports[].ok] == [true, true, true]' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 0 sriov list --output-format json
jq -e '.[0] | .autoprobe == false and .machines == [] and .policy == 1 and .driver == "igb"' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
[[ ! -e $ROOT/run/hostpci/vm/host.journal ]] || fail "a journal is left"
config 100 'hostpci0: 03:00.1'
hook_exits 0 100 pre-start
host_policy 'sriov = ( { pf = "03:00.0"; vfs = 2; }, { pf = "02:00.0"; vfs = 3; } );'
: >"$SIM/log"
hostpci_exits 0 sriov show 03:00.0 --output-format json
jq -e '.[0] | .machines == [100] and .driver == "vfio-pci"' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 1 boot
says 'boot: refused, nothing was changed'
says '0000:03:00.1 is held by VM 100, and would go'
vfs_are 03:00.0 4
vfs_are 02:00.0 3

it "boot waits for a card whose driver comes late"
host_policy 'sriov = ( { pf = "02:00.0"; vfs = 2; } );'
mv "$ROOT/sys/bus/pci/devices/0000:02:00.0/driver" "$SIM/driver"
(
	sleep 0.7
	mv "$SIM/driver" "$ROOT/sys/bus/pci/devices/0000:02:00.0/driver"
) &
hostpci_exits 0 boot
[[ $took -ge 700 && $took -lt 5000 ]] || fail "took $took ms"
wait
vfs_are 02:00.0 2

it "a write that blocks: boot ends within its deadline, names it, and it is on file"
host_policy 'deadline = 1;' 'sriov = ( { pf = "01:00.0"; vfs = 2; } );'
rule 'sriov_numvfs 2 * block go'
hostpci_exits 2 boot
[[ $took -lt 3500 ]] || fail "took $took ms"
says '\[stuck\] 0000:01:00.0: make 2 virtual functions: stuck in the kernel for 1 s \(process'
says 'hostpci sweep'
says_not 'host is as before'
[[ -e $ROOT/run/hostpci/vm/host.sriov.journal ]] || fail "what is left is on no file"
: >"$SIM/go"
settle
no_rules
hostpci_exits 0 sweep
[[ ! -e $ROOT/run/hostpci/vm/host.sriov.journal ]] || fail "a journal is left"
hostpci_exits 0 boot
vfs_are 01:00.0 2

it "a card that is stuck holds up none of the others"
host_policy 'deadline = 1;' 'sriov = ( { pf = "01:00.0"; vfs = 2; }, { pf = "02:00.0"; vfs = 3; }, { pf = "03:00.0"; vfs = 1; } );'
rule '*01:00.0/sriov_numvfs 2 * block go'
hostpci_exits 2 boot
[[ $took -lt 3500 ]] || fail "took $took ms"
says '\[stuck\] 0000:01:00.0: make 2 virtual functions'
vfs_are 02:00.0 3
vfs_are 03:00.0 1
hostpci_exits 0 sriov set 02:00.0 0
[[ $took -lt 2000 ]] || fail "took $took ms"
: >"$SIM/go"
settle
no_rules
hostpci_exits 0 boot
[[ ! -e $ROOT/run/hostpci/vm/host.sriov.journal ]] || fail "a journal is left"
vfs_are 01:00.0 2
vfs_are 02:00.0 3

it "a card that is missing is in boot's one document, too"
host_policy 'sriov = ( { pf = "99:00.0"; vfs = 1; }, { pf = "02:00.0"; vfs = 1; } );'
hostpci_exits 1 boot --dry-run --output-format json
jq -e '(.ok | not) and .dry and .exit == 1 and (.errors | length == 1) and (.errors[0] | test("hostpci.conf:1: pf 99:00.0: no")) and .reports[0].ok' \
	"$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 1 boot --dry-run
says '^hostpci: boot: /etc/hostpci/hostpci.conf:1: pf 99:00.0: no physical function is that, now'

it "before the cluster's policy is there, its copy is read; a start refreshes it"
mkdir -p "$ROOT/etc/pve/hostpci"
echo 'sriov = ( { pf = "01:00.0"; vfs = 2; } );' >"$ROOT/etc/pve/hostpci/hostpci.conf"
config 100 'hostpci0: 03:00.0'
policy 100 'return = "host";'
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
mv "$ROOT/etc/pve" "$ROOT/etc/away"
hostpci_exits 0 boot
says "the cluster's policy \(/etc/pve/hostpci/hostpci.conf\) is not there yet: its copy of 20.* is used"
vfs_are 01:00.0 2
mv "$ROOT/etc/away" "$ROOT/etc/pve"
echo 'sriov = ( { pf = "01:00.0"; vfs = 3; } );' >"$ROOT/etc/pve/hostpci/hostpci.conf"
hook_exits 0 100 pre-start
says '/var/lib/hostpci/hostpci.conf was stale'
hook_exits 0 100 post-stop
says_not stale
hostpci_exits 0 boot
vfs_are 01:00.0 3

it "boot refreshes the copy, once the cluster's policy is there"
mkdir -p "$ROOT/etc/pve/hostpci"
echo 'sriov = ( { pf = "01:00.0"; vfs = 2; } );' >"$ROOT/etc/pve/hostpci/hostpci.conf"
hostpci_exits 0 boot --dry-run
[[ ! -e $ROOT/var/lib/hostpci ]] || fail "a dry run writes"
hostpci_exits 0 boot
cmp "$ROOT/etc/pve/hostpci/hostpci.conf" "$ROOT/var/lib/hostpci/hostpci.conf" || fail "it is no copy"
rm "$ROOT/etc/pve/hostpci/hostpci.conf"
hostpci_exits 0 boot
[[ ! -e $ROOT/var/lib/hostpci/hostpci.conf ]] || fail "it is still there"
vfs_are 01:00.0 2

it "cut off at any write, the next boot goes on"
for ((n = 1; n < 20; n++)); do
	host_policy 'sriov = ( { pf = "01:00.0"; vfs = 2; autoprobe = true; }, { pf = "02:00.0"; vfs = 2; autoprobe = false; } );'
	boot_killed $n || break
	hostpci_exits 0 boot
	vfs_are 01:00.0 2
	vfs_are 02:00.0 2
	[[ ! -e $ROOT/run/hostpci/vm/host.journal ]] || fail "a journal is left"
	hostpci_exits 0 sriov set 01:00.0 0
	hostpci_exits 0 sriov set 02:00.0 0
done
[[ $n -gt 8 ]] || fail "only $n points"

it "hostpci-sriov alone makes them and takes them back; who binds is another"
host_policy "$TEMPORARY"
config 100 "hostpci0: $VF"
one_kind() { run "$BUILD/hooks/hostpci-sriov" "$@"; }
one_kind 100 pre-start
[[ $rc -eq 0 ]] || fail "exits $rc"
vfs_are $PF 7
driver_is $VF ''
[[ -e $ROOT/run/hostpci/vm/100.sriov.journal && ! -e $(journal 100) ]] || fail "not in a journal of its own"
hostpci_exits 1 sriov set 01:00.0 0
says 'is held by VM 100'
one_kind 100 post-stop
[[ $rc -eq 0 ]] || fail "exits $rc"
[[ ! -e $ROOT/run/hostpci/vm/100.sriov.journal ]] || fail "its journal is left"
as_before
one_kind 100 pre-start
sed -i -E 's/,"at":[0-9]+//' "$ROOT/run/hostpci/vm/100.sriov.journal"
rm -f "$ROOT/run/qemu-server/pci-id-reservations"
hostpci_exits 0 sweep
as_before

it "any: one that the host uses is passed over"
host_policy 'sriov = ( { pf = "01:00.0"; vfs = 2; autoprobe = true; } );'
hostpci_exits 0 boot
config 100 'name: x'
policy 100 'hostpci0 = { vf-of = "01:00.0"; };'
bridge_port 01:10.0
hook_exits 0 100 pre-start
says '0000:01:10.2: unbind from igbvf'
driver_is 01:10.0 igbvf
driver_is 01:10.2 vfio-pci
config 101 'name: x'
policy 101 'hostpci0 = { vf-of = "01:00.0"; };'
hook_exits 1 101 pre-start
says 'none of 2 virtual functions is free \(0000:01:10.0: the host, 0000:01:10.2: VM 100\)'
hook_exits 0 100 post-stop

finish
