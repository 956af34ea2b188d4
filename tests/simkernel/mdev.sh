#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Mediated devices: made before the machine, set, gone after it; each parent tried in its
# turn; what is there already; what still has one open.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
HOST=mdev
MDEV=$BUILD/hooks/hostpci-mdev
UUID0=00000000-0000-0000-0000-000000000100

room_is() { # ADDRESS TYPE NUMBER
	local now
	now=$(<"$ROOT/sys/class/mdev_bus/0000:$1/mdev_supported_types/$2/available_instances")
	[[ $now == "$3" ]] || fail "$1 has room for $now of $2, not $3"
}
# made UUID: the parent that it is on.
made() {
	local link
	link=$(readlink "$ROOT/sys/bus/mdev/devices/$1") || return
	link=${link%/*}
	echo "${link##*/0000:}"
}
made_on() { # UUID ADDRESS: '' for nowhere
	[[ $(made "$1") == "$2" ]] || fail "$1 is on '$(made "$1")', not '$2'"
}
params_are() { # UUID TEXT
	local now
	now=$(cat "$ROOT/sys/bus/mdev/devices/$1/nvidia/vgpu_params")
	[[ $now == "$2" ]] || fail "vgpu_params is '$now', not '$2'"
}
node_of() { echo "/dev/vfio/$(basename "$(readlink "$ROOT/sys/bus/mdev/devices/$1/iommu_group")")"; }

# create ADDRESS TYPE UUID: by somebody else.
create() {
	run sh -c "printf %s '$3' >'$ROOT/sys/class/mdev_bus/0000:$1/mdev_supported_types/$2/create'"
	[[ -e $ROOT/sys/bus/mdev/devices/${3,,} ]] || fail "it was not made"
	: >"$SIM/log"
}

# A machine that Proxmox does not know of.
own() { policy 100 "$@"; }
ONE='hostpci0 = { host = "05:00.0"; mdev = "lab-mdev-1"; };'

it "without Proxmox: made, used, gone"
own "$ONE"
hostpci_exits 0 plan 100
says "mdev $UUID0: create lab-mdev-1 on 0000:05:00.0"
says "echo $UUID0 > /sys/class/mdev_bus/0000:05:00.0/mdev_supported_types/lab-mdev-1/create"
writes_are 0
hook_exits 0 100 pre-start
made_on $UUID0 05:00.0
room_is 05:00.0 lab-mdev-1 4
writes_are 1
hostpci_exits 0 showcmd 100
says "sysfsdev=/sys/bus/mdev/devices/$UUID0"
hostpci_exits 0 showcmd 100 --format libvirt-xml
says "<address uuid='$UUID0'/>"
hostpci_exits 0 status
says "^ *100 +prepared +hostpci0 +$UUID0"
hook_exits 0 100 post-start
hook_exits 0 100 post-stop
made_on $UUID0 ''
writes_are 2
has_no_journal 100
as_before

it "next to Proxmox a plain one is left to Proxmox, one with attributes is made here"
config 100 'hostpci0: 05:00.0,mdev=lab-mdev-1' 'hostpci3: 05:00.0,mdev=lab-mdev-2'
policy 100 'hostpci3 = { mdev-attributes = [ "nvidia/vgpu_params=frame_rate_limiter=0", "nvidia/vgpu_params=a=1,b=2" ]; };'
hook_exits 0 100 pre-start
says 'hostpci0: mdev=lab-mdev-1 is left to Proxmox'
made_on $UUID0 ''
made_on 00000003-0000-0000-0000-000000000100 05:00.0
params_are 00000003-0000-0000-0000-000000000100 a=1,b=2
writes_are 3
hook_exits 0 100 post-stop
as_before

