#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL at every point of a run: the program, its child or both, before and after each
# write to the kernel, before and after each record of the journal, and in the middle of it.
# Which points there are the run itself shows: it is killed at the first, the second, ...
# write until there is none. Then one of these follows: the next start and stop, a sweep, or
# a release; and the host is as it was, but for what a machine shall keep.
#
#   killed.sh [SCENARIO...]     all of them without one
#
# Each point is healed in one of the three ways, by turns; the program dies before each write
# and record, of the other points every second or third is taken. With HOSTPCI_TESTS_FULL=1
# all, in all ways.
# shellcheck disable=SC2317 # set_up_NAME and heal_NAME are called by name
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
HOST=shelf
FULL=${HOSTPCI_TESTS_FULL:-}
DISK=01:00.0 NIC=hostpci0:\ 02:00.0 GPU=hostpci1:\ 03:00.0 VGPU=hostpci2:\ 41:00.4,mdev=nvidia-557

# A scenario is set_up_NAME, after which its action is killed: pre-start, post-stop, release
# or sweep. `used`: a guest had the disk, so that the host must not get it by itself.
SCENARIOS=(start-card start-group start-two start-reset start-adopting start-changed
	stop-card stop-two reboot release sweep start-vf stop-vf start-nvme stop-nvme
	start-made stop-made start-allotted start-shared stop-shared
	start-vgpu stop-vgpu start-mdev stop-mdev start-second boot-drivers)
declare -A ACTION=([stop-card]=post-stop [stop-two]=post-stop [reboot]=post-stop
	[release]=release [sweep]=sweep [stop-vf]=post-stop [stop-nvme]=post-stop [stop-made]=post-stop [stop-vgpu]=post-stop
	[stop-mdev]=post-stop [stop-shared]=post-stop [boot-drivers]=boot)
declare -A HOST_OF=([start-vf]=vfs [stop-vf]=vfs [start-nvme]=pool [stop-nvme]=pool [start-made]=pool [stop-made]=pool [start-allotted]=pool [start-shared]=pool [stop-shared]=pool [start-second]=mdev)
declare -A USED=([start-adopting]=1 [stop-two]=1 [reboot]=1 [sweep]=1)

ran() {
	hook_exits 0 100 pre-start
	hook_exits 0 100 post-start
}
set_up_start-card() { config 100 "$NIC"; }
set_up_start-group() { config 100 "$GPU"; }
set_up_start-two() { config 100 "$NIC" "hostpci2: $DISK"; }
set_up_start-reset() {
	config 100 "$NIC"
	policy 100 'reset = "default";'
}
set_up_start-adopting() {
	config 100 "$NIC" "hostpci2: $DISK"
	ran
	hook_exits 0 100 post-stop
}
set_up_start-changed() {
	config 100 "$NIC"
	ran
	config 100 "$GPU"
}
set_up_stop-card() {
	config 100 "$NIC"
	ran
}
set_up_stop-two() {
	config 100 "$NIC" "hostpci2: $DISK"
	ran
}
set_up_reboot() {
	set_up_stop-two
	: >"$ROOT/run/qemu-server/100.reboot"
}
set_up_release() {
	set_up_stop-two
	hook_exits 0 100 post-stop
}
set_up_start-vf() {
	config 100 'hostpci0: 02:10.0' 'hostpci1: 03:00.1'
	policy 100 'hostpci0 = { mac = "auto"; vlan = 5; link-state = "enable"; };' \
		'hostpci1 = { vf-attributes = [ "profile/exec_quantum_ms=20" ]; };'
}
set_up_stop-vf() {
	set_up_start-vf
	ran
}
set_up_start-nvme() {
	echo 'sriov = ( { pf = "03:00.0"; vfs = 4; } );' >"$ROOT/etc/hostpci/hostpci.conf"
	hostpci_exits 0 sriov set 03:00.0 4
	now_is_before
	config 100 'hostpci0: 03:00.2'
	policy 100 'hostpci0 = { return = "host"; };'
}
set_up_stop-nvme() {
	set_up_start-nvme
	ran
}
set_up_sweep() {
	set_up_stop-two
	long_ago
}

