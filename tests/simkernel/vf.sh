#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What policy sets of virtual functions: by rtnetlink for network cards, in files of their
# card for graphics cards.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
HOST=vfs

VF=0000:02:10.0

# vf SETTING...: a machine with the card's first function, and what the policy sets of it.
vf() {
	config 100 'hostpci0: 02:10.0'
	policy 100 "hostpci0 = { $* };"
}
# set_is SETTING VALUE [ADDRESS]: what the card has set.
set_is() {
	grep -qx "$1 $2" "$ROOT/sys/netlink/${3:-$VF}" ||
		fail "$1 is '$(grep "^$1 " "$ROOT/sys/netlink/${3:-$VF}")', not '$2'"
}
card_down() { sed -i 's/^up 1/up 0/' "$ROOT/sys/netlink/0000:02:00.0"; }
quota() { echo "$ROOT/sys/bus/pci/devices/0000:03:00.0/sriov_admin/vf$1/profile/$2"; }

it "what is set is set while the machine has it, and taken back before the host's driver"
vf 'mac = "02:00:00:00:01:01"; vlan = 100; vlan-qos = 3; trust = true; spoof-check = false;' \
	'max-rate = 500;'
hook_exits 0 100 pre-start
set_is mac 02:00:00:00:01:01
set_is vlan 100:3:802.1Q
set_is trust on
set_is spoof-check off
set_is max-rate 500
driver_is 02:10.0 vfio-pci
: >"$SIM/log"
hook_exits 0 100 post-stop
grep '^write' "$SIM/log" | cut -f5 | grep -n . | grep -oE '[0-9]+:.*(netlink/mac|igbvf/bind)' |
	tr '\n' ' ' | grep -q '^[0-9]*:.*netlink/mac [0-9]*:.*igbvf/bind' ||
	fail "the address comes back after the driver"
has_no_journal 100
as_before

it "auto is the same address at each start, and another for each function"
vf 'mac = "auto";'
hook_exits 0 100 pre-start
first=$(cat "$ROOT/sys/netlink/$VF")
hook_exits 0 100 post-stop
config 101 'hostpci0: 02:10.2'
policy 101 'hostpci0 = { mac = "auto"; };'
hook_exits 0 101 pre-start
hook_exits 0 100 pre-start
[[ $(cat "$ROOT/sys/netlink/$VF") == "$first" ]] || fail "it has changed"
[[ $(head -n 1 "$ROOT/sys/netlink/$VF") =~ ^mac\ .[26ae]: ]] || fail "it is not locally administered"
[[ $(head -n 1 "$ROOT/sys/netlink/0000:02:10.2") != "$(head -n 1 <<<"$first")" ]] ||
	fail "two functions have the same"
hook_exits 0 100 post-stop
hook_exits 0 101 post-stop
as_before

it "what is set already is not set again, and nothing is taken back"
vf 'vlan = 0; spoof-check = true; link-state = "auto"; max-rate = 0;'
hook_exits 0 100 pre-start
! grep -q netlink/ "$SIM/log" || fail "it was set again"
hook_exits 0 100 post-stop
as_before

it "but for an address: the driver's own would go with the driver"
vf 'mac = "0A:00:00:00:00:01";'
hook_exits 0 100 pre-start
set_is mac 0a:00:00:00:00:01
grep -q '^write.*netlink/mac' "$SIM/log" || fail "it was not set"
: >"$SIM/log"
hook_exits 0 100 pre-start # once more, without a stop
! grep -q netlink/ "$SIM/log" || fail "it was set again"
hook_exits 0 100 post-stop
as_before

it "what the driver cannot do and endangers nobody is told"
vf 'vlan = 5; min-rate = 10; link-state = "enable";'
hook_exits 0 100 pre-start
says "hostpci0 $VF: set min-rate to 10 .*knows no minimum.*: it is left as it was"
says "hostpci0 $VF: set link-state to enable .*: its card's driver cannot do that: it is left as it was"
set_is vlan 5:0:802.1Q
: >"$SIM/log"
hook_exits 0 100 post-stop
[[ $(grep -c '^write.*netlink/' "$SIM/log") -eq 1 ]] || fail "what was not set is taken back"
as_before

