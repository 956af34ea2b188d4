#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# matrix.sh SCENARIO: every error, and a delay within and beyond the deadline, at each write
# of each phase of the scenario. The writes are those that a clean run makes, so that steps
# are covered as soon as a scenario has them. Without HOSTPCI_TESTS_FULL=1, a sample.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# scenario NAME: what the machine has, and which phases write.
scenario() {
	phases='pre-start post-stop' lines=() rules_of=() host_rules=''
	case $1 in
	one) lines=('hostpci0: 02:00.0') ;;
	two) lines=('hostpci0: 02:00.0' 'hostpci1: 03:00') ;;
	storage)
		lines=('hostpci0: 01:00.0' 'hostpci1: 02:00.1')
		phases='pre-start release'
		;;
	group) lines=('hostpci0: 04:00.0;05:00.0') ;;
	reset)
		lines=('hostpci0: 02:00.0' 'hostpci1: 02:00.1')
		rules_of=('reset = "default";')
		;;
	chain)
		lines=('hostpci0: 02:00.0')
		rules_of=('reset = [ "pm", "bus" ];')
		;;
	power)
		lines=('hostpci0: 02:00.0' 'hostpci1: 03:00')
		rules_of=('power = "on"; d3cold = false;')
		;;
	vf)
		HOST=vfs
		lines=('hostpci0: 02:10.0' 'hostpci1: 03:00.1')
		rules_of=('hostpci0 = { mac = "auto"; vlan = 5; trust = true; max-rate = 100; };'
			'hostpci1 = { vf-attributes = [ "profile/exec_quantum_ms=20" ]; };')
		;;
	nvme)
		HOST=pool
		lines=('hostpci0: 03:00.2')
		rules_of=('return = "host"; hostpci0 = { nvme-queues = 2; };')
		host_rules='sriov = ( { pf = "03:00.0"; vfs = 4; temporary = true; } );'
		;;
	made)
		HOST=pool
		lines=('hostpci0: 01:10.2')
		host_rules='sriov = ( { pf = "01:00.0"; vfs = 3; temporary = true; } );'
		;;
	vgpu) lines=('hostpci0: 41:00.4,mdev=nvidia-557') ;;
	mdev)
		lines=('hostpci0: 05:00.0,mdev=lab-mdev-1')
		rules_of=('hostpci0 = { mdev-attributes = "nvidia/vgpu_params=a=1"; };')
		;;
	*)
		echo "no such scenario: $1"
		exit 64
		;;
	esac
}

# errors PATH: what the kernel may answer there.
errors() {
	case $1 in
	*/bind) echo ENODEV EBUSY EINVAL ENOMEM EIO ;;
	*/unbind) echo ENODEV EPERM EIO ;;
	*/driver_override) echo EINVAL ENOMEM ;;
	*/netlink/mac | */netlink/vlan) echo EPERM EBUSY ENOMEM EOPNOTSUPP ;;
	*/current_vgpu_type) echo EINVAL EIO ;;
	*/create) echo ENOSPC EEXIST ENODEV EIO ;;
	*/vgpu_params) echo EINVAL EPERM ENOENT ;;
	*/reset) echo ENOTTY EAGAIN ETIMEDOUT EIO ;;
	*) echo EINVAL EBUSY EIO ;;
	esac
}

# before PHASE [POLICY...]: a fresh host, about to begin it.
before() {
	local phase=$1
	shift
	config 100 "${lines[@]}"
	policy 100 "${rules_of[@]}" "$@"
	[[ -z $host_rules ]] || echo "$host_rules" >"$ROOT/etc/hostpci/hostpci.conf"
	[[ $phase == pre-start ]] || hook_exits 0 100 pre-start
	[[ $phase != release ]] || hook_exits 0 100 post-stop
	: >"$SIM/log"
}

phase() {
	if [[ $1 == release ]]; then hostpci release 100; else hook 100 "$1"; fi
}

