#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab: cards=8
# lab-timeout: 1800
#
# One and eight network cards go into a machine and come back, with a function-level reset
# and with a bus reset: beside a minimal program that makes the same writes, a process a
# device, and beside driverctl and virsh. `tests/lab/lab tests/bench/lanes.sh`; BENCH_ROUNDS
# and BENCH_PEERS (0: without driverctl and virsh) in the file build/lab/bench change how
# long it takes. The processor is emulated, and its clock counts instructions: look at the
# ratios.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

BENCH_ROUNDS=5 BENCH_PEERS=3
# shellcheck source=/dev/null
[ ! -e "$LAB_BUILD_DIR/bench" ] || . "$LAB_BUILD_DIR/bench"
LIMIT=1.15
raw=$HOSTPCI_BUILD/tests/bench/raw-writes
hook=$HOSTPCI_BUILD/hooks/hostpci-hook
cards=("$LAB_IGB0" "$LAB_IGB1" "$LAB_IGB2" "$LAB_IGB3" "$LAB_IGB4" "$LAB_IGB5" "$LAB_IGB6" "$LAB_IGB7")
failures=0

# Each tool: TOOL_start N and TOOL_stop N, on the first N cards.
plain() { (cd / && exec -c "$@" </dev/null); } # no program between: /bin/env costs as much
raw_start() { plain "$raw" start-reset igb "${cards[@]:0:$1}"; }
raw_stop() { plain "$raw" stop igb "${cards[@]:0:$1}"; }
hostpci_start() { plain "$hook" "13$1" pre-start; }
hostpci_stop() { plain "$hook" "13$1" post-stop; }

side_by_side() { # N FUNCTION: on each card, at once
	local card
	for card in "${cards[@]:0:$1}"; do "$2" "$card" & done
	wait
}
driverctl_one() { driverctl --nosave set-override "$1" vfio-pci && echo 1 >"/sys/bus/pci/devices/$1/reset"; }
driverctl_back() { driverctl --nosave unset-override "$1"; }
driverctl_start() { side_by_side "$1" driverctl_one; }
driverctl_stop() { side_by_side "$1" driverctl_back; }

# libvirt leaves the reset of what is on vfio-pci to the kernel: its nodedev-reset does
# nothing, so the same write follows.
node_of() { local name=pci_${1//:/_}; printf '%s\n' "${name//./_}"; }
virsh_one() {
	virsh -q -c qemu:///system "nodedev-detach $(node_of "$1"); nodedev-reset $(node_of "$1")" &&
		echo 1 >"/sys/bus/pci/devices/$1/reset"
}
virsh_back() { virsh -q -c qemu:///system nodedev-reattach "$(node_of "$1")"; }
virsh_start() { side_by_side "$1" virsh_one; }
virsh_stop() { side_by_side "$1" virsh_back; }

micros() { # COMMAND...: microseconds it took
	local begin=${EPOCHREALTIME/./} end
	"$@" >"$LAB_TMP/tool.log" 2>&1 || fail "$*: $(cat "$LAB_TMP/tool.log")"
	end=${EPOCHREALTIME/./}
	echo $((end - begin))
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

expect_drivers() { # N DRIVER
	local card
	for card in "${cards[@]:0:$1}"; do expect_eq "$2" "$(driver_of "$card")" "driver of $card"; done
}

one_round() { # TOOL N
	micros "$1_start" "$2" >>"$LAB_TMP/$1.start"
	expect_drivers "$2" vfio-pci
	udevadm settle
	micros "$1_stop" "$2" >>"$LAB_TMP/$1.stop"
	expect_drivers "$2" igb
	udevadm settle
}

print_row() { # CASE TOOL
	awk -v what="$1" -v tool="$2" -v s="$(median "$LAB_TMP/$2.start")" -v p="$(median "$LAB_TMP/$2.stop")" \
		-v rs="$(median "$LAB_TMP/raw.start")" -v rp="$(median "$LAB_TMP/raw.stop")" 'BEGIN {
			printf "%-14s %-10s start %9.1f ms %6.2f    stop %9.1f ms %6.2f\n",
				what, tool, s / 1000, s / rs, p / 1000, p / rp }'
}

within_limit() { # TOOL
	awk -v a="$(median "$LAB_TMP/$1.start")" -v b="$(median "$LAB_TMP/raw.start")" -v l="$LIMIT" \
		'BEGIN { exit a > b * l }'
}

measure() { # N METHOD
	local tools=(raw hostpci) tool card i
	for card in "${cards[@]:0:$1}"; do
		echo "$2" >"/sys/bus/pci/devices/$card/reset_method" || fail "$card has no reset by $2"
	done
	rm -f "$LAB_TMP"/*.start "$LAB_TMP"/*.stop
	# By turns: what else the machine does meets all of them.
	for ((i = 0; i < BENCH_ROUNDS; i++)); do
		[ "$i" -lt "$BENCH_PEERS" ] && tools=(raw hostpci driverctl virsh) || tools=(raw hostpci)
		for tool in "${tools[@]}"; do one_round "$tool" "$1"; done
	done
	for tool in raw hostpci driverctl virsh; do
		[ ! -e "$LAB_TMP/$tool.start" ] || print_row "$1 card(s), $2" "$tool"
	done
	within_limit hostpci || {
		failures=$((failures + 1))
		say "  over $LIMIT: raw $(sort -n "$LAB_TMP/raw.start" | tr '\n' ' ') hostpci $(sort -n "$LAB_TMP/hostpci.start" | tr '\n' ' ')"
	}
	for card in "${cards[@]:0:$1}"; do echo default >"/sys/bus/pci/devices/$card/reset_method"; done
}

# What is opened for the first time, or again, from the machine outside takes that machine's
# time: a new date brings a file into the layer that is in memory.
in_memory() { # FILE...
	local file
	for file; do touch -c "$(readlink -f "$file")"; done
}
mapfile -t libraries < <(ldd "$hook" "$raw" | grep -o '/[^ ]*' | grep -v ':$')
in_memory "$hook" "$raw" "${libraries[@]}" /etc/ld.so.cache /usr/lib/*/libmnl.so.0

modprobe vfio-pci
for card in "${cards[@]}"; do wait_for 30 netdev_of "$card"; done
udevadm settle
vm_config 131 "hostpci0: ${cards[0]}"
mapfile -t lines < <(for i in "${!cards[@]}"; do echo "hostpci$i: ${cards[i]}"; done)
vm_config 138 "${lines[@]}"
for vmid in 131 138; do vm_policy "$vmid" 'reset = "default";'; done
[ "$BENCH_PEERS" = 0 ] || start_libvirt

for method in flr bus; do
	for n in 1 8; do measure "$n" "$method"; done
done
[ "$BENCH_PEERS" = 0 ] || stop_libvirt
vm_forget 131 138
[ "$failures" = 0 ] || fail "$failures cases take more than $LIMIT times the raw writes"