while IFS='|' read -r setting words; do
	it "what would endanger others is a failure: $setting"
	vf "$setting"
	hook_exits 1 100 pre-start
	says "hostpci0 $VF: .*$words"
	says 'the host is as before'
	as_before
done <<'END'
vlan = 5; vlan-protocol = "802.1ad";|no VLANs of this protocol: take vlan-protocol out
link-state = "disable";|cannot do that
max-rate = 5000;|refuses the value .*the link is down or slower
END

it "a driver that does not tell: told, or refused where it endangers others"
sed -i 's/^trust .*/trust -/; s/^spoof-check .*/spoof-check -/' "$ROOT/sys/netlink/$VF"
now_is_before
vf 'trust = true; vlan = 5;'
hook_exits 0 100 pre-start
says "trust = on: its card's driver does not tell what it is"
hook_exits 0 100 post-stop
vf 'spoof-check = true;'
hook_exits 1 100 pre-start
says "spoof-check: its card's driver does not tell what it is"
as_before

it "what the card loses is seen, and fails"
vf 'vlan = 5;'
rule 'netlink/vlan * * lie'
hook_exits 1 100 pre-start
says "set vlan to 5:0:802.1Q: its card shows '0:0:802.1Q' instead"
as_before

it "a card that is busy for a moment"
vf 'mac = "auto";'
rule 'netlink/mac * 1 errno EBUSY'
rule 'netlink/mac * 2 errno EAGAIN'
hook_exits 0 100 pre-start
no_rules
hook_exits 0 100 post-stop
as_before

it "a card that is busy for ever"
vf 'mac = "auto";'
rule 'netlink/mac * * errno EBUSY'
hook_exits 1 100 pre-start
says 'its card is busy with it'
as_before

it "what the card does not take back keeps the function from no driver"
vf 'vlan = 5; trust = true;'
hook_exits 0 100 pre-start
rule 'netlink/vlan * * errno EIO'
hook_exits 2 100 post-stop
says 'set vlan to .*(errno 5)'
driver_is 02:10.0 igbvf
no_rules
hostpci_exits 0 sweep
has_no_journal 100
as_before

it "and the next start, with another value, gives back what was found at first"
vf 'vlan = 5; max-rate = 100;'
hook_exits 0 100 pre-start
rule 'netlink/vlan * * errno EIO'
hook_exits 2 100 post-stop
driver_is 02:10.0 igbvf
set_is vlan 5:0:802.1Q
set_is max-rate 0
no_rules
vf 'vlan = 7;'
hook_exits 0 100 pre-start
set_is vlan 7:0:802.1Q
driver_is 02:10.0 vfio-pci
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "another machine does not get what is not all given back"
vf 'vlan = 5;'
hook_exits 0 100 pre-start
rule 'netlink/vlan * * errno EIO'
hook_exits 2 100 post-stop
no_rules
config 101 'hostpci0: 02:10.0'
hook_exits 1 101 pre-start
says 'VM 100'
hostpci_exits 0 release 100
hook_exits 0 101 pre-start
hook_exits 0 101 post-stop
as_before

it "the card's interface is down: refused, as what is set could be lost"
card_down
now_is_before
vf 'mac = "auto";'
hook_exits 1 100 pre-start
says "hostpci0 $VF: its card's interface enp2s0 is down, .*: ip link set enp2s0 up first"
writes_are 0
as_before
vf 'trust = false;' # it is so
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
as_before

it "it goes down between the look and the step"
vf 'mac = "auto"; trust = true;'
rule 'igbvf/unbind * 1 then sys/netlink/0000:02:00.0 up'
hook_exits 1 100 pre-start
says "set mac to .*: its card's interface enp2s0 is down"
no_rules
driver_is 02:10.0 igbvf

it "it is down when the machine stops: what the card shows counts"
vf 'vlan = 5;'
hook_exits 0 100 pre-start
card_down
hook_exits 0 100 post-stop
set_is vlan 0:0:802.1Q
driver_is 02:10.0 igbvf