it "what is left to Proxmox is looked at, as its start would fail behind the hook"
config 100 'hostpci0: 05:00.0,mdev=lab-mdev-9'
hook_exits 1 100 pre-start
says "0000:05:00.0 has no type 'lab-mdev-9' of mediated devices"
config 100 'hostpci0: 05:00.0,mdev=LAB A1-2Q'
hostpci_exits 1 plan 100
says 'write mdev=lab-mdev-2 in /etc/pve/qemu-server/100.conf:1'
config 100 "hostpci0: 05:00.0,mdev=$UUID0"
hostpci_exits 1 plan 100
says "is named in the policy: hostpci0 = \\{ mdev = \"$UUID0\"; \\};"
config 100 'hostpci0: 00:1c.0,mdev=lab-mdev-1'
hook_exits 1 100 pre-start
says 'offers no mediated devices'
config 100 'hostpci0: 05:00.0,mdev=lab-mdev-1'
for n in 1 2 3 4 5; do create 05:00.0 lab-mdev-1 8000000$n-0000-0000-0000-000000000000; done
hook_exits 1 100 pre-start
says '0000:05:00.0 has no free instance of lab-mdev-1'
writes_are 0
has_no_journal 100

it "left to Proxmox: its UUID is taken, or free to be used"
config 100 'hostpci0: 05:00.0,mdev=lab-mdev-1'
create 05:00.0 lab-mdev-2 $UUID0
hook_exits 1 100 pre-start
says "$UUID0 exists already, of type lab-mdev-2 on 0000:05:00.0, but hostpci0 wants lab-mdev-1 on"
says "hostpci mdev remove $UUID0"
config 100 'hostpci0: 05:00.0,mdev=lab-mdev-2'
hook_exits 0 100 pre-start
busy "$(node_of $UUID0)"
hook_exits 1 100 pre-start
says "$UUID0 exists, and is used by"
writes_are 0
# A hook of another kind does not look at it.
run "$BUILD/hooks/hostpci-sriov" 100 pre-start
[[ $rc -eq 0 ]] || fail "exits $rc"

it "left to Proxmox: plan and attach --check list it"
config 100 'hostpci0: 05:00.0,mdev=lab-mdev-1'
config 101 'hostpci0: 05:00.0,mdev=lab-mdev-9'
hostpci_exits 0 plan 100
says "^  hostpci0 mdev $UUID0, lab-mdev-1 on 0000:05:00.0: Proxmox makes it$"
says '0 writes'
mkdir -p "$ROOT/var/lib/vz/snippets"
hostpci_exits 1 attach --check 100 101
says '^VM 100: would start, 1 device$'
says '^VM 101 pre-start: refused'
hostpci_exits 1 attach --check 100 101 --output-format json
jq -e --arg u $UUID0 '.ok == false and .machines[0].devices == [{device: "0000:05:00.0", slot: "hostpci0",
	wanted: true, mdev: $u, type: "lab-mdev-1", left_to_proxmox: true}]
	and .machines[1].findings[0].grade == "never"' "$DIR/$cases/out" >/dev/null || fail "its answer is another"
writes_are 0

it "hostpci-mdev alone does the same, in a journal of its own"
own "$ONE"
run "$MDEV" 100 pre-start
[[ $rc -eq 0 ]] || fail "exits $rc"
made_on $UUID0 05:00.0
has_no_journal 100
[[ -e $ROOT/run/hostpci/vm/100.mdev.journal ]] || fail "it has no journal"
run "$MDEV" 100 post-stop
[[ $rc -eq 0 ]] || fail "exits $rc"
as_before

it "a type in the policy alone: by its own line Proxmox would give the whole card"
config 100 'hostpci0: 05:00.0'
own 'hostpci0 = { mdev = "lab-mdev-1"; };'
hook_exits 78 100 pre-start
says "/etc/hostpci/vm/100.conf:1: hostpci0: mdev is not as in Proxmox's own line, /etc/pve/qemu-server/100.conf:1"
says 'the whole device: write mdev=TYPE there'
writes_are 0

it "by its human name, where Proxmox does not read the line"
own 'hostpci0 = { host = "05:00.0"; mdev = "LAB A1-2Q"; };'
hook_exits 0 100 pre-start
says 'create lab-mdev-2 on 0000:05:00.0'
hook_exits 0 100 post-stop
as_before

it "where Proxmox reads it, the message gives the name to write"
config 100 'hostpci0: 05:00.0,mdev=LAB A1-2Q'
policy 100 'hostpci0 = { mdev-attributes = "nvidia/vgpu_params=a=1"; };'
hook_exits 1 100 pre-start
says "'LAB A1-2Q' is the name of its type lab-mdev-2"
says 'write mdev=lab-mdev-2 in /etc/pve/qemu-server/100.conf:1'
writes_are 0

