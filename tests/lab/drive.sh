# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Drives boots from outside: what to run in which configuration, the deadlines, what the
# lab says, the verdict.

BOOT_TIMEOUT=120
boot_retries=2
worker= # its number, if several machines run side by side
# Beyond a scenario's own limit, which the lab itself enforces: for its snapshots, and
# until we conclude that it hangs.
GRACE=90

declare -A verdicts=() # script -> ok | skipped | FAILED
declare -A again=()    # script -> 1: it is begun a second time
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
	printf '%s %s\n' "$2" "$(scenario_name "$1")" >>"$LAB_RESULTS/verdicts"
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
	rm -f "$LAB_RESULTS/talk"
	mkfifo "$LAB_RESULTS/talk"
	# Guests inside stand still when they get too little: the timers of two kernels take it
	# all. The machines that have none give way to the first.
	# Not stdin: QEMU would put the caller's terminal in raw mode.
	nice -n "$((${worker:-1} > 1 ? 10 : 0))" qemu-system-x86_64 "$@" \
		-serial "file:$console" \
		-device virtio-serial-pci,bus=pcie.0,addr=0x6 \
		-chardev "file,id=talk,path=$LAB_RESULTS/talk" \
		-device virtserialport,chardev=talk,name=lab \
		</dev/null 2>"$LAB_RESULTS/qemu.log" 8>&- &
	qemu_pid=$!
	exec {qemu_out}<"$LAB_RESULTS/talk"
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

# Hands one more script to the lab, into $current, or none if there is nothing left.
hand_out() { # CONFIGURATION SCRIPT...
	local script line=''
	current=''
	while read -r script; do
		take "$script" || continue
		current=$script
		line=$(printf '%s\t%s\t%s\t%s' "$(scenario_name "$script")" "$script" \
			"$(scenario_limit "$script")" "$(header "$script" lab-snapshot)")
		break
	done < <(pending "$@")
	printf '%s\n' "$line" >"$LAB_RESULTS/next.new"
	mv "$LAB_RESULTS/next.new" "$LAB_RESULTS/next"
}

# Runs what of the scripts can be run in one boot; verdicts are left in $verdicts.
boot() { # CONFIGURATION SCRIPT...
	local configuration=$1 console script current='' started=0 deadline line='' why='' blank=0 ended reason
	local dead
	local arguments=()
	shift
	boots=$((boots + 1))
	console=$LAB_RESULTS/console-$boots.log
	rm -f "$LAB_RESULTS/next"
	mkdir -p "$LAB_DISKS_DIR"
	machine_disks "$LAB_DISKS_DIR"
	mapfile -t arguments < <(machine_arguments "$LAB_DISKS_DIR" "$LAB_RESULTS" "$configuration" \
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
		'@lab next')
			hand_out "$configuration" "$@"
			deadline=$((SECONDS + GRACE))
			;;
		'@lab begin '*)
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
		else
			note "the lab did not come up: $why"
			tail -n 5 "$LAB_RESULTS/qemu.log" "$console" | tr -d '\r' || true
			# An emulated machine now and then stops dead while it boots, all its
			# processors idle: again, and never silently.
			if [ "$boot_retries" -gt 0 ]; then
				boot_retries=$((boot_retries - 1))
				note "trying once more"
			else
				script=$(pending "$configuration" "$@" | sed -n 1p)
				[ -z "$script" ] || ! take "$script" || report "$script" FAILED 0 "the lab did not come up"
			fi
		fi
	fi
}

output() { # LINE
	printf '    %s%s\n' "${worker:+${current:+$(scenario_name "$current"): }}" "$1"
	[ -z "$current" ] || printf '%s\n' "$1" >>"$LAB_RESULTS/$(scenario_name "$current").log"
}

