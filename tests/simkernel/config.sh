#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Configurations that are missing, wrong, or changed between start and stop.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

it "a machine without hostpci line is none of our business"
config 100 'memory: 512'
for phase in pre-start post-start pre-stop post-stop; do
	hook_exits 0 100 $phase
	silent
done
[[ ! -e $ROOT/run/hostpci ]] || fail "/run/hostpci was made"

it "a machine that is not there"
hook_exits 78 100 pre-start
says 'there is no VM 100'
for phase in post-start pre-stop post-stop; do hook_exits 0 100 $phase; done
[[ ! -e $ROOT/run/hostpci ]] || fail "/run/hostpci was made"

it "a line that Proxmox drops is warned about, and the rest is done"
config 100 'hostpci0: 02:00.0,pice=1' 'hostpci1: 02:00.1'
hook_exits 0 100 pre-start
says "warning: /etc/pve/qemu-server/100.conf:1: .*unknown option 'pice' \(did you mean 'pcie'\?\)"
driver_is 02:00.0 igb
driver_is 02:00.1 vfio-pci
hook_exits 0 100 post-stop
as_before

it "strict makes it fatal"
config 100 'hostpci0: 02:00.0,pice=1' 'hostpci1: 02:00.1'
policy 100 'strict = true;'
hook_exits 78 100 pre-start
says '/etc/pve/qemu-server/100.conf:1: '
writes_are 0

while IFS='|' read -r text line words; do
	it "a policy: $text"
	config 100 'hostpci0: 02:00.0'
	printf '%b' "$text" >"$ROOT/etc/hostpci/vm/100.conf"
	hook_exits 78 100 pre-start
	says "/etc/hostpci/vm/100.conf:$line.*$words"
	writes_are 0
	has_no_journal 100
done <<'END'
return = "home";|1|'return' is 'home', not one of: host, vfio, none
\nstrict = 1;|2|'strict' takes true or false
deadline = 0;|1|'deadline' is 0, not within 1 and 600
deadline = 4294967297;|1|too large
\n\n@include "/etc/shadow"|3|@include is not allowed
hostpci0 = "x";|1|must be a group
return = |1|syntax error
END

it "an unknown key in a policy is a warning"
config 100 'hostpci0: 02:00.0'
policy 100 '' 'retrun = "none";'
hook_exits 0 100 pre-start
says "warning: /etc/hostpci/vm/100.conf:2: unknown key 'retrun' is ignored \(did you mean 'return'\?\)"

it "a policy that others may write is not believed"
config 100 'hostpci0: 02:00.0'
policy 100 'return = "none";'
chmod 666 "$ROOT/etc/hostpci/vm/100.conf"
hook_exits 78 100 pre-start
says 'can be written by others'
writes_are 0

it "nor the config of a machine without Proxmox"
own=$ROOT/etc/hostpci/qemu-server/201.conf
mkdir -p "${own%/*}"
echo 'hostpci0: 02:00.0' >"$own"
chmod 666 "$own"
hook_exits 78 201 pre-start
says '/etc/hostpci/qemu-server/201.conf: can be written by others'
hostpci_exits 78 config 201
says 'can be written by others'
chmod 640 "$own"
chown 1000 "$own"
if [[ $(stat -c %u "$own") -ne $EUID ]]; then
	hook_exits 78 201 pre-start
	says 'belongs to user 1000: it steers what root does'
fi
chown $EUID "$own"
writes_are 0
hook_exits 0 201 pre-start
driver_is 02:00.0 vfio-pci
hook_exits 0 201 post-stop
as_before

it "a policy alone declares a machine"
policy 100 'hostpci0 = { host = "02:00.0"; };'
hook_exits 0 100 pre-start
driver_is 02:00.0 vfio-pci
hook_exits 0 100 post-stop
as_before

it "a policy names another device than Proxmox's line: Proxmox would give the one that nobody looked at"
config 100 'machine: q35' 'hostpci0: 02:00.1'
policy 100 '' 'hostpci0 = { host = "02:00.0"; };'
hook_exits 78 100 pre-start
says "/etc/hostpci/vm/100.conf:2: hostpci0: host names another device than Proxmox's own line, /etc/pve/qemu-server/100.conf:2,"
hostpci_exits 78 showcmd 100
writes_are 0
policy 100 'hostpci0 = { host = "0000:02:00.1"; };'
hook_exits 0 100 pre-start
says_not warning
driver_is 02:00.1 vfio-pci
hook_exits 0 100 post-stop
as_before

it "what Proxmox alone shows the guest has no effect in a policy"
config 100 'machine: q35' 'hostpci0: 02:00.0'
policy 100 'hostpci0 = { pcie = true; };'
hook_exits 0 100 pre-start
says "warning: /etc/hostpci/vm/100.conf:1: hostpci0: pcie is not as in Proxmox's own line"
hostpci_exits 0 showcmd 100
says 'bus=pci.0,addr=0x10'
hook_exits 0 100 post-stop
as_before

it "for libvirt: a card with pcie=1 is behind a root port, its functions in one slot"
config 100 'machine: q35' 'hostpci0: 02:00' 'hostpci1: 03:00,pcie=1' 'hostpci2: 01:00.0,pcie=1'
hostpci_exits 0 showcmd 100 --format libvirt-xml
says "bus='0x00' slot='0x10' function='0x0' multifunction='on'/>"
says "bus='0x11' slot='0x00' function='0x0' multifunction='on'/>"
says "bus='0x11' slot='0x00' function='0x1'/>"
says_not "bus='0x12'"
config 100 'machine: q35' 'ostype: win7' 'hostpci1: 03:00,pcie=1'
hostpci_exits 0 showcmd 100 --format libvirt-xml
says "bus='0x00' slot='0x11' function='0x1'/>"