it "a type, or a parent, that is not there"
own 'hostpci0 = { host = "05:00.0"; mdev = "lab-mdev-9"; };'
hook_exits 1 100 pre-start
says "0000:05:00.0 has no type 'lab-mdev-9' of mediated devices"
says 'hostpci mdev types 0000:05:00.0'
own 'hostpci0 = { host = "00:1c.0"; mdev = "lab-mdev-1"; };'
hook_exits 1 100 pre-start
says 'offers no mediated devices'
writes_are 0

it "an existing one of the right type is used, and stays"
create 05:00.0 lab-mdev-1 $UUID0
now_is_before
own "$ONE"
hook_exits 0 100 pre-start
says "is there already: it is used, and stays"
writes_are 0
hook_exits 0 100 post-stop
as_before

it "an existing one of the wrong type is refused, with what to do"
create 05:00.0 lab-mdev-2 $UUID0
own "$ONE"
hook_exits 1 100 pre-start
says "$UUID0 exists already, of type lab-mdev-2 on 0000:05:00.0, but hostpci0 wants lab-mdev-1"
says "hostpci mdev remove $UUID0"
says_not 'it is used, and stays'
writes_are 0

it "an existing one that somebody has open is refused"
create 05:00.0 lab-mdev-1 $UUID0
busy "$(node_of $UUID0)"
own "$ONE"
hook_exits 1 100 pre-start
says "$UUID0 exists, and is used by"
writes_are 0

it "its type and its group may follow: they are waited for, not for ever"
own "$ONE"
device=$(readlink -f "$ROOT/sys/class/mdev_bus/0000:05:00.0")/$UUID0
for name in mdev_type iommu_group; do
	rule "lab-mdev-1/create * * late ${device#"$ROOT/"}/$name 1000"
	hook_exits 0 100 pre-start
	[[ $took -ge 1000 ]] || fail "it did not wait for $name"
	[[ -L $device/$name ]] || fail "$name is not there"
	no_rules
	hook_exits 0 100 post-stop
	as_before
done
rule "lab-mdev-1/create * * late ${device#"$ROOT/"}/iommu_group 0"
hook_exits 1 100 pre-start
says 'it was made, but is not complete after 5 s \(it has no IOMMU group\)'
made_on $UUID0 ''
has_no_journal 100

it "of two parents the first that has room is taken"
two_parents 100
hook_exits 0 100 pre-start
made_on $UUID0 05:00.0
writes_are 1
hook_exits 0 100 post-stop
for n in 1 2 3 4 5; do create 05:00.0 lab-mdev-1 8000000$n-0000-0000-0000-000000000000; done
now_is_before
hook_exits 0 100 pre-start
made_on $UUID0 06:00.0
hook_exits 0 100 post-stop
as_before

it "a plan says that there is a second parent, a report what was done"
two_parents 100
hostpci_exits 0 plan 100
says 'create lab-mdev-1 on 0000:05:00.0, or else$'
hostpci_exits 0 plan 100 --output-format json
jq -e '.steps | map(.spare) == [true, null]' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
hook_exits 0 100 pre-start
says 'create lab-mdev-1 on 0000:05:00.0 \([0-9]+ ms\)$'
hook_exits 0 100 post-stop

it "what is in no IOMMU group has a lane of its own"
mkdir -p "$ROOT/etc/mdevctl.d/mtty"
echo '{ "mdev_type": "mtty-1", "start": "manual", "attrs": [] }' >"$ROOT/etc/mdevctl.d/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
own "$ONE" 'hostpci1 = { mdev = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"; };'
hostpci_exits 0 plan 100
says '^      lane of IOMMU group 24$'
says '^      lane of what is in no IOMMU group$'
echo '{ "mdev_type": "mtty-9", "start": "manual", "attrs": [] }' >"$ROOT/etc/mdevctl.d/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
hostpci_exits 1 plan 100
says 'correct mdev_type in /etc/mdevctl.d/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001: hostpci mdev types mtty lists'

it "the count is a hint: where creation fails the next parent is tried"
two_parents 100
for error in ENOSPC EUSERS ENODEV; do
	rule "0000:05:00.0/mdev_supported_types/lab-mdev-1/create * * errno $error"
	hook_exits 0 100 pre-start
	says 'the next one is tried'
	made_on $UUID0 06:00.0
	grep -q '"hold":"0000:06:00.0".*"mdev":"'$UUID0 "$(journal 100)" || fail "its parent is not on file"
	no_rules
	hook_exits 0 100 post-stop
	as_before