# Prints those that nobody has taken yet, and of mine those to be begun once more. Guests
# inside go into one machine only, the first: two that run at once, in two machines, take
# four times as long.
pending() { # CONFIGURATION SCRIPT...
	local configuration=$1 script rest=() name
	shift
	for script; do
		[ "$(scenario_lab "$script")" = "$configuration" ] || continue
		name=$(scenario_name "$script")
		[ -z "${verdicts[$script]:-}" ] || continue
		[ ! -e "$LAB_TAKEN/$name" ] || [ -n "${again[$script]:-}" ] || continue
		if [ -n "$(header "$script" lab-guests)" ]; then
			[ "${worker:-1}" != 1 ] || printf '%s\n' "$script"
		else
			rest+=("$(scenario_limit "$script") $script")
		fi
	done
	# Those that take long are begun first.
	[ ${#rest[@]} = 0 ] || printf '%s\n' "${rest[@]}" | sort -s -r -n -k 1,1 | cut -d ' ' -f 2-
}

take() { # SCRIPT: false if another machine was first
	[ -n "${again[$1]:-}" ] || mkdir "$LAB_TAKEN/$(scenario_name "$1")" 2>/dev/null
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

# Boots as long as there is a script without a verdict that nobody else has taken.
run_worker() { # SCRIPT...
	local configuration left=()
	mkdir -p "$LAB_RESULTS"
	printf '%s\n' ${HOSTPCI_TESTS_FULL:+"HOSTPCI_TESTS_FULL=$HOSTPCI_TESTS_FULL"} \
		${HOSTPCI_TESTS_SEED:+"HOSTPCI_TESTS_SEED=$HOSTPCI_TESTS_SEED"} >"$LAB_RESULTS/environment"
	trap stop_qemu EXIT
	trap 'exit 130' INT TERM
	for configuration in "${LAB_CONFIGURATIONS[@]}"; do
		while mapfile -t left < <(pending "$configuration" "$@") && [ ${#left[@]} -gt 0 ]; do
			boot "$configuration" "${left[@]}"
		done
	done
}

# Machines side by side; each takes the next scenario when it is done with one.
run_workers() { # JOBS SCRIPT...
	local jobs=$1 pid pids=()
	shift
	for ((worker = 1; worker <= jobs; worker++)); do
		LAB_RESULTS=$LAB_RESULTS/$worker LAB_DISKS_DIR=$LAB_DISKS_DIR/$worker run_worker "$@" &
		pids+=($!)
	done
	# shellcheck disable=SC2064 # the children of now
	trap "kill ${pids[*]} 2>/dev/null; wait" EXIT
	trap 'exit 130' INT TERM
	for pid in "${pids[@]}"; do wait "$pid" || true; done
	trap - EXIT INT TERM
}

run_scenarios() { # JOBS SCRIPT...
	local jobs=$1 scripts=() script failed=() skipped=() name passed=' '
	shift
	check_scripts "$@"
	rm -rf "$LAB_RESULTS"
	mkdir -p "$LAB_TAKEN"
	[ "$jobs" -le ${#scripts[@]} ] || jobs=${#scripts[@]}
	if [ "$jobs" -gt 1 ]; then
		run_workers "$jobs" "${scripts[@]}"
	else
		run_worker "${scripts[@]}"
	fi
	while read -r verdict name; do
		case $verdict in
		ok) passed+="$name " ;;
		skipped) skipped+=("$name") ;;
		esac
	done < <(find "$LAB_RESULTS" -maxdepth 2 -name verdicts -exec cat {} +)
	for script in "${scripts[@]}"; do
		name=$(scenario_name "$script")
		[[ $passed == *" $name "* || " ${skipped[*]} " == *" $name "* ]] || failed+=("$name")
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
	mkdir -p "$LAB_RESULTS" "$LAB_DISKS_DIR"
	machine_disks "$LAB_DISKS_DIR"
	mapfile -t arguments < <(machine_arguments "$LAB_DISKS_DIR" "$LAB_RESULTS" "$1" \
		"lab.checkout=$CHECKOUT lab.mode=shell lab.rows=$rows lab.cols=$cols")
	# Ctrl-C belongs to the shell inside.
	exec qemu-system-x86_64 "${arguments[@]}" \
		-chardev "stdio,id=tty,signal=off,logfile=$LAB_RESULTS/console-shell.log" -serial chardev:tty
}