it "a device that Proxmox does not know of: it would not give it to the guest"
config 100 'name: x'
policy 100 'hostpci0 = { host = "02:00.0"; };'
hook_exits 0 100 pre-start
says 'warning: /etc/hostpci/vm/100.conf:1: hostpci0 has no line in /etc/pve/qemu-server/100.conf, and Proxmox gives'
driver_is 02:00.0 vfio-pci
hook_exits 0 100 post-stop
policy 100 'strict = true;' 'hostpci0 = { host = "02:00.0"; };'
hook_exits 78 100 pre-start
says '/etc/hostpci/vm/100.conf:2: hostpci0 has no line'
config 100 'args: -device vfio-pci,host=02:00.0'
hook_exits 0 100 pre-start
says_not warning
hook_exits 0 100 post-stop
as_before

it "this node's policy wins over the cluster's"
config 100 'hostpci0: 02:00.0'
echo 'return = "vfio";' >"$ROOT/etc/pve/hostpci/vm/100.conf"
hook_exits 0 100 pre-start
policy 100 'return = "host";'
hook_exits 0 100 post-stop
says 'stays on vfio-pci'
hostpci_exits 0 release 100
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "the configuration is deleted while the machine runs"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
rm "$ROOT/etc/pve/qemu-server/100.conf"
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "another device is written there while the machine runs"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
config 100 'hostpci0: 02:00.1'
hook_exits 0 100 post-stop
driver_is 02:00.1 igb
as_before

it "a broken policy does not keep a device from going back"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
policy 100 'return = '
hook_exits 0 100 post-stop
as_before

it "after a crash the next start takes another device, and gives back the first"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
config 100 'hostpci0: 02:00.1'
hook_exits 0 100 pre-start
driver_is 02:00.0 igb
driver_is 02:00.1 vfio-pci
hook_exits 0 100 post-stop
as_before

it "after a crash and with no device left in the configuration all goes back"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
config 100 'memory: 512'
hook_exits 0 100 pre-start
driver_is 02:00.0 igb
has_no_journal 100
as_before

it "a mediated device of a card that offers none: Proxmox would not start it either"
config 100 'hostpci1: 03:00.0,mdev=nvidia-63'
hook_exits 1 100 pre-start
says '0000:03:00.0 offers no mediated devices'
writes_are 0
as_before

it "what stands in a snapshot is not taken"
config 100 'memory: 512' '[before]' 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
silent
driver_is 02:00.0 igb

it "a damaged journal is refused by file and line"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
sed -i '2s/.*/{"hold":"..\/x"}/' "$(journal 100)"
for phase in pre-start post-stop; do
	hook 100 $phase
	[[ $rc -ne 0 ]] || fail "$phase exits 0"
	says '/run/hostpci/vm/100.journal:2: '
done
driver_is 02:00.0 vfio-pci

it "what the configuration names and this host does not have is told"
config 100 'hostpci0: 02:00.0,romfile=nope.rom' 'hostpci1: 02:00.1,romfile=0'
printf '%s\n' 'protect = [ "77:00.1", "0000:78:00", "03:00.0" ];' 'nodes = { pve9 = { protect = [ "02:00.0" ]; }; };' \
	>"$ROOT/etc/hostpci/hostpci.conf"
hostpci_exits 0 plan 100
says '100.conf:1: hostpci0: romfile: /usr/share/kvm/nope.rom is not there'
says_not 'hostpci1: romfile'
says 'this host has no device 0000:77:00.1$'
says 'this host has no device 0000:78:00$'
says_not 'this host has no device 0000:03'
says_not 'pve9' # nobody knows
mkdir -p "$ROOT/etc/pve/nodes/here" "$ROOT/usr/share/kvm"
: >"$ROOT/usr/share/kvm/nope.rom"
hostpci_exits 0 plan 100
says "/etc/hostpci/hostpci.conf:2: the cluster has no node 'pve9'"
says_not 'romfile'
for arguments in 'plan 100' 'mapping check' list 'config 100'; do
	# shellcheck disable=SC2086 # they are several
	hostpci_exits 78 $arguments --node pve9
	says "the cluster has no node 'pve9'"
	# shellcheck disable=SC2086
	hostpci_exits 64 $arguments --node ../here
	says "'../here' is no name of a node"
done
hostpci_exits 78 plan 100 --node here
says 'neither /etc/pve/nodes/here/qemu-server/100.conf'

it "usage"
for arguments in '' 100 'x pre-start' '99 pre-start' '100 start' '100 pre-start x' '0100 pre-start'; do
	# shellcheck disable=SC2086 # they are several
	hook_exits 64 $arguments
	says '^usage: hostpci-hook VMID'
done
hook_exits 0 --help
hook_exits 0 --version
[[ ! -e $ROOT/run/hostpci ]] || fail "/run/hostpci was made"

it "a root that is not below /tmp"
run env HOSTPCI_ROOT=/etc "$HOOK" 100 pre-start
[[ $rc -eq 64 ]] || fail "exits $rc"
says 'not below /tmp'

it "two starts at once: one waits for the other"
config 100 'hostpci0: 02:00.0'
config 101 'hostpci0: 02:00.1'
rule 'drivers/igb/unbind * * delay 2000'
SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 pre-start >/dev/null 2>&1 &
first=$!
sleep 0.2
# Another machine does not wait for it: the host's lock is not held while writing.
hook_exits 0 101 pre-start
[[ $took -lt 3700 ]] || fail "it waited for the other machine: $took ms"
no_rules
hook_exits 0 100 pre-start
wait $first || fail "the first start failed"
hook_exits 0 100 post-stop
hook_exits 0 101 post-stop
as_before

finish
