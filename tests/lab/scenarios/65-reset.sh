#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-snapshot: differs
#
# Resets by policy and by quirk, runtime power: what the kernel really offers is used, the
# rest is told, and the host gets back what it had.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

attribute() { cat "/sys/bus/pci/devices/$1/$2"; }
attribute_is() { expect_eq "$3" "$(attribute "$1" "$2")" "$2 of $1"; } # BDF NAME TEXT
back_is_as() { # SNAPSHOT VMID
	expect_no_journal "$2"
	host_snapshot "$LAB_TMP/after"
	expect_same_host "$1" "$LAB_TMP/after"
}

wait_for 20 netdev_of "$LAB_IGB0"
host_snapshot "$LAB_TMP/plain"

say "igb: function-level reset by policy, power on, no D3cold, on a host that says auto"
echo auto >"/sys/bus/pci/devices/$LAB_IGB0/power/control"
echo bus >"/sys/bus/pci/devices/$LAB_IGB0/reset_method"
host_snapshot "$LAB_TMP/before"
vm_config 165 "hostpci0: ${LAB_IGB0#0000:}"
vm_policy 165 'reset = [ "af_flr", "flr" ];' 'power = "on";' 'd3cold = false;'
hook_as_planned 165 pre-start
last_output
expect_match 'look for its reset methods anew, use the reset methods af_flr flr, reset \('
attribute_is "$LAB_IGB0" reset_method flr
attribute_is "$LAB_IGB0" power/control on
attribute_is "$LAB_IGB0" d3cold_allowed 0
hook_as_planned 165 post-stop
last_output
attribute_is "$LAB_IGB0" power/control auto
back_is_as "$LAB_TMP/before" 165

say "igb: a setting that cannot be taken back keeps it from no driver"
expect_exit 0 hook 165 pre-start
echo 0 >"$LAB_TMP/zero"
mount --bind "$LAB_TMP/zero" "/sys/bus/pci/devices/$LAB_IGB0/d3cold_allowed"
mount -o remount,bind,ro "/sys/bus/pci/devices/$LAB_IGB0/d3cold_allowed"
expect_exit 2 hook 165 post-stop
last_output
expect_match 'set d3cold_allowed to 1: .*\(errno 30\)'
expect_eq igb "$(driver_of "$LAB_IGB0")"
expect_exit 0 hostpci status 165
expect_match "$LAB_IGB0"
umount "/sys/bus/pci/devices/$LAB_IGB0/d3cold_allowed"
expect_exit 0 hostpci sweep
back_is_as "$LAB_TMP/before" 165
echo default >"/sys/bus/pci/devices/$LAB_IGB0/reset_method"
echo on >"/sys/bus/pci/devices/$LAB_IGB0/power/control"

say "igb: what is reset is awake until it goes back, so that nothing waits for its sleep"
echo auto >"/sys/bus/pci/devices/$LAB_IGB0/power/control"
host_snapshot "$LAB_TMP/before"
vm_policy 165 'reset = "default";'
hook_as_planned 165 pre-start
attribute_is "$LAB_IGB0" power/control on
attribute_is "$LAB_IGB0" power/runtime_status active
hook_as_planned 165 post-stop
attribute_is "$LAB_IGB0" power/control auto
back_is_as "$LAB_TMP/before" 165
echo on >"/sys/bus/pci/devices/$LAB_IGB0/power/control"

say "igb: a quirk switches its resets off until the stop"
mkdir -p /etc/hostpci
cat >/etc/hostpci/quirks.conf <<'END'
quirks = (
	{ ids = [ "8086:10c*" ]; class = "0200"; name = "igb"; source = "this test"; no-reset = true; }
);
END
rm /etc/hostpci/vm/165.conf
hook_as_planned 165 pre-start
expect_match 'igb: its resets are switched off while the machine has it \(this test\)'
attribute_is "$LAB_IGB0" reset_method ""
# As Proxmox would, which only warns then.
! echo 1 2>"$LAB_TMP/err" >"/sys/bus/pci/devices/$LAB_IGB0/reset" || fail "it was reset"
expect_match 'Inappropriate ioctl' "$LAB_TMP/err"
hook_as_planned 165 post-stop
back_is_as "$LAB_TMP/plain" 165
rm /etc/hostpci/quirks.conf

say "e1000: it has a reset file, and no reset: told, and the host is as before"
vm_config 166 "hostpci0: ${LAB_E1000_A#0000:}" "hostpci1: ${LAB_E1000_B#0000:}"
vm_policy 166 'hostpci0 = { reset = "default"; };'
expect_exit 1 hook 166 pre-start
expect_match 'no reset method that works for it here.*errno 25'
expect_match 'the host is as before'
back_is_as "$LAB_TMP/plain" 166

say "a device that a process has open is not touched"
vm_config 166 "hostpci0: ${LAB_IGB1#0000:}"
vm_policy 166 'return = "vfio";'
expect_exit 0 hook 166 pre-start
expect_exit 0 hook 166 post-stop
exec 9<>"/dev/vfio/$(group_of "$LAB_IGB1")"
vm_policy 166 'return = "vfio"; reset = "default";'
expect_refused 1 hook 166 pre-start
expect_match '/dev/vfio/[0-9]+ is held open by pid [0-9]+ \(bash\)'
exec 9<&-
expect_exit 0 hostpci release 166
back_is_as "$LAB_TMP/plain" 166

say "e1000e: a bus reset that its first function lists is none"
attribute_is "$LAB_E1000E_FN0" reset_method "pm bus"
vm_config 166 "hostpci0: ${LAB_E1000E_FN0#0000:}" "hostpci1: ${LAB_E1000E_FN1#0000:}"
vm_policy 166 'reset = "bus";'
expect_exit 1 hook 166 pre-start
expect_match 'bus does not work for it here; the kernel offers only: pm'
expect_eq e1000e "$(driver_of "$LAB_E1000E_FN0")"
vm_policy 166 'reset = [ "pm", "bus" ];'
expect_exit 0 hook 166 pre-start
attribute_is "$LAB_E1000E_FN0" reset_method pm
expect_exit 0 hook 166 post-stop
expect_no_journal 166
# The kernel has looked anew, and does not take the wrong list back: this is what differs.
attribute_is "$LAB_E1000E_FN0" reset_method pm
expect_eq e1000e "$(driver_of "$LAB_E1000E_FN0")"
vm_forget 165 166