set_up_start-made() {
	echo 'sriov = ( { pf = "01:00.0"; vfs = 3; temporary = true; } );' >"$ROOT/etc/hostpci/hostpci.conf"
	config 100 'hostpci0: 01:10.2'
}
set_up_start-allotted() {
	echo 'sriov = ( { pf = "04:00.0"; vfs = 2; temporary = true; vf-attributes = [ "profile/vram_quota=1024" ]; } );' \
		>"$ROOT/etc/hostpci/hostpci.conf"
	config 100 'hostpci0: 04:00.1'
}
set_up_stop-made() {
	set_up_start-made
	ran
}
# Another machine has made them, and stops first (heal).
set_up_start-shared() {
	set_up_start-allotted
	sed -i 's/vram_quota=1024/exec_quantum_ms=20/' "$ROOT/etc/hostpci/hostpci.conf"
	config 101 'hostpci0: 04:00.2'
	hook_exits 0 101 pre-start
}
set_up_stop-shared() {
	set_up_start-shared
	ran
}
# Somebody has left another type.
set_up_start-vgpu() {
	local of=$ROOT/sys/bus/pci/devices/0000:41:00.4/nvidia
	config 100 "$NIC" "${VGPU/557/558}"
	echo 557 >"$of/current_vgpu_type"
	: >"$of/creatable_vgpu_types"
	now_is_before
}
set_up_stop-vgpu() {
	config 100 "$NIC" "$VGPU"
	ran
}

# A card, and two mediated devices that are set.
mdevs() {
	config 100 "$NIC" 'hostpci3: 05:00.0,mdev=lab-mdev-1' 'hostpci4: 05:00.0,mdev=lab-mdev-2'
	policy 100 'hostpci3 = { mdev-attributes = "nvidia/vgpu_params=a=1"; };' \
		'hostpci4 = { mdev-attributes = [ "nvidia/vgpu_params=a=1", "nvidia/vgpu_params=b=2" ]; };'
}
set_up_start-mdev() { mdevs; }
set_up_stop-mdev() {
	mdevs
	ran
}

# The first of two parents has no room after all.
set_up_start-second() {
	two_parents 100
	rule '0000:05:00.0/mdev_supported_types/lab-mdev-1/create * * errno ENOSPC'
}

# Two devices; what is healed goes back to the drivers that they had.
set_up_boot-drivers() {
	echo 'drivers = ( { device = "02:00.0"; driver = "vfio-pci"; }, { device = "id=10de:1b80"; driver = "vfio-pci"; } );' \
		>"$ROOT/etc/hostpci/hostpci.conf"
}

# The scenario's action; true if it came to its end.
acted() { # ACTION
	case $1 in
	release) hostpci release 100 ;;
	sweep | boot) hostpci "$1" ;;
	*) hook 100 "$1" ;;
	esac
	no_rules
	settle
	[[ $rc -eq 0 ]]
}

# What is left now is no more than what the machine shall keep.
nothing_but_kept() { # SCENARIO
	[[ -z ${USED[$1]-} ]] || driver_is "$DISK" vfio-pci
	[[ -e $(journal 100) ]] || return
	driver_is 02:00.0 igb
	[[ $HOST != shelf ]] || driver_is 03:00.0 nouveau
	hostpci_exits 0 status 100
	says ' kept '
}

heal_start() { # SCENARIO
	hook_exits 0 100 pre-start
	hook_exits 0 100 post-stop
	nothing_but_kept "$1"
}
heal_sweep() {
	local before
	long_ago
	hostpci_exits 0 sweep
	nothing_but_kept "$1"
	before=$(cat "$(journal 100)" 2>/dev/null)
	: >"$SIM/log"
	hostpci_exits 0 sweep
	writes_are 0
	[[ $before == "$(cat "$(journal 100)" 2>/dev/null)" ]] || fail "a second sweep does something"
}
heal_release() { :; }