it "an administrator who sets it meanwhile is right; a guest that changes its address is not"
vf 'vlan = 5; mac = "auto"; trust = true;'
hook_exits 0 100 pre-start
sed -i 's/^vlan .*/vlan 7:0:802.1Q/; s/^mac .*/mac 02:00:00:00:00:99/' "$ROOT/sys/netlink/$VF"
hook_exits 0 100 post-stop
says "set vlan to 0:0:802.1Q .*: somebody else has set it to '7:0:802.1Q' meanwhile: left so"
set_is vlan 7:0:802.1Q
set_is mac 0a:00:00:00:00:01
set_is trust off

it "a driver that does not forget an address gets the other empty one"
config 100 'hostpci0: 02:10.4'
policy 100 'hostpci0 = { mac = "auto"; };'
hook_exits 0 100 pre-start
rule 'netlink/mac 00:00:00:00:00:00 * errno EINVAL'
hook_exits 0 100 post-stop
set_is mac 02:00:00:00:00:00 0000:02:10.4
has_no_journal 100

it "a function that is gone has nothing to take back"
vf 'vlan = 5;'
hook_exits 0 100 pre-start
rm "$ROOT/sys/bus/pci/devices/$VF"
hook_exits 0 100 post-stop
says 'the device is gone'
has_no_journal 100

it "what a machine keeps over a reboot stays set"
vf 'vlan = 5;'
hook_exits 0 100 pre-start
: >"$ROOT/run/qemu-server/100.reboot"
hook_exits 0 100 post-stop
set_is vlan 5:0:802.1Q
rm "$ROOT/run/qemu-server/100.reboot"
vf 'vlan = 6;'
hook_exits 0 100 pre-start
set_is vlan 6:0:802.1Q
hook_exits 0 100 post-stop
as_before

it "a machine whose policy no longer sets it starts with what was there before"
vf 'vlan = 5;'
hook_exits 0 100 pre-start
rm "$ROOT/etc/hostpci/vm/100.conf"
hook_exits 0 100 post-stop
as_before

while IFS='|' read -r code line setting words; do
	it "refused before the first write: $setting for $line"
	config 100 "hostpci0: $line"
	policy 100 "hostpci0 = { $setting };"
	hook_exits "$code" 100 pre-start
	says "$words"
	writes_are 0
	as_before
done <<'END'
78|02:00.1|mac = "auto";|02:00.1: mac, vlan and the like: it is no virtual function
78|03:00.1|vlan = 5;|03:00.1: mac, vlan and the like: its physical function has no network interface here, as it is no network card: take them out
78|02:10.0|min-rate = 20; max-rate = 10;|min-rate: is more than max-rate
78|02:10.0|vf-attributes = [ "profile/exec_quantum_ms=20" ];|profile/exec_quantum_ms: its physical function has no such file
78|03:00.1|vf-attributes = [ "profile/nothing=20" ];|profile/nothing: its physical function has no such file
END

it "two devices of a machine with one address"
config 100 'hostpci0: 02:10.0' 'hostpci1: 02:10.2'
policy 100 'hostpci0 = { mac = "02:00:00:00:01:0a"; };' 'hostpci1 = { mac = "02:00:00:00:01:0A"; };'
hook_exits 78 100 pre-start
says "hostpci0 $VF: mac: 02:00:00:00:01:0a is the address of hostpci1 0000:02:10.2 as well: write another"
writes_are 0
as_before

it "of two cards they may be one interface in the guest"
config 100 'hostpci0: 02:10.0' 'hostpci1: 02:11.0'
policy 100 'hostpci0 = { mac = "02:00:00:00:01:0a"; };' 'hostpci1 = { mac = "02:00:00:00:01:0a"; };'
hook_exits 0 100 pre-start
says "hostpci0 $VF: mac: .* is the address of hostpci1 0000:02:11.0 as well: .*unless they are one interface in the guest"
hook_exits 0 100 post-stop
as_before

