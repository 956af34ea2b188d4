# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Machines and the programs under test, called as Proxmox calls them.

: "${HOSTPCI_BUILD:=$LAB_DIR/../../build/ci}"
VM_CONFIGS=/etc/pve/qemu-server

hostpci() { "$HOSTPCI_BUILD/cli/hostpci" "$@"; }

# As Proxmox calls a hookscript: two arguments, nothing but a few variables, / as the
# working directory, nothing to read.
hook() { # VMID PHASE
	(cd / && exec env -i PATH=/sbin:/bin:/usr/sbin:/usr/bin LC_ALL=C LVM_SUPPRESS_FD_WARNINGS=1 \
		"$HOSTPCI_BUILD/hooks/hostpci-hook" "$@" </dev/null)
}

vm_config() { # VMID LINE...
	local file=$VM_CONFIGS/$1.conf
	mkdir -p "$VM_CONFIGS"
	shift
	printf '%s\n' "$@" >"$file"
}

vm_policy() { # VMID LINE...
	local file=/etc/hostpci/vm/$1.conf
	mkdir -p "${file%/*}"
	shift
	printf '%s\n' "$@" >"$file"
}

vm_forget() { # VMID...
	local vmid
	for vmid; do
		rm -f "$VM_CONFIGS/$vmid.conf" "/etc/hostpci/vm/$vmid.conf" "/run/hostpci/vm/$vmid.report.json"
	done
}

# The QEMU arguments of a machine's devices, one a line.
vm_arguments() { # VMID
	hostpci showcmd "$1" --standalone --output-format json >"$LAB_TMP/showcmd.json" ||
		fail "showcmd $1: $(cat "$LAB_TMP/showcmd.json")"
	jq -r '.args[]' "$LAB_TMP/showcmd.json"
}

# Boots a guest with the devices of machine VMID; see inner_guest.
vm_guest() { # VMID NAME SCRIPT
	local arguments
	mapfile -t arguments < <(vm_arguments "$1")
	[ ${#arguments[@]} -gt 0 ] || fail "no arguments for VM $1"
	inner_guest "$2" "$3" -- "${arguments[@]}"
}

# A phase whose writes to sysfs are exactly those that the plan showed before.
hook_as_planned() { # VMID PHASE
	hostpci plan "$1" "$2" --output-format json >"$LAB_TMP/plan.json" ||
		fail "plan $1 $2: $(cat "$LAB_TMP/plan.json")"
	jq -r '.steps[] | (.write, .then) | .path? // empty | split("/")[-2:] | join(" ")' "$LAB_TMP/plan.json" |
		sort >"$LAB_TMP/planned"
	sysfs_trace_start
	expect_exit 0 hook "$1" "$2"
	sysfs_trace_stop >/dev/null
	sysfs_trace_of hostpci-child hostpci-hook hostpci | awk '{ print $(NF - 1), $NF }' |
		sort >"$LAB_TMP/written"
	diff -U0 "$LAB_TMP/planned" "$LAB_TMP/written" >&2 || fail "the writes are not those of the plan"
}

# A command that fails with CODE and writes nothing to sysfs.
expect_refused() { # CODE COMMAND...
	sysfs_trace_start
	expect_exit "$@"
	sysfs_trace_stop >/dev/null
	expect_eq "" "$(sysfs_trace_of hostpci-child hostpci-hook hostpci)" "writes of a refused run"
}

expect_no_override() { # BDF
	expect_eq "(null)" "$(cat "/sys/bus/pci/devices/$1/driver_override")" "driver_override of $1"
}

expect_no_journal() { # VMID
	[ ! -e "/run/hostpci/vm/$1.journal" ] || fail "VM $1 still has a journal: $(cat "/run/hostpci/vm/$1.journal")"
}
