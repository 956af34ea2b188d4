# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scenarios are written with. Each case (it) has a host of its own, made from
# hosts/$HOST.json; the real programs run on it with the simulated kernel preloaded.
set -u -o pipefail

# The hosts are many small files: in memory, in a name space of our own, if we may.
if [[ -z ${SIM_IN_MEMORY-} ]] && unshare -m mount -t tmpfs tmpfs /mnt 2>/dev/null; then
	SIM_IN_MEMORY=1 exec unshare -m bash "$0" "$@"
fi

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BUILD=${HOSTPCI_BUILD:-$HERE/../../build/ci}
HOOK=$BUILD/hooks/hostpci-hook
CLI=$BUILD/cli/hostpci
SHIM=$BUILD/tests/simkernel/libsimkernel.so
DIR=$(mktemp -d /tmp/hostpci-sim.XXXXXX)
[[ -z ${SIM_IN_MEMORY-} ]] || mount -t tmpfs tmpfs "$DIR"
HOST=desk CASE='' QEMU='' ROOT='' SIM='' failures=0 cases=0 rc=0 took=0

for program in "$HOOK" "$CLI" "$SHIM"; do
	[[ -e $program ]] || { echo "skipped: $program is not built"; exit 77; }
done

# shellcheck disable=SC2317 # called by the trap
clean_up() {
	# Let go of every child that a rule blocks: they end by themselves.
	for sim in "$DIR"/*/sim; do : >"$sim/go"; : >"$sim/busy"; done
	sleep 0.1
	umount -l "$DIR" 2>/dev/null
	rm -rf "$DIR"
}
trap clean_up EXIT

fail() {
	failures=$((failures + 1))
	printf 'FAIL: %s: line %s: %s\n' "$CASE" "${BASH_LINENO[1]}" "$*"
	sed 's/^/    | /' "$DIR/$cases/out" 2>/dev/null
}

make_template() {
	mkdir "$DIR/template"
	"$HERE/mkhost" "$HERE/hosts/$HOST.json" "$DIR/template" || exit 1
	ROOT=$DIR/template/root
	snapshot >"$DIR/template/before"
}

# it NAME: begins a case on a fresh host.
it() {
	CASE=$1 cases=$((cases + 1))
	[[ -d $DIR/template ]] || make_template
	cp -a "$DIR/template" "$DIR/$cases"
	ROOT=$DIR/$cases/root SIM=$DIR/$cases/sim
}

finish() {
	printf '%s: %d cases, %d failures\n' "$(basename "$0")" "$cases" "$failures"
	exit $((failures > 0))
}

# Everything that a run may change, in lines that sort; its last report does not count.
snapshot() {
	(
		cd "$ROOT" || exit 1
		find sys dev -printf '%p %y %l\n'
		grep -rI '' sys
		find run -type f ! -path run/hostpci/lock ! -name '*.report.json*' \
			! -name 'pci-id-reservations*'
	) | LC_ALL=C sort
}

# Waits for the end of a child whose parent was killed: the kernel ends it when its write is over.
settle() {
	while read -r pid; do
		while [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *hostpci* ]]; do
			sleep 0.01
		done
	done < <(sed -n 's/.*"child":\([0-9]*\).*/\1/p' "$ROOT"/run/hostpci/vm/*.journal 2>/dev/null)
}

# config VMID [LINE...]: the VM's config.
config() {
	local vmid=$1
	shift
	printf '%s\n' "$@" >"$ROOT/etc/pve/qemu-server/$vmid.conf"
}

# policy VMID [LINE...]: this node's policy for it.
policy() {
	local vmid=$1
	shift
	printf '%s\n' "$@" >"$ROOT/etc/hostpci/vm/$vmid.conf"
}

