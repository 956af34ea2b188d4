# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Drives boots from outside: what to run in which configuration, the deadlines, what the
# lab says, the verdict.

BOOT_TIMEOUT=120
boot_retries=2
# Beyond a scenario's own limit, which the lab itself enforces: for its snapshots, and
# until we conclude that it hangs.
GRACE=90

declare -A verdicts=() # script -> ok | skipped | FAILED
declare -A again=()    # script -> 1: it was begun a second time
boots=0

header() { # SCRIPT KEY: value of the line "# KEY: value" in the script's head
	sed -n "1,30s/^# $2: *//p" "$1" | sed -n 1p
}

# The configurations of the lab; a scenario that asks for none gets the first.
LAB_CONFIGURATIONS=(iommu=on iommu=off cards=8)

# Prints one of them; a word we do not know is an error, not an ordinary lab.
scenario_lab() { # SCRIPT
	local config known
	config=$(header "$1" lab)
	for known in "${LAB_CONFIGURATIONS[@]}"; do
		if [ "${config:-iommu=on}" = "$known" ]; then
			printf '%s\n' "$known"
			return
		fi
	done
	die "$1: no such lab configuration: $config"
}

scenario_name() { basename "$1" .sh; }

scenario_limit() { # SCRIPT
	local limit
	limit=$(header "$1" lab-timeout)
	[[ ${limit:=300} =~ ^[1-9][0-9]{0,4}$ ]] || die "$1: lab-timeout is not a number of seconds: $limit"
	[ -z "${HOSTPCI_TESTS_FULL:-}" ] || limit=$((limit * 6))
	printf '%s\n' "$limit"
}

report() { # SCRIPT ok|skipped|FAILED SECONDS [WHY]
	verdicts[$1]=$2
	case $2 in
	ok) printf 'ok %s (%s s)\n' "$(scenario_name "$1")" "$3" ;;
	skipped) printf 'skipped %s (%s s)\n' "$(scenario_name "$1")" "$3" ;;
	*) printf 'FAILED %s%s\n' "$(scenario_name "$1")" "${4:+ ($4)}" ;;
	esac
}

# The kernel's own last words, if it had any.
console_reason() { # CONSOLE-LOG
	grep -a -m1 -E 'Kernel panic|Oops|BUG:|lab: cannot boot|lab: a device|guest-main: ' "$1" |
		tr -d '\r' || true
}

# KVM under emulation now and then corrupts the lab's kernel while a guest runs in it, and the
# whole machine now and then stops dead: it does not even end a scenario whose time is over.
# That is the emulator's: once more for each scenario, and never silently.
emulator_broke() { # SCRIPT CONSOLE-LOG WHY
	[ -z "${again[$1]:-}" ] || return 1
	if [ "$3" != "no answer in time" ]; then
		grep -aq 'Kernel panic' "$2" &&
			sed -n '/Kernel panic/,$p' "$2" | grep -aq 'kvm_vcpu_ioctl\|\[kvm' || return 1
	fi
	again[$1]=1
}

# Starts QEMU with its talk on $qemu_out and its pid in $qemu_pid.
start_qemu() { # CONSOLE-LOG QEMU-ARGUMENTS...
	local console=$1
	shift
	rm -f "$LAB_BUILD/talk"
	mkfifo "$LAB_BUILD/talk"
	# Not stdin: QEMU would put the caller's terminal in raw mode.
	qemu-system-x86_64 "$@" \
		-serial "file:$console" \
		-device virtio-serial-pci,bus=pcie.0,addr=0x6 \
		-chardev "file,id=talk,path=$LAB_BUILD/talk" \
		-device virtserialport,chardev=talk,name=lab \
		</dev/null 2>"$LAB_RESULTS/qemu.log" 8>&- &
	qemu_pid=$!
	exec {qemu_out}<"$LAB_BUILD/talk"
}

stop_qemu() {
	[ -n "${qemu_pid:-}" ] || return 0
	kill -KILL "$qemu_pid" 2>/dev/null || true
	wait "$qemu_pid" 2>/dev/null || true
	qemu_pid=
}

