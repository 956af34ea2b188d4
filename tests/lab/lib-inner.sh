# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests inside the lab, which own the devices passed to them.

LAB_BUILD_DIR=$LAB_DIR/../../build/lab
: "${INNER_TIMEOUT:=180}" # seconds
: "${INNER_MEMORY:=384}"  # MiB; all of it is pinned when a device is passed through

# KVM works under emulation, through the SVM or VMX that QEMU's TCG has, and is ten times
# as fast as emulating once more.
inner_kvm() {
	[ -e /dev/kvm ] || modprobe -q kvm_amd || modprobe -q kvm_intel || fail "no KVM in the lab"
	wait_for 5 test -e /dev/kvm
}

# The firmware alone, which asks the devices thousands of things, is as fast without KVM.
inner_qemu() { # ARGUMENTS...; $INNER_ACCEL
	local accel=(-accel kvm -cpu host)
	[ "${INNER_ACCEL:-kvm}" = kvm ] || accel=(-accel tcg -cpu max)
	qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		"${accel[@]}" -M q35 -m "$INNER_MEMORY" "$@"
}

# Boots a guest, runs SCRIPT (busybox sh) in it, prints what the script printed, returns
# its exit code. 125: the guest did not come to its end. Log: $LAB_OUT/inner-NAME.log
inner_guest() { # NAME SCRIPT -- QEMU-ARGUMENTS...
	local name=$1 script=$2 log=$LAB_OUT/inner-$1.log code
	[ "$3" = -- ] || fail "usage: inner_guest NAME SCRIPT -- QEMU-ARGUMENTS..."
	shift 3
	inner_kvm
	inner_qemu -kernel "$LAB_BUILD_DIR/kernel/vmlinux" -initrd "$LAB_BUILD_DIR/inner.img" \
		-append "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off random.trust_cpu=on" \
		-fw_cfg "name=opt/hostpci.script,file=$script" \
		-serial "file:$log" "$@" </dev/null >"$log.qemu" 2>&1 &
	inner_wait $! || printf 'inner guest %s: QEMU: %s\n' "$name" "$(tail -n 3 "$log.qemu")" >&2
	[ -e "$log" ] || : >"$log"
	# KVM under emulation now and then resets a guest in its first instructions: QEMU ends
	# without a word of the guest, which has touched nothing. Once more, and aloud.
	if [ ! -s "$log" ] && [ ! -s "$log.qemu" ] && [ -z "${INNER_AGAIN:-}" ]; then
		printf 'inner guest %s ended before it began: once more\n' "$name" >&2
		INNER_AGAIN=1 inner_guest "$name" "$script" -- "$@"
		return
	fi
	sed -n '/^@inner begin/,/^@inner end/ { /^@inner/d; s/\r$//; p }' "$log"
	code=$(sed -n 's/^@inner end \([0-9]*\)\r*$/\1/p' "$log")
	[ -n "$code" ] || {
		printf 'inner guest %s did not come to its end, see %s\n' "$name" "${log##*/}" >&2
		tail -n 5 "$log" >&2
		return 125
	}
	return "$code"
}

# Ends QEMU when its time is over. Not timeout(1): that cannot run a shell function.
inner_wait() { # PID
	local pid=$1 end=$((SECONDS + INNER_TIMEOUT))
	while kill -0 "$pid" 2>/dev/null; do
		if [ "$SECONDS" -ge "$end" ]; then
			kill -KILL "$pid"
			wait "$pid" || true
			echo "ended after $INNER_TIMEOUT s" >&2
			return 1
		fi
		sleep 0.3
	done
	wait "$pid"
}

# Whether QEMU's last reply has each of the lines of TEXT somewhere.
inner_has_all() { # TEXT
	local reply line
	reply=$(grep '"id": "lab"' "$LAB_TMP/qmp.out" | tail -n 1)
	while read -r line; do
		[[ $reply == *"$line"* ]] || return 1
	done <<<"$1"
}

# Starts QEMU, gives it a QMP command, prints the last reply, ends it. Its processors are
# stopped, unless INNER_UNTIL is set: then the firmware runs, and the command is repeated
# until one reply has each of its lines (query-pci shows what is behind a root port only when
# the firmware has numbered the buses, which it does in its own order).
inner_qmp() { # COMMAND -- QEMU-ARGUMENTS...; $INNER_QMP_ARGUMENTS: the command's, in JSON
	local command=$1 in request paused=(-S) end=$((SECONDS + 90))
	[ "$2" = -- ] || fail "usage: inner_qmp COMMAND -- QEMU-ARGUMENTS..."
	shift 2
	request="{\"execute\":\"$command\",\"arguments\":${INNER_QMP_ARGUMENTS:-{\}},\"id\":\"lab\"}"
	[ -z "${INNER_UNTIL:-}" ] || paused=()
	# Open for both reading and writing, the pipe never ends: at the end of its input QMP
	# forgets the commands that wait.
	[ -p "$LAB_TMP/qmp" ] || mkfifo "$LAB_TMP/qmp"
	exec {in}<>"$LAB_TMP/qmp"
	: >"$LAB_TMP/qmp.out"
	printf '%s\n' '{"execute":"qmp_capabilities"}' "$request" >&"$in"
	INNER_ACCEL=tcg inner_qemu "${paused[@]}" -qmp stdio "$@" <&"$in" >"$LAB_TMP/qmp.out" 2>"$LAB_TMP/qmp.err" &
	while [ -n "${INNER_UNTIL:-}" ] && kill -0 $! 2>/dev/null && [ "$SECONDS" -lt "$end" ] &&
		! inner_has_all "$INNER_UNTIL"; do
		sleep 1
		printf '%s\n' "$request" >&"$in"
	done
	printf '%s\n' '{"execute":"quit"}' >&"$in"
	inner_wait $! || true
	exec {in}<&-
	grep '"id": "lab"' "$LAB_TMP/qmp.out" | tail -n 1 | tr -d '\r' | grep . || {
		printf 'QEMU gave no reply: %s\n' "$(tail -n 3 "$LAB_TMP/qmp.err")" >&2
		return 1
	}
}