it "two machines with one address: refused, and waited for one that is just going"
vf 'mac = "02:00:00:00:01:0a";'
config 101 'hostpci3: 02:10.2'
policy 101 'hostpci3 = { mac = "02:00:00:00:01:0a"; };'
hook_exits 0 100 pre-start
: >"$SIM/log"
hook_exits 1 101 pre-start
says 'hostpci3 0000:02:10.2: mac = 02:00:00:00:01:0a is the address of VM 100.s virtual function 0000:02:10.0 as well'
says 'what to do: write another address, or "auto", or stop VM 100 first'
writes_are 0
hook_exits 0 100 pre-start # its own is none
hook_exits 0 100 post-stop
hook_exits 0 101 pre-start
hook_exits 0 101 post-stop
as_before

while IFS='|' read -r setting words; do
	it "a policy: $setting"
	vf "$setting"
	hook_exits 78 100 pre-start
	says "/etc/hostpci/vm/100.conf:1: .*$words"
	writes_are 0
done <<'END'
mac = "01:00:00:00:00:01";|'mac' has the wrong form
mac = "2:0:0:0:0:1";|'mac' has the wrong form
vlan = 4095;|'vlan' is 4095, not within 0 and 4094
vlan-qos = 8;|'vlan-qos' is 8
vlan-protocol = "q";|'vlan-protocol' is 'q', not one of: 802.1Q, 802.1ad
vf-attributes = [ "../../../reset=1" ];|'vf-attributes' has '../../../reset=1'
vf-attributes = [ "/sys/x=1" ];|'vf-attributes' has '/sys/x=1'
vf-attributes = [ "profile/../stop=1" ];|'vf-attributes' has 'profile/../stop=1'
END

it "what a graphics card allots: found, set, and put back; the folders count from 1"
config 100 'hostpci0: 03:00.2'
policy 100 'hostpci0 = { vf-attributes = [ "profile/exec_quantum_ms=20",' \
	'"profile/vram_quota=4294967296", "profile/sched_priority=normal" ]; };'
hook_exits 0 100 pre-start
[[ $(<"$(quota 2 exec_quantum_ms)") == 20 ]] || fail "it is not set"
[[ $(<"$(quota 2 vram_quota)") == 4294967296 ]] || fail "it is not set"
[[ $(<"$(quota 1 exec_quantum_ms)") == 10 ]] || fail "it is set for the wrong one"
hook_exits 0 100 post-stop
has_no_journal 100
as_before

HOST=pool
rm -rf "$DIR/template"
it "what a card allots is set before it makes the functions, or else it has shared out all"
allotted() { cat "$ROOT/sys/bus/pci/devices/0000:04:00.0/sriov_admin/vf$1/profile/vram_quota"; }
twelve=12884901888 two=2147483648
echo "sriov = ( { pf = \"04:00.0\"; vfs = 2; temporary = true; vf-attributes = [ \"profile/vram_quota=$two\" ]; } );" \
	>"$ROOT/etc/hostpci/hostpci.conf"
config 100 'hostpci0: 04:00.1'
policy 100 "hostpci0 = { vf-attributes = [ \"profile/vram_quota=$twelve\", \"profile/exec_quantum_ms=20\" ]; };"
now_is_before
hostpci_exits 0 plan 100
[[ $(grep -c 'vram_quota of function' "$DIR/$cases/out") -eq 2 ]] || fail "the plan lacks one"
says_not 'hostpci0 0000:04:00.1: set profile'
hook_exits 0 100 pre-start
[[ $(allotted 1) == "$twelve" && $(allotted 2) == "$two" ]] || fail "$(allotted 1) and $(allotted 2)"
awk -F'\t' '$1 == "write" && $5 ~ /numvfs|sriov_admin/ { n = split($5, p, "/"); printf "%s ", p[n] }' "$SIM/log" |
	grep -q '^vram_quota exec_quantum_ms vram_quota sriov_numvfs $' || fail "in another order"
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "the last of two takes back all that the first has set for the functions to be made"
quantum() { cat "$ROOT/sys/bus/pci/devices/0000:04:00.0/sriov_admin/vf$1/profile/exec_quantum_ms"; }
two_share() {
	echo 'sriov = ( { pf = "04:00.0"; vfs = 2; temporary = true; vf-attributes = [ "profile/exec_quantum_ms=20" ]; } );' \
		>"$ROOT/etc/hostpci/hostpci.conf"
	config 100 'hostpci0: 04:00.1'
	config 101 'hostpci0: 04:00.2'
}
two_share
now_is_before
hook_exits 0 100 pre-start
: >"$SIM/log"
hook_exits 0 101 pre-start
! grep -qE '^write.*(numvfs|autoprobe|sriov_admin)' "$SIM/log" || fail "the second sets it again"
hook_exits 0 100 post-stop
says '0000:04:00.0 keeps its virtual functions: VM 101 has 0000:04:00.2'
[[ $(quantum 1) == 20 && $(quantum 2) == 20 ]] || fail "it does not stay: $(quantum 1), $(quantum 2)"
# One that comes now is the last of three.
hook_exits 0 100 pre-start
hook_exits 0 101 post-stop
hook_exits 0 100 post-stop
has_no_journal 101
as_before