# Reads one line of the lab before DEADLINE (in $SECONDS) into $line. Fails with $why.
listen() { # DEADLINE
	local left=$(($1 - SECONDS)) code=0
	[ "$left" -gt 0 ] || left=1
	IFS= read -r -t "$left" -u "$qemu_out" line || code=$?
	[ "$code" != 0 ] || return 0
	if [ "$code" -gt 128 ]; then
		why="no answer in time"
	else
		why="the lab ended by itself"
	fi
	return 1
}

# Runs what of the scripts can be run in one boot; verdicts are left in $verdicts.
boot() { # CONFIGURATION SCRIPT...
	local configuration=$1 console script current='' started=0 deadline line='' why='' blank=0 ended reason
	local dead
	local -A by_name=()
	local arguments=()
	shift
	boots=$((boots + 1))
	console=$LAB_RESULTS/console-$boots.log

	: >"$LAB_RESULTS/plan"
	for script; do
		by_name[$(scenario_name "$script")]=$script
		printf '%s\t%s\t%s\t%s\n' "$(scenario_name "$script")" "$script" \
			"$(scenario_limit "$script")" "$(header "$script" lab-snapshot)" >>"$LAB_RESULTS/plan"
	done
	mkdir -p "$LAB_BUILD/disks"
	machine_disks "$LAB_BUILD/disks"
	mapfile -t arguments < <(machine_arguments "$LAB_BUILD/disks" "$LAB_RESULTS" "$configuration" \
		"lab.checkout=$CHECKOUT lab.mode=run")

	note "booting ($configuration), console in ${console#"$CHECKOUT"/}"
	ended=$SECONDS
	deadline=$((SECONDS + BOOT_TIMEOUT))
	# One processor emulates both, and counts.
	[ "$configuration" != cards=8 ] || deadline=$((deadline + 2 * BOOT_TIMEOUT))
	start_qemu "$console" "${arguments[@]}"
	while listen "$deadline"; do
		case $line in
		'@lab ready')
			note "up after $((SECONDS - ended)) s"
			deadline=$((SECONDS + GRACE))
			;;
		'@lab begin '*)
			current=${by_name[${line#@lab begin }]}
			started=$SECONDS
			deadline=$((SECONDS + $(scenario_limit "$current") + GRACE))
			printf -- '--- %s\n' "$(scenario_name "$current")"
			: >"$LAB_RESULTS/$(scenario_name "$current").log"
			;;
		'@lab end '*)
			read -r _ _ _ verdict why <<<"$line"
			case $verdict in
			passed) report "$current" ok "$((SECONDS - started))" ;;
			skipped) report "$current" skipped "$((SECONDS - started))" ;;
			*) report "$current" FAILED "$((SECONDS - started))" "$why" ;;
			esac
			current=''
			deadline=$((SECONDS + GRACE))
			;;
		'@lab done')
			deadline=$((SECONDS + 30))
			why=''
			break
			;;
		'@lab broken '*)
			why=${line#@lab broken }
			break
			;;
		'')
			# Perhaps only the one that comes before each line of the lab's own.
			blank=$((blank + 1))
			continue
			;;
		*)
			for (( ; blank > 0; blank--)); do output ''; done
			output "$line"
			continue
			;;
		esac
		for (( ; blank > 1; blank--)); do output ''; done
		blank=0
	done
	stop_qemu
	exec {qemu_out}<&-

	# What was under way when the lab went away failed, and what had not begun failed if
	# nothing at all could begin, three times.
	if [ -n "$why" ]; then
		dead=$why
		reason=$(console_reason "$console")
		why=$why${reason:+; $reason}
		if [ -n "$current" ] && emulator_broke "$current" "$console" "$dead"; then
			note "$(scenario_name "$current"): $why: the emulator's, once more"
		elif [ -n "$current" ]; then
			report "$current" FAILED "$((SECONDS - started))" "$why"
		elif [ -z "${verdicts[$1]:-}" ]; then
			note "the lab did not come up: $why"
			tail -n 5 "$LAB_RESULTS/qemu.log" "$console" | tr -d '\r' || true
			# An emulated machine now and then stops dead while it boots, all its
			# processors idle: again, and never silently.
			if [ "$boot_retries" -gt 0 ]; then
				boot_retries=$((boot_retries - 1))
				note "trying once more"
			else
				report "$1" FAILED 0 "the lab did not come up"
			fi
		fi
	fi
}