# two_parents VMID: it gets a mediated device on either of two, by a mapping (host mdev).
two_parents() {
	mkdir -p "$ROOT/etc/pve/mapping" "$ROOT/proc/sys/kernel"
	echo node1 >"$ROOT/proc/sys/kernel/hostname"
	{
		echo cards
		printf '  map id=1234:11e8,iommugroup=%s,node=node1,path=0000:%s\n' 24 05:00.0 25 06:00.0
		echo '  mdev 1'
	} >"$ROOT/etc/pve/mapping/pci.cfg"
	policy "$1" 'hostpci0 = { mapping = "cards"; mdev = "lab-mdev-1"; };'
}

# rule LINE: see rules.c. no_rules forgets them and their counts.
rule() { echo "$*" >>"$SIM/rules"; }
no_rules() {
	: >"$SIM/rules"
	rm -f "$SIM"/count.*
}

busy() { echo "$1" >>"$SIM/busy"; }
free() { : >"$SIM/busy"; }

run() {
	local begin=${EPOCHREALTIME/./}
	# The inner shell's word about a killed program is nobody's output.
	(
		timeout 90 env SIMKERNEL="$SIM" LD_PRELOAD="$SHIM" HOSTPCI_ROOT="$ROOT" "$@" \
			>"$DIR/$cases/out" 2>&1 </dev/null
		exit $?
	) 2>/dev/null
	rc=$?
	# shellcheck disable=SC2034 # the scenarios use it
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	if [[ -s $DIR/$cases/out && $(tail -c1 "$DIR/$cases/out" | wc -l) -ne 1 ]]; then
		fail "the last line of the output has no end"
	fi
}

# Before it calls post-stop, Proxmox drops the machine's reservations itself.
hook() {
	if [[ ${2-} == post-stop && -e $ROOT/run/qemu-server/pci-id-reservations ]]; then
		sed -i "/ $1 /d" "$ROOT/run/qemu-server/pci-id-reservations"
	fi
	run "$HOOK" "$@"
}
hostpci() { run "$CLI" --root "$ROOT" "$@"; }

# hook_exits CODE VMID PHASE and hostpci_exits CODE ARGUMENT...
hook_exits() {
	local want=$1
	shift
	hook "$@"
	[[ $rc -eq $want ]] || fail "hook $* exits $rc, not $want"
}

hostpci_exits() {
	local want=$1
	shift
	hostpci "$@"
	[[ $rc -eq $want ]] || fail "hostpci $* exits $rc, not $want"
}

says() { grep -qE -- "$1" "$DIR/$cases/out" || fail "does not say '$1'"; }
says_not() { ! grep -qE -- "$1" "$DIR/$cases/out" || fail "says '$1'"; }
silent() { [[ ! -s $DIR/$cases/out ]] || fail "is not silent"; }

driver() { basename "$(readlink "$ROOT/sys/bus/pci/devices/0000:$1/driver")" 2>/dev/null; }

# driver_is ADDRESS NAME: NAME '' for none.
driver_is() { [[ $(driver "$1") == "$2" ]] || fail "$1 is on '$(driver "$1")', not '$2'"; }

override_is() {
	local now
	now=$(<"$ROOT/sys/bus/pci/devices/0000:$1/driver_override")
	[[ $now == "$2" ]] || fail "driver_override of $1 is '$now', not '$2'"
}

# boot_killed N: a boot is killed at its N-th write, before or after it by turns; false: it
# has no such write.
boot_killed() {
	rule "* * $1 kill both $([[ $(($1 % 2)) -eq 0 ]] && echo before || echo after)"
	hostpci boot
	no_rules
	sleep 0.1
	[[ $rc -ne 0 ]]
}

