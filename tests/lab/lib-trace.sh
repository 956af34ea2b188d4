# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every write to sysfs, as the kernel sees it: kernfs_fop_write_iter is where each of
# them arrives, whoever makes it. guest-main defines the event `sysw`. Other kernfs file
# systems (cgroup) are in it as well. The value written is not.

SYSFS_TRACE=/sys/kernel/tracing/instances/scenario

sysfs_trace_start() {
	[ -d "$SYSFS_TRACE" ] || mkdir "$SYSFS_TRACE"
	echo 0 >"$SYSFS_TRACE/events/fprobes/sysw/enable"
	echo >"$SYSFS_TRACE/trace"
	echo 1 >"$SYSFS_TRACE/events/fprobes/sysw/enable"
}

# Stops, and prints what was written since the start, in order: "process pid dir file".
sysfs_trace_stop() {
	echo 0 >"$SYSFS_TRACE/events/fprobes/sysw/enable"
	# A name may hold blanks and dashes, so the pid is what stands before the CPU:
	#   hostpci-hook-812     [001] .....    12.345678: sysw: (kernfs...) count=9 name="bind" dir="vfio-pci"
	sed -n 's/^ *\(.*\)-\([0-9]*\) *\[[0-9]*\].* sysw: .* name="\([^"]*\)" dir="\([^"]*\)".*/\1 \2 \4 \3/p' \
		"$SYSFS_TRACE/trace" >"$LAB_TMP/trace"
	# Lost lines would make "nothing was written" a lie.
	if grep -q 'LOST' "$SYSFS_TRACE/trace" ||
		grep -hq '^overrun: [^0]' "$SYSFS_TRACE"/per_cpu/cpu*/stats; then
		fail "the trace lost events"
	fi
	cat "$LAB_TMP/trace"
}

# Of the trace last stopped, the lines of some processes, named by comm (its first 15
# characters, as the kernel keeps it) or pid. Forked workers have the comm of their parent.
sysfs_trace_of() { # COMM|PID...
	awk -v wanted="$*" '
		BEGIN { n = split(wanted, name, " "); for (i = 1; i <= n; i++) want[substr(name[i], 1, 15)] = 1 }
		{ pid = $(NF - 2); comm = $0; sub(/ [^ ]* [^ ]* [^ ]*$/, "", comm) }
		(comm in want) || (pid in want)
	' "$LAB_TMP/trace"
}
