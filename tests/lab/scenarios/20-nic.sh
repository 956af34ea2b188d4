#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-guests: yes
#
# A whole network card goes into a machine and is back, under its name, at post-stop.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

cat >"$LAB_TMP/guest" <<'END'
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -e /sys/class/net/eth0 ] || break
	sleep 1
done
cat /sys/class/net/eth0/address
basename "$(readlink /sys/class/net/eth0/device/driver)"
END

wait_for 20 netdev_of "$LAB_IGB0"
udevadm settle
name=$(netdev_of "$LAB_IGB0")
mac=$(cat "/sys/class/net/$name/address")
host_snapshot "$LAB_TMP/before"

say "$name, $mac, goes into VM 103"
vm_config 103 "machine: q35" "hostpci0: ${LAB_IGB0#0000:},pcie=1"
hook_as_planned 103 pre-start
last_output
expect_eq vfio-pci "$(driver_of "$LAB_IGB0")"
[ ! -e "/sys/class/net/$name" ] || fail "$name is still there"
expect_exit 0 vm_guest 103 nic "$LAB_TMP/guest"
expect_match "^$mac$" "$LAST_OUT"
expect_match '^igb$' "$LAST_OUT"

say "and is back at post-stop"
hook_as_planned 103 post-stop
last_output
expect_eq igb "$(driver_of "$LAB_IGB0")"
expect_no_override "$LAB_IGB0"
expect_no_journal 103
wait_for 20 test -e "/sys/class/net/$name"
expect_eq "$LAB_IGB0" "$(basename "$(readlink -f "/sys/class/net/$name/device")")"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
vm_forget 103