# find_writes PHASE: "PATH PATTERN NTH" of each write of a clean run, the value as a rule
# takes it, in $writes.
find_writes() {
	it "$name, $1, clean"
	before "$1"
	phase "$1"
	[[ $rc -eq 0 ]] || fail "$1 exits $rc"
	mapfile -t writes < <(awk -F'\t' '$1 == "write" {
		value = $6
		gsub(/\\n/, "?", value)
		gsub(/ /, "?", value)
		print $5, value, ++n[$5, value]
	}' "$SIM/log")
	[[ ${#writes[@]} -gt 0 ]] || fail "no write in $1"
}

# After a phase that went well the rest of the round does, too.
go_on() {
	no_rules
	case $1 in
	pre-start)
		hook_exits 0 100 post-stop
		hostpci_exits 0 release 100
		;;
	esac
	has_no_journal 100
	as_before
}

# What could not be given back now is given back later.
heal() {
	no_rules
	if [[ $1 == post-stop && $((number % 2)) -eq 0 ]]; then
		hook_exits 0 100 post-stop
	else
		hostpci_exits 0 release 100
	fi
	has_no_journal 100
	as_before
}

# The device that a write is about; of a function that is in its card's folder, it.
device_of() {
	local uuid
	if [[ $1 =~ (.*)/sriov_admin/vf([0-9]+)/ ]]; then
		basename "$(readlink "$ROOT/${BASH_REMATCH[1]}/virtfn$((BASH_REMATCH[2] - 1))")"
		return
	fi
	uuid=$(grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' <<<"$1" | tail -1)
	if [[ -n $uuid ]]; then
		echo "mdev $uuid"
	else
		grep -oE '[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]' <<<"$1" | tail -1
	fi
}

case_error() { # PHASE PATH PATTERN NTH ERROR
	it "$name, $1: $5 at write $4 of $3 to $2"
	before "$1"
	rule "$2 $3 $4 errno $5"
	phase "$1"
	case $1-$rc in
	pre-start-1)
		says "hostpci[0-9]+ $(device_of "$2 $3"): .*\\(errno $(number_of "$5")\\)"
		says 'the host is as before'
		go_on refused
		;;
	post-stop-2 | release-2)
		says "hostpci[0-9]+ $(device_of "$2 $3"): .*\\(errno $(number_of "$5")\\)"
		says 'the host is not as it was'
		heal "$1"
		;;
	*-0)
		# A step that has another way; binding has none.
		[[ $2 != */bind && $2 != */unbind ]] || fail "exits 0"
		go_on "$1"
		;;
	*) fail "exits $rc" ;;
	esac
}

number_of() { python3 -c 'import errno, sys; print(getattr(errno, sys.argv[1]))' "$1"; }

case_slow() { # PHASE PATH PATTERN NTH
	it "$name, $1: write $4 of $3 to $2 takes 300 ms"
	before "$1" 'deadline = 5;'
	rule "$2 $3 $4 delay 300"
	phase "$1"
	[[ $rc -eq 0 ]] || fail "exits $rc"
	go_on "$1"
}

case_stuck() { # PHASE PATH PATTERN NTH
	local pid
	it "$name, $1: write $4 of $3 to $2 blocks"
	before "$1" 'deadline = 1;'
	rule "$2 $3 $4 block go"
	phase "$1"
	[[ $rc -eq 2 ]] || fail "exits $rc"
	[[ $took -lt 3500 ]] || fail "took $took ms"
	says "\\[stuck\\] hostpci[0-9]+ $(device_of "$2 $3"): .*: stuck in the kernel for 1 s"
	pid=$(sed -n 's/.*(process \([0-9]*\).*/\1/p' "$DIR/$cases/out" | head -1)
	: >"$SIM/go"
	while [[ -d /proc/$pid ]]; do sleep 0.02; done
	rm "$SIM/go"
	heal "$1"
}

# True if the next case is one of those to be run.
sampled() {
	number=$((number + 1))
	[[ -n ${HOSTPCI_TESTS_FULL-} || $((number % every)) -eq 0 ]] || return
	ran=$((ran + 1))
}

[[ ${1-} != vgpu ]] || HOST=vgpu
[[ ${1-} != mdev ]] || HOST=mdev
name=${1-one} number=0 ran=0 every=5
[[ $name != one && $name != vgpu && $name != mdev ]] || every=1
scenario "$name"
for phase in $phases; do
	find_writes "$phase"
	for write in "${writes[@]}"; do
		read -r path pattern nth <<<"$write"
		for error in $(errors "$path"); do
			! sampled || case_error "$phase" "$path" "$pattern" "$nth" "$error"
		done
		! sampled || case_slow "$phase" "$path" "$pattern" "$nth"
		! sampled || case_stuck "$phase" "$path" "$pattern" "$nth"
	done
done
[[ $ran -eq $number ]] ||
	echo "a sample: every ${every}th of $number cases; all with tests/run --full (HOSTPCI_TESTS_FULL=1)"
finish
