#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-guests: yes
# lab-timeout: 400
#
# The same devices for libvirt: virsh takes the <hostdev> elements that showcmd prints,
# starts a domain with them, and gives the devices back when it ends.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

domain() { # reads the elements of devices
	cat <<-END
		<domain type='kvm'>
		  <name>lab</name>
		  <memory unit='MiB'>256</memory>
		  <vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <features><acpi/></features>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <controller type='usb' model='none'/>
		    <memballoon model='none'/>
		    $(cat)
		  </devices>
		</domain>
	END
}

inner_kvm
modprobe vfio-pci # libvirt looks for it before it offers to pass anything on
wait_for 20 netdev_of "$LAB_IGB1"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
udevadm settle
start_libvirt
host_snapshot "$LAB_TMP/before"
vm_config 140 "machine: q35" "hostpci0: $LAB_IGB1,pcie=1,rombar=0" "hostpci1: ${LAB_E1000E_FN0%.0},pcie=1"

say "showcmd prints the elements, and virsh takes them"
expect_exit 0 hostpci showcmd 140 --format libvirt-xml
expect_match "<hostdev mode='subsystem' type='pci' managed='yes'>" "$LAST_OUT"
expect_eq 3 "$(grep -c '<hostdev ' "$LAST_OUT")" "elements"
domain <"$LAST_OUT" >"$LAB_TMP/domain.xml"
expect_exit 0 virsh -q -c qemu:///system define --validate "$LAB_TMP/domain.xml"

say "the domain has the devices while it runs"
expect_exit 0 virsh -q -c qemu:///system start lab
for device in "$LAB_IGB1" "$LAB_E1000E_FN0" "$LAB_E1000E_FN1"; do
	expect_eq vfio-pci "$(driver_of "$device")" "driver of $device"
done
expect_exit 0 virsh -q -c qemu:///system qemu-monitor-command lab '{"execute":"query-pci"}'
expect_eq 3 "$(jq '[.. | .qdev_id? // empty | select(startswith("hostdev"))] | length' "$LAST_OUT")" "devices in query-pci"
expect_eq "0.0 0.0 0.1" "$(jq -r '[.. | .pci_bridge? // empty | .devices[]? | select(.qdev_id | startswith("hostdev")) |
	"\(.slot).\(.function)"] | sort | join(" ")' "$LAST_OUT")" "functions behind root ports"

say "and libvirt gives them back"
expect_exit 0 virsh -q -c qemu:///system destroy lab
expect_exit 0 virsh -q -c qemu:///system undefine lab
wait_for 30 test igb = "$(driver_of "$LAB_IGB1")"
wait_for 20 netdev_of "$LAB_IGB1"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
stop_libvirt
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
vm_forget 140