# ovs_port FUNCTION: its interface is a port of Open vSwitch, of whose interfaces the kernel
# shows no link.
ovs_port() {
	local device name switch=$ROOT/sys/devices/virtual/net/ovs-system
	device=$(readlink -f "$ROOT/sys/bus/pci/devices/0000:$1")
	name=$(basename "$device"/net/*)
	mkdir -p "$switch" "$ROOT/sys/devices/virtual/net/vmbr0" "$ROOT/sys/class/net" "$ROOT/run"
	echo 20 >"$switch/ifindex"
	echo 21 >"$switch/../vmbr0/ifindex"
	ln -sfn ../../devices/virtual/net/ovs-system ../../devices/virtual/net/vmbr0 "$ROOT/sys/class/net"
	ln -s "../../${device#"$ROOT"/sys/}/net/$name" "$ROOT/sys/class/net/$name"
	ln -s "../../../../../../class/net" "$device/net/$name/subsystem"
	ln -s "../../../../../virtual/net/ovs-system" "$device/net/$name/master"
	ln -s "../../../../../virtual/net/ovs-system" "$device/net/$name/upper_ovs-system"
	ln -s "../../../../${device#"$ROOT"/sys/devices/}/net/$name" "$switch/lower_$name"
	printf '%s\n' 'link 20 ovs-system openvswitch' 'link 21 vmbr0 openvswitch' \
		'link 22 tap100i0 tun' >"$ROOT/run/netlink"
}

# netdev_of ADDRESS: the folder of its interface, which is in its class from now on.
netdev_of() {
	local netdev
	netdev=$(readlink -f "$ROOT/sys/bus/pci/devices/0000:$1"/net/*)
	mkdir -p "$ROOT/sys/class/net"
	ln -s ../../../../../../class/net "$netdev/subsystem"
	ln -s "../../${netdev#"$ROOT"/sys/}" "$ROOT/sys/class/net/${netdev##*/}"
	echo "$netdev"
}

# bridge_port ADDRESS: the interface of this device is a port of br0.
bridge_port() {
	mkdir -p "$ROOT/sys/class/net/br0/bridge"
	ln -s ../../../../../../class/net/br0 "$(netdev_of "$1")/master"
}

writes() { grep -c '^write' "$SIM/log"; }
writes_are() { [[ $(writes) -eq $1 ]] || fail "$(writes) writes, not $1"; }
journal() { echo "$ROOT/run/hostpci/vm/$1.journal"; }
has_journal() { [[ -e $(journal "$1") ]] || fail "VM $1 has no journal"; }
has_no_journal() { [[ ! -e $(journal "$1") ]] || fail "VM $1 has a journal"; }

# Times have passed: a record of VM 100 without one is old, its reservations are over.
long_ago() {
	[[ ! -e $(journal 100) ]] || sed -i -E 's/,"at":[0-9]+//' "$(journal 100)"
	[[ ! -e $ROOT/run/qemu-server/pci-id-reservations ]] ||
		sed -i -E 's/( 100 time:).*/\11/' "$ROOT/run/qemu-server/pci-id-reservations"
}

# qemu VMID: something whose command line is that of the machine's QEMU runs, and Proxmox
# knows its pid; qemu_ends.
qemu() {
	mkfifo "$SIM/pipe"
	sh -c 'read -r line' kvm -id "$1" <>"$SIM/pipe" &
	QEMU=$!
	echo $QEMU >"$ROOT/run/qemu-server/$1.pid"
	until grep -qs kvm "/proc/$QEMU/cmdline"; do sleep 0.01; done
	[[ ! -e $ROOT/run/qemu-server/pci-id-reservations ]] ||
		sed -i -E "s/( $1 )time:.*/\1pid:$QEMU/" "$ROOT/run/qemu-server/pci-id-reservations"
}
qemu_ends() {
	kill "$QEMU"
	wait "$QEMU" 2>/dev/null
	rm "$SIM/pipe" "$ROOT"/run/qemu-server/*.pid
}

# The case's host as it is now is what as_before compares with.
now_is_before() { snapshot >"$DIR/$cases/before"; }

# Nothing of the host differs from the beginning of the case.
as_before() {
	local difference
	difference=$(diff "$DIR/$cases/before" <(snapshot)) ||
		fail "the host is not as before: $difference"
	! grep -q ENOTRECOVERABLE "$SIM/log" || fail "a write that no kernel knows"
}