done

it "no parent has room after all"
two_parents 100
rule "mdev_supported_types/lab-mdev-1/create * * errno ENOSPC"
hook_exits 1 100 pre-start
says 'no room for another one \(errno 28\)'
says 'the host is as before'
has_no_journal 100
as_before

it "more of a type than there are are refused before the first is made"
create 05:00.0 lab-mdev-2 11111111-0000-0000-0000-000000000001
room=$(<"$ROOT/sys/class/mdev_bus/0000:05:00.0/mdev_supported_types/lab-mdev-2/available_instances")
lines=()
for ((i = 0; i <= room; i++)); do lines+=("hostpci$i = { host = \"05:00.0\"; mdev = \"lab-mdev-2\"; };"); done
own "${lines[@]}"
hostpci_exits 1 plan 100
says "0000:05:00.0 has $room free instances? of lab-mdev-2, which hostpciN before hostpci$room get"
hook_exits 1 100 pre-start
writes_are 0
own "${lines[@]:0:room}"
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop

it "no parent has room, and the gate says so of each"
two_parents 100
for n in 1 2 3 4 5; do
	create 05:00.0 lab-mdev-1 8000000$n-0000-0000-0000-000000000000
	create 06:00.0 lab-mdev-1 9000000$n-0000-0000-0000-000000000000
done
hook_exits 1 100 pre-start
says '0000:05:00.0 has no free instance of lab-mdev-1'
says '0000:06:00.0 has no free instance of lab-mdev-1'
writes_are 0

it "the wrong attribute: the device is taken back"
own 'hostpci0 = { host = "05:00.0"; mdev = "lab-mdev-1"; mdev-attributes = [ "nvidia/vgpu_params=x=1", "assign=1" ]; };'
hook_exits 1 100 pre-start
says 'has no such attribute: correct mdev-attributes, or what mdevctl has defined .* \(errno 2\)'
says 'the host is as before'
as_before

it "names of attributes are checked"
for name in ../remove remove driver/unbind power/control a/b/c /x .x 'x y' mdev_type/create; do
	own "hostpci0 = { host = \"05:00.0\"; mdev = \"lab-mdev-1\"; mdev-attributes = \"$name=1\"; };"
	hook_exits 78 100 pre-start
	says "'mdev-attributes'"
done
writes_are 0

it "the removal waits for who has it open"
own "$ONE"
hook_exits 0 100 pre-start
busy "$(node_of $UUID0)"
(sleep 1 && free) &
hook_exits 0 100 post-stop
[[ $took -gt 800 && $took -lt 5000 ]] || fail "took $took ms"
wait
as_before

it "not for ever, and not for the other one: the sweep finishes it"
own "$ONE" 'hostpci1 = { host = "05:00.0"; mdev = "lab-mdev-2"; };'
hook_exits 0 100 pre-start
made_on 00000001-0000-0000-0000-000000000100 05:00.0
busy "$(node_of 00000001-0000-0000-0000-000000000100)"
hook_exits 2 100 post-stop
[[ $took -lt 18000 ]] || fail "took $took ms"
says 'hostpci1 mdev .*: still in use after 15 s: .* has /dev/vfio/101 open'
writes_are 3
made_on $UUID0 ''
hostpci_exits 0 sweep
says 'uses its mediated device'
free
long_ago
hostpci_exits 0 sweep
has_no_journal 100
as_before

it "somebody else removes it, and it is still open: its instance is waited for"
own "$ONE"
hook_exits 0 100 pre-start
busy "$(node_of $UUID0)"
run sh -c "printf 1 >'$ROOT/sys/bus/mdev/devices/$UUID0/remove'" &
until [[ ! -e $ROOT/sys/bus/mdev/devices/$UUID0 ]]; do sleep 0.02; done
(sleep 1 && free) &
hook_exits 0 100 post-stop
[[ $took -gt 700 ]] || fail "took $took ms"
wait
as_before