output() { # LINE
	printf '    %s\n' "$1"
	[ -z "$current" ] || printf '%s\n' "$1" >>"$LAB_RESULTS/$(scenario_name "$current").log"
}

pending() { # CONFIGURATION SCRIPT...: prints those without a verdict
	local configuration=$1 script
	shift
	for script; do
		if [ -z "${verdicts[$script]:-}" ] && [ "$(scenario_lab "$script")" = "$configuration" ]; then
			printf '%s\n' "$script"
		fi
	done
}

# Full paths in $scripts; dies on what the lab could not run.
check_scripts() { # SCRIPT...
	local script name
	local -A seen=()
	for script; do
		[ -f "$script" ] || die "no such script: $script"
		script=$(realpath "$script")
		case $script in
		/run/* | /dev/* | /proc/* | /sys/*) die "$script: the lab has its own ${script%"${script#/*/}"}, put the script elsewhere" ;;
		esac
		name=$(scenario_name "$script")
		[[ $name =~ ^[A-Za-z0-9._-]+$ ]] || die "$script: not a name for a scenario"
		[ -z "${seen[$name]:-}" ] || die "two scripts are called $name"
		seen[$name]=1
		scenario_lab "$script" >/dev/null
		scenario_limit "$script" >/dev/null
		scripts+=("$script")
	done
}

run_scenarios() { # SCRIPT...
	local scripts=() script configuration left=() failed=() skipped=()
	check_scripts "$@"
	rm -rf "$LAB_RESULTS"
	mkdir -p "$LAB_RESULTS"
	printf '%s\n' ${HOSTPCI_TESTS_FULL:+"HOSTPCI_TESTS_FULL=$HOSTPCI_TESTS_FULL"} \
		${HOSTPCI_TESTS_SEED:+"HOSTPCI_TESTS_SEED=$HOSTPCI_TESTS_SEED"} >"$LAB_RESULTS/environment"
	trap stop_qemu EXIT
	for configuration in "${LAB_CONFIGURATIONS[@]}"; do
		while mapfile -t left < <(pending "$configuration" "${scripts[@]}") && [ ${#left[@]} -gt 0 ]; do
			boot "$configuration" "${left[@]}"
		done
	done

	for script in "${scripts[@]}"; do
		case ${verdicts[$script]} in
		ok) ;;
		skipped) skipped+=("$(scenario_name "$script")") ;;
		*) failed+=("$(scenario_name "$script")") ;;
		esac
	done
	if [ ${#failed[@]} -gt 0 ]; then
		printf 'lab: FAILED %d of %d: %s\n' ${#failed[@]} ${#scripts[@]} "${failed[*]}"
		return 1
	fi
	if [ ${#skipped[@]} -gt 0 ]; then
		printf 'lab: PASSED %d of %d, skipped: %s\n' $((${#scripts[@]} - ${#skipped[@]})) ${#scripts[@]} "${skipped[*]}"
		return 77
	fi
	printf 'lab: PASSED %d of %d\n' ${#scripts[@]} ${#scripts[@]}
}

lab_shell() { # CONFIGURATION
	local arguments=() rows cols
	[ -t 0 ] || die "--shell needs a terminal"
	read -r rows cols < <(stty size)
	mkdir -p "$LAB_RESULTS" "$LAB_BUILD/disks"
	machine_disks "$LAB_BUILD/disks"
	mapfile -t arguments < <(machine_arguments "$LAB_BUILD/disks" "$LAB_RESULTS" "$1" \
		"lab.checkout=$CHECKOUT lab.mode=shell lab.rows=$rows lab.cols=$cols")
	# Ctrl-C belongs to the shell inside.
	exec qemu-system-x86_64 "${arguments[@]}" \
		-chardev "stdio,id=tty,signal=off,logfile=$LAB_RESULTS/console-shell.log" -serial chardev:tty
}