it "and what was there before: another number, which the kernel gets to through none"
hostpci_exits 0 sriov set 04:00.0 1
two_share
now_is_before
config 100 'hostpci0: 04:00.2'
config 101 'hostpci0: 04:00.1'
hook_exits 0 100 pre-start
hook_exits 0 101 pre-start
hook_exits 0 100 post-stop
hook_exits 0 101 post-stop
has_no_journal 101
as_before

it "settings of a network card for what is none: of a function that is to be made, too"
while IFS='|' read -r entry address; do
	echo "sriov = ( $entry );" >"$ROOT/etc/hostpci/hostpci.conf"
	config 100 "hostpci0: $address"
	now_is_before
	hook_exits 78 100 pre-start
	says "$address: mac, vlan and the like: .*it is no network card: take them out of the policy"
	as_before
done <<'END'
{ pf = "04:00.0"; vfs = 2; vlan = 5; }|04:00.1
{ pf = "04:00.0"; vfs = 2; vf = ( { index = 1; mac = "auto"; } ); }|04:00.2
{ pf = "03:00.0"; vfs = 2; trust = false; }|03:00.1
END
hostpci_exits 0 boot
says '0000:03:00.0 is no network card: mac, vlan and the like cannot be set .*take them out of /etc/hostpci/hostpci.conf:1'

it "there already, all is shared out: what is more than is left is refused in words"
echo 'sriov = ( { pf = "04:00.0"; vfs = 2; } );' >"$ROOT/etc/hostpci/hostpci.conf"
hostpci_exits 0 sriov set 04:00.0 2
now_is_before
config 100 'hostpci0: 04:00.1'
policy 100 "hostpci0 = { vf-attributes = [ \"profile/vram_quota=$twelve\" ]; };"
hook_exits 1 100 pre-start
says 'set profile/vram_quota to 12884901888: its card has not that much left'
as_before

it "what cannot be set before is told, and set when the function is there"
echo 'sriov = ( { pf = "04:00.0"; vfs = 2; temporary = true; } );' >"$ROOT/etc/hostpci/hostpci.conf"
config 100 'hostpci0: 04:00.1'
policy 100 'hostpci0 = { vf-attributes = [ "profile/exec_quantum_ms=20" ]; };'
now_is_before
rule 'vf1/profile/exec_quantum_ms * 1 errno EIO'
hook_exits 0 100 pre-start
says 'set profile/exec_quantum_ms of function 0 to 20 .*it is left as it was'
[[ $(cat "$ROOT/sys/bus/pci/devices/0000:04:00.0/sriov_admin/vf1/profile/exec_quantum_ms") == 20 ]] || fail "it is not set"
no_rules
hook_exits 0 100 post-stop
as_before

HOST=vfs
rm -rf "$DIR/template"
it "what nobody may set there"
config 100 'hostpci0: 03:00.2'
policy 100 'hostpci0 = { vf-attributes = [ "profile/sched_priority=low" ]; };'
hook_exits 1 100 pre-start
says 'set profile/sched_priority to low: .*lets nobody set it: take it out of vf-attributes'
as_before

it "without rtnetlink"
rm "$ROOT/run/netlink"
now_is_before
vf 'vlan = 5;'
hook_exits 1 100 pre-start
says 'has no network interface here'
as_before

finish