it "NVIDIA's driver removes it by itself: it is waited for, and nothing is written"
own 'hostpci0 = { host = "07:00.0"; mdev = "nvidia-46"; };'
hook_exits 0 100 pre-start
hook_exits 0 100 post-start
: >"$SIM/log"
(sleep 1 && cd "$ROOT" && SIMKERNEL=$SIM LD_PRELOAD=$SHIM sh -c "printf 1 >'$ROOT/sys/bus/mdev/devices/$UUID0/remove'" && : >"$SIM/log") &
hook_exits 0 100 post-stop
wait
[[ $took -gt 800 && $took -lt 5000 ]] || fail "took $took ms"
writes_are 0
as_before

it "it does not: after ten seconds it is removed"
own 'hostpci0 = { host = "07:00.0"; mdev = "nvidia-46"; };'
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
[[ $took -gt 9000 && $took -lt 13000 ]] || fail "took $took ms"
as_before

it "a start that fails does not wait for NVIDIA's driver"
own 'hostpci0 = { host = "07:00.0"; mdev = "nvidia-46"; mdev-attributes = "x=1"; };'
hook_exits 1 100 pre-start
[[ $took -lt 5000 ]] || fail "took $took ms"
as_before

it "a start after a crash makes it anew, of the type that is wanted now"
own "$ONE"
hook_exits 0 100 pre-start
own 'hostpci0 = { host = "06:00.0"; mdev = "lab-mdev-2"; };'
hook_exits 0 100 pre-start
made_on $UUID0 06:00.0
room_is 05:00.0 lab-mdev-1 5
hook_exits 0 100 post-stop
as_before

it "and the plan for it is what it does"
own 'hostpci0 = { host = "05:00.0"; mdev = "lab-mdev-1"; mdev-attributes = "nvidia/vgpu_params=a=1"; };'
hook_exits 0 100 pre-start
# Whose instance is the last one.
echo 0 >"$ROOT/sys/class/mdev_bus/0000:05:00.0/mdev_supported_types/lab-mdev-1/available_instances"
: >"$SIM/log"
hostpci_exits 0 plan 100
says "remove it \(lab-mdev-1 on 0000:05:00.0\)"
says "create lab-mdev-1 on 0000:05:00.0"
says "set nvidia/vgpu_params"
says_not 'is used, and stays'
says '3 writes'
writes_are 0
hook_exits 0 100 pre-start
writes_are 3
hook_exits 0 100 post-stop
# The simulated count is that of the devices there are.
made_on $UUID0 ''

it "a parent is not given away while a machine has one of it"
own "$ONE"
hook_exits 0 100 pre-start
config 101 'hostpci0: 05:00.0'
hook_exits 1 101 pre-start
says '0000:05:00.0 has a mediated device of VM 100'
policy 101 'hostpci1 = { host = "05:00.0"; mdev = "lab-mdev-1"; };'
rm "$ROOT/etc/pve/qemu-server/101.conf"
hook_exits 0 101 pre-start
hook_exits 0 101 post-stop
hook_exits 0 100 post-stop
as_before

it "nor while somebody else has one there"
create 05:00.0 lab-mdev-1 $UUID0
config 101 'hostpci0: 05:00.0'
hook_exits 1 101 pre-start
says "its mediated device $UUID0 is there"
writes_are 0

it "a parent that is given to the machine itself"
own "$ONE" 'hostpci1 = { host = "05:00.0"; };'
hook_exits 1 100 pre-start
says 'is given to the machine itself by hostpci1'
writes_are 0

# define PARENT UUID JSON: as mdevctl does.
define() {
	mkdir -p "$ROOT/etc/mdevctl.d/$1"
	printf '%s' "$3" >"$ROOT/etc/mdevctl.d/$1/$2"
}
DEFINED=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001