# A device has the driver that it had, or the one that is declared: nothing between.
is_whole() { # ADDRESS DRIVER
	case $(driver "$1") in
	vfio-pci) override_is "$1" vfio-pci ;;
	*)
		driver_is "$1" "$2"
		override_is "$1" '(null)'
		;;
	esac
}

# What a boot has begun is the sweep's, or the next boot's; what it has done stays.
heal_boot() { # WAY
	if [[ $1 != start ]]; then
		hostpci_exits 0 sweep
		is_whole 02:00.0 igb
		is_whole 03:00.0 nouveau
		: >"$SIM/log"
		hostpci_exits 0 sweep
		writes_are 0
	fi
	hostpci_exits 0 boot
	driver_is 02:00.0 vfio-pci
	driver_is 03:00.0 vfio-pci
	[[ ! -e $ROOT/run/hostpci/vm/host.rebind.journal ]] || fail "a journal is left"
}

heal() { # SCENARIO WAY
	if [[ ${ACTION[$1]-} == boot ]]; then
		heal_boot "$2"
		return
	fi
	rm -f "$ROOT/run/qemu-server/100.reboot"
	[[ ! -e $(journal 101) ]] || hook_exits 0 101 post-stop
	"heal_$2" "$1"
	hostpci_exits 0 release 100
	if [[ -e $(journal 101) ]]; then
		long_ago
		hostpci_exits 0 sweep
	fi
	has_no_journal 100
	as_before
}

# point SCENARIO N WAY RULE...: the N-th point; false if the run has none.
point() {
	local scenario=$1 n=$2 way=$3
	shift 3
	again "$scenario" "$*, then $way"
	rule "$*"
	acted "${ACTION[$scenario]:-pre-start}" && return 1
	heal "$scenario" "$way"
}

# Kills at the first, the second, ... write that RULE, with N in it, is about.
points() { # SCENARIO RULE...
	local scenario=$1 step=1 n=0 way ways
	shift
	case $* in
	*'kill parent before') ;;
	*'kill parent after' | *tear) step=2 ;;
	*) step=3 ;;
	esac
	[[ -z $FULL ]] || step=1
	n=$((turn % step + 1 - step))
	while :; do
		n=$((n + step))
		ways=(start sweep release)
		[[ -n $FULL ]] || ways=("${ways[(n + turn) % 3]}")
		for way in "${ways[@]}"; do
			point "$scenario" "$n" "$way" "${@//N/$n}" || break 2
		done
		[[ $n -lt 200 ]] || { fail "no end"; break; }
	done
	turn=$((turn + 1))
	reached=$((reached + (n - 1) / step))
}

# again SCENARIO CASE: a host on which the scenario is set up.
again() {
	if [[ ! -d $DIR/state ]]; then
		it "$1 is set up"
		"set_up_$1"
		: >"$SIM/log"
		mv "$DIR/$cases" "$DIR/state"
	fi
	CASE="$1: $2" cases=$((cases + 1))
	cp -a "$DIR/state" "$DIR/$cases"
	[[ ! -d $DIR/$((cases - 1)) ]] || rm -rf "${DIR:?}/$((cases - 1))"
	ROOT=$DIR/$cases/root SIM=$DIR/$cases/sim
}

for scenario in "${@:-${SCENARIOS[@]}}"; do
	declare -F "set_up_$scenario" >/dev/null || { echo "no scenario $scenario"; exit 1; }
	turn=0 reached=0 HOST=${HOST_OF[$scenario]:-shelf}
	rm -rf "$DIR/state" "$DIR/template"
	points "$scenario" '* * N kill parent before'
	points "$scenario" '* * N kill parent after'
	points "$scenario" 'vm/*.journal * N tear'
	for who in child both; do
		points "$scenario" "sys/* * N kill $who before"
		points "$scenario" "sys/* * N kill $who after"
	done
	[[ $reached -gt 5 ]] || fail "$scenario: only $reached points were reached"
	echo "$scenario: $reached points"
done
finish
