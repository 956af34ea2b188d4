#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-timeout: 400
#
# What a start and a stop cost beside the raw writes that they consist of, in the same run:
# `tests/lab/lab tests/bench/bind.sh`. The processor is emulated: look at the ratios.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"

rounds=7

raw_bind() { # BDF...: what a careful shell function would do; no program is started
	local bdf
	for bdf; do
		echo "$bdf" >"/sys/bus/pci/drivers/igb/unbind"
		echo vfio-pci >"/sys/bus/pci/devices/$bdf/driver_override"
		echo "$bdf" >/sys/bus/pci/drivers/vfio-pci/bind
	done
}

raw_back() { # BDF...
	local bdf
	for bdf; do
		echo "$bdf" >/sys/bus/pci/drivers/vfio-pci/unbind
		echo >"/sys/bus/pci/devices/$bdf/driver_override"
		echo "$bdf" >/sys/bus/pci/drivers/igb/bind
	done
}

micros() { # COMMAND...: microseconds it took
	local begin=${EPOCHREALTIME/./} end
	"$@" >/dev/null
	end=${EPOCHREALTIME/./}
	echo $((end - begin))
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

measure() { # NAME START STOP BDF...: medians of $rounds rounds in $start and $stop
	local name=$1 begin=$2 finish=$3 i
	: >"$LAB_TMP/start" && : >"$LAB_TMP/stop"
	for ((i = 0; i < rounds; i++)); do
		# shellcheck disable=SC2086 # words
		micros $begin >>"$LAB_TMP/start"
		udevadm settle
		# shellcheck disable=SC2086
		micros $finish >>"$LAB_TMP/stop"
		udevadm settle
	done
	start=$(median <"$LAB_TMP/start") stop=$(median <"$LAB_TMP/stop")
	printf '%-28s start %8d us   stop %8d us\n' "$name" "$start" "$stop"
}

ratio() { # NAME START STOP BASE_START BASE_STOP
	awk -v n="$1" -v a="$2" -v b="$3" -v c="$4" -v d="$5" \
		'BEGIN { printf "ratio %-22s start %8.2f      stop %8.2f\n", n, a / c, b / d }'
}

modprobe vfio-pci
wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 netdev_of "$LAB_IGB1"
udevadm settle

vm_config 130 "hostpci0: $LAB_IGB0"
vm_config 131 "hostpci0: $LAB_IGB0" "hostpci1: $LAB_IGB1"
vm_config 132 "cores: 2"

measure "one card, raw writes" "raw_bind $LAB_IGB0" "raw_back $LAB_IGB0"
raw1_start=$start raw1_stop=$stop
measure "one card, hostpci-hook" "hook 130 pre-start" "hook 130 post-stop"
ratio "to raw writes" "$start" "$stop" "$raw1_start" "$raw1_stop"
measure "two cards, raw writes" "raw_bind $LAB_IGB0 $LAB_IGB1" "raw_back $LAB_IGB0 $LAB_IGB1"
raw2_start=$start raw2_stop=$stop
measure "two cards, hostpci-hook" "hook 131 pre-start" "hook 131 post-stop"
ratio "to raw writes" "$start" "$stop" "$raw2_start" "$raw2_stop"
measure "no device, env /bin/true" "env -i /bin/true" "env -i /bin/true"
true_start=$start true_stop=$stop
measure "no device, hostpci-hook" "hook 132 pre-start" "hook 132 post-stop"
ratio "to /bin/true" "$start" "$stop" "$true_start" "$true_stop"
vm_forget 130 131 132