it "one that mdevctl has defined, by its UUID; its parent need not be a PCI device"
define mtty $DEFINED '{
  "mdev_type": "mtty-1",
  "start": "manual",
  "attrs": []
}'
own "hostpci0 = { mdev = \"${DEFINED^^}\"; };"
hostpci_exits 0 plan 100
says "mdev $DEFINED: create mtty-1 on mtty"
hook_exits 0 100 pre-start
[[ $(readlink "$ROOT/sys/bus/mdev/devices/$DEFINED") == */virtual/mtty/mtty/* ]] || fail "it is not there"
hostpci_exits 0 showcmd 100
says "sysfsdev=/sys/bus/mdev/devices/$DEFINED,id=hostpci0"
hostpci_exits 0 showcmd 100 --output-format json
jq -e '.chosen.hostpci0 == ["mtty"]' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 0 status
says "^100 +prepared +hostpci0 +$DEFINED +mtty-1"
hostpci_exits 0 mdev list --output-format json
jq -e '.[0].defined and .[0].vmid == 100 and .[0].parent == "mtty"' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
hook_exits 0 100 post-stop
rm -r "$ROOT/etc/mdevctl.d"
as_before

it "its attributes are set before those of the policy"
define 0000:05:00.0 $DEFINED '{"mdev_type":"lab-mdev-1","start":"auto","attrs":[{"nvidia/vgpu_params":"a=1"},{"nvidia/vgpu_params":"b=2"}]}'
own "hostpci0 = { mdev = \"$DEFINED\"; mdev-attributes = \"nvidia/vgpu_params=c=3\"; };"
hook_exits 0 100 pre-start
says "set nvidia/vgpu_params to 'a=1', set nvidia/vgpu_params to 'b=2', set nvidia/vgpu_params to 'c=3'"
hook_exits 0 100 post-stop

it "a definition that is not there, or odd"
own "hostpci0 = { mdev = \"$DEFINED\"; };"
hook_exits 78 100 pre-start
says "100.conf:1: hostpci0: there is no definition $DEFINED in /etc/mdevctl.d"
for text in '' '{' '[]' '{"mdev_type":1}' '{"mdev_type":"../x"}' '{"mdev_type":"x","attrs":{}}' \
	'{"mdev_type":"x","attrs":[{"../remove":"1"}]}' '{"mdev_type":"x","attrs":[{"y":1}]}'; do
	define mtty $DEFINED "$text"
	hook_exits 78 100 pre-start
	says 'hostpci0: .*(it is no JSON|it has no mdev_type|its attrs are odd)'
done
writes_are 0

it "one that another machine has: made for it, or there before; and never while it comes or goes"
define 0000:05:00.0 $DEFINED '{"mdev_type":"lab-mdev-1"}'
own "hostpci0 = { mdev = \"$DEFINED\"; };"
policy 101 "hostpci3 = { mdev = \"$DEFINED\"; };"
hook_exits 0 100 pre-start
hostpci_exits 1 plan 101
hook_exits 1 101 pre-start
says "\[never\] hostpci3 mdev: $DEFINED is held by VM 100"
says 'what to do: stop VM 100 first; if it does not run any more: hostpci release 100'
has_no_journal 101
hook_exits 0 100 post-stop
hook_exits 0 101 pre-start
hook_exits 1 100 pre-start
says "$DEFINED is held by VM 101"
hook_exits 0 101 post-stop
create 05:00.0 lab-mdev-1 $DEFINED
now_is_before
hook_exits 0 100 pre-start
hook_exits 1 101 pre-start
says "$DEFINED is held by VM 100"
hook_exits 0 100 post-stop
as_before
own "hostpci0 = { mdev = \"$DEFINED\"; };"
hook_exits 0 100 pre-start
mv "$(journal 100)" "$ROOT/run/hostpci/vm/host.mdev.journal"
sed -i 's/"vmid":100/"vmid":0/' "$ROOT/run/hostpci/vm/host.mdev.journal"
hook_exits 1 101 pre-start
says "$DEFINED is being made or removed by hand"
says 'hostpci sweep'

it "a machine has it once"
define 0000:05:00.0 $DEFINED '{"mdev_type":"lab-mdev-1"}'
own "hostpci0 = { mdev = \"$DEFINED\"; };" "hostpci1 = { mdev = \"${DEFINED^^}\"; };"
for try in 'plan 100' 'showcmd 100'; do
	# shellcheck disable=SC2086 # words
	hostpci_exits 78 $try
	says "/etc/hostpci/vm/100.conf:2: hostpci1: mediated device $DEFINED is hostpci0 \(/etc/hostpci/vm/100.conf:1\) already: remove one"
done
hook_exits 78 100 pre-start
writes_are 0

RANDOM_UUID=7f3a1c52-0d6e-4b1f-9a87-2c4e6f8091a3
HOST_JOURNAL=run/hostpci/vm/host.mdev.journal

it "types, list: what is offered, what is there, whose it is"
hostpci_exits 0 mdev list
says '^there is no mediated device$'
own "$ONE"
hook_exits 0 100 pre-start
create 06:00.0 lab-mdev-2 8000000A-0000-0000-0000-00000000000B
hostpci_exits 0 mdev types
says '^PARENT +TYPE +NAME +AVAILABLE +MADE +DESCRIPTION$'
says '^0000:05:00.0 +lab-mdev-1 +LAB A1-1Q +4 +1 +ports=1$'
says '^0000:07:00.0 +nvidia-46 +GRID P40-1Q +2 +0 +ports=1$'
hostpci_exits 0 mdev types 06:00.0
says_not '0000:05:00.0'
hostpci_exits 0 mdev types --output-format json
jq -e '.[0] == {parent: "0000:05:00.0", type: "lab-mdev-1", name: "LAB A1-1Q", description: "ports=1", available: 4, made: 1}' \
	"$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 0 mdev list
says "^$UUID0 +lab-mdev-1 +0000:05:00.0 +100 "
says '^8000000a-0000-0000-0000-00000000000b +lab-mdev-2 +0000:06:00.0 +- '
hostpci_exits 1 mdev types 00:1c.0
says '00:1c.0 offers no mediated devices: is its driver loaded'
hostpci_exits 1 mdev types 01:00.0
says '01:00.0 is no PCI device of this host'
hostpci_exits 1 mdev types 05:00
says '05:00 is all functions of a card: name the one, like 05:00.0'
hostpci_exits 1 mdev list mtty2
says "there is no 'mtty2' that offers mediated devices"

it "create, remove: by hand, and nothing of it is left to take back"
hostpci_exits 0 mdev create 05:00.0 lab-mdev-2 --attribute nvidia/vgpu_params=a=1
says "^$RANDOM_UUID$"
made_on $RANDOM_UUID 05:00.0
params_are $RANDOM_UUID a=1
[[ ! -e $ROOT/$HOST_JOURNAL ]] || fail "there is a journal"
hostpci_exits 0 mdev create 06:00.0 'LAB A1-1Q' 83B8F4F2-509F-382F-3C1E-E6BFE0FA1001 --output-format json
jq -e '.ok and .uuid == "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001" and .type == "lab-mdev-1" and .steps[0].kind == "mdev"' \
	"$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 1 mdev create 06:00.0 lab-mdev-1 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
says 'there is one already .* on 0000:06:00.0'
hostpci_exits 0 mdev remove 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
hostpci_exits 0 mdev remove $RANDOM_UUID --verbose
says "^hostpci: the host mdev remove "
says "mdev $RANDOM_UUID: remove it \(lab-mdev-2 on 0000:05:00.0\) \([0-9]+ ms\)"
hostpci_exits 1 mdev remove $RANDOM_UUID
says 'there is no mediated device'
as_before

it "create: what cannot be is said, and taken back"
hostpci_exits 1 mdev create 05:00.0 lab-mdev-9
says "no type 'lab-mdev-9'"
hostpci_exits 64 mdev create 05:00.0 lab-mdev-1 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001x
says 'is no UUID'
hostpci_exits 64 mdev create 05:00.0 lab-mdev-1 --attribute ../remove=1
hostpci_exits 64 mdev create 05:00.0
hostpci_exits 64 mdev make
writes_are 0
hostpci_exits 1 mdev create 05:00.0 lab-mdev-1 --attribute assign=1
says 'has no such attribute: correct --attribute'
as_before

it "remove: one of a machine, and one that is open"
own "$ONE"
hook_exits 0 100 pre-start
hostpci_exits 75 mdev remove $UUID0
says "is VM 100's"
hook_exits 0 100 post-stop
create 05:00.0 lab-mdev-1 $UUID0
busy "$(node_of $UUID0)"
now_is_before
(hostpci mdev remove $UUID0 && echo "$rc" >"$DIR/$cases/rc") &
sleep 1
OTHER=8000000a-0000-0000-0000-00000000000b
(
	SIMKERNEL=$SIM LD_PRELOAD=$SHIM "$CLI" --root "$ROOT" mdev create 06:00.0 lab-mdev-1 $OTHER &&
		SIMKERNEL=$SIM LD_PRELOAD=$SHIM timeout 5 "$CLI" --root "$ROOT" mdev remove $OTHER
) >"$DIR/$cases/others" 2>&1 || fail "others wait: $(<"$DIR/$cases/others")"
wait
[[ $(<"$DIR/$cases/rc") -eq 75 ]] || fail "exits $(<"$DIR/$cases/rc")"
says "$UUID0 is still in use after 15 s: .* has /dev/vfio/[0-9]+ open. It is left as it is"
hostpci_exits 0 status
says 'no machine holds a device'
as_before
(sleep 1 && free) &
hostpci_exits 0 mdev remove $UUID0
wait
made_on $UUID0 ''

it "remove: what an earlier run has left, it goes on with, and others are in nobody's way"
create 05:00.0 lab-mdev-1 $UUID0
rule "$UUID0/remove * * errno EIO"
hostpci_exits 2 mdev remove $UUID0
no_rules
hostpci_exits 0 mdev create 06:00.0 lab-mdev-1 $RANDOM_UUID
hostpci_exits 0 mdev remove $RANDOM_UUID
run sh -c "printf 1 >'$ROOT/sys/bus/mdev/devices/$UUID0/remove'"
hostpci_exits 75 mdev create 05:00.0 lab-mdev-1 $UUID0
says "$UUID0: an earlier run on it did not come to its end: hostpci sweep takes it back"
hostpci_exits 0 sweep
as_before
create 05:00.0 lab-mdev-1 $UUID0
rule "$UUID0/remove * * errno EIO"
hostpci_exits 2 mdev remove $UUID0
no_rules
hostpci_exits 0 mdev remove $UUID0
[[ ! -e $ROOT/$HOST_JOURNAL ]] || fail "there is a journal"
as_before

it "a journal that cannot be read: what may be its machine's is not given away"
own "$ONE"
define 0000:05:00.0 $DEFINED '{"mdev_type":"lab-mdev-1"}'
policy 101 "hostpci0 = { mdev = \"$DEFINED\"; };"
hook_exits 0 100 pre-start
echo nonsense >>"$(journal 100)"
: >"$SIM/log"
hostpci_exits 0 mdev list
says "^hostpci: warning: /run/hostpci/vm/100.journal:[0-9]+: .*: a device without VMID may be that machine's"
says "^$UUID0 "
hostpci_exits 0 mdev list --quiet --output-format json
jq -e '.[0] | .vmid == null and .doubt' "$DIR/$cases/out" >/dev/null || fail "odd JSON"
hostpci_exits 1 mdev remove $UUID0
says "100.journal:[0-9]+: $UUID0 may be a machine's, whose journal cannot be read"
for phase in pre-start post-stop; do
	hook 100 $phase
	says 'what to do: give back what the journal names as hostpci-journal\(5\) says, then remove it'
	says_not 'hostpci release'
done
hostpci_exits 2 release 100
says 'what to do: give back what the journal names'
says_not 'hostpci release'
sed -i "s/$UUID0/$DEFINED/g" "$(journal 100)"
hook_exits 1 101 pre-start
says "mdev: $DEFINED may be held by VM 100, whose journal cannot be read"
writes_are 0

it "killed, the sweep takes back what was to be made, and removes what was to go"
for n in 1 2 3 4 5 6 7 8 9; do
	for when in before after; do
		rule "* * $n kill both $when"
		hostpci mdev create 05:00.0 lab-mdev-1 $UUID0 --attribute nvidia/vgpu_params=a=1
		no_rules
		[[ $rc -ne 0 ]] || break 2
		sleep 0.05
		hostpci_exits 0 sweep
		as_before
	done
done
[[ $n -gt 5 ]] || fail "only $n points"
for n in 1 2 3 4 5 6 7 8 9; do
	[[ -e $ROOT/sys/bus/mdev/devices/$UUID0 ]] || create 05:00.0 lab-mdev-1 $UUID0
	rule "* * $n kill both before"
	hostpci mdev remove $UUID0
	no_rules
	[[ $rc -ne 0 ]] || break
	sleep 0.05
	hostpci_exits 0 sweep
	[[ ! -e $ROOT/$HOST_JOURNAL ]] || fail "there is a journal"
done
[[ $n -gt 4 ]] || fail "only $n points"
as_before
finish
