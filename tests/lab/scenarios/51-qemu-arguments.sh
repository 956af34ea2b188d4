#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-guests: yes
# lab-timeout: 500
#
# QEMU starts with every kind of argument that `showcmd --standalone` prints for the lab's
# devices, and says that it has them where and as they were asked for.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

arguments=()

machine() { # TYPE LINE...: gives the devices to VM 150 and reads its arguments
	local type=$1
	shift
	vm_config 150 "machine: $type" "$@"
	expect_exit 0 hook 150 pre-start
	mapfile -t arguments < <(vm_arguments 150)
	arguments=(-M "$type" "${arguments[@]}")
}

back() { expect_exit 0 hook 150 post-stop; }

expect_device() { # ID...
	local id
	INNER_UNTIL=$(printf '"qdev_id": "%s"\n' "$@") \
		expect_exit 0 inner_qmp query-pci -- "${arguments[@]}"
	for id; do
		expect_match "\"qdev_id\": \"$id\"" "$LAST_OUT"
	done
}

expect_property() { # ID PROPERTY VALUE
	INNER_QMP_ARGUMENTS="{\"path\":\"/machine/peripheral/$1\",\"property\":\"$2\"}" \
		expect_exit 0 inner_qmp qom-get -- "${arguments[@]}"
	expect_match "\"return\": $3[,}]" "$LAST_OUT"
}

wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
udevadm settle
host_snapshot "$LAB_TMP/before"
head -c 4096 /dev/zero >"$LAB_TMP/rom"
mkdir -p /usr/share/kvm
cp "$LAB_TMP/rom" /usr/share/kvm/lab.rom

say "q35, PCI Express, in the first and in a late slot"
machine q35 "hostpci0: $LAB_IGB0,pcie=1" "hostpci5: $LAB_EDU,pcie=1"
expect_device hostpci0 hostpci5
expect_property hostpci0 host "\"$LAB_IGB0\""
back

say "q35, conventional"
machine q35 "hostpci0: $LAB_IGB0,rombar=0" "hostpci4: $LAB_EDU"
expect_device hostpci0 hostpci4
expect_property hostpci0 rombar 0
back

say "q35, all functions of a slot"
machine q35 "hostpci1: ${LAB_E1000E_FN0%.0},pcie=1"
expect_device hostpci1.0 hostpci1.1
expect_property hostpci1.0 multifunction true
back

say "q35 for an old Windows: PCI Express devices on the root bus itself"
machine q35 "ostype: win7" "hostpci0: $LAB_IGB0,pcie=1" "hostpci3: $LAB_EDU,pcie=1"
expect_device hostpci0 hostpci3
back

say "a cluster mapping, and the alternative that is free"
mkdir -p /etc/pve/mapping /etc/pve/nodes/lab
ln -sfn nodes/lab /etc/pve/local
id() { # BDF PREFIX: "8086:10c9", of the device or, with subsystem_, its subsystem
	printf '%s:%s' "$(cut -c3- "/sys/bus/pci/devices/$1/${2}vendor")" \
		"$(cut -c3- "/sys/bus/pci/devices/$1/${2}device")"
}
{
	echo "nic"
	for device in "$LAB_IGB0" "$LAB_IGB1"; do
		echo "	map id=$(id "$device" ""),subsystem-id=$(id "$device" subsystem_),iommugroup=$(group_of "$device"),node=lab,path=$device"
	done
} >/etc/pve/mapping/pci.cfg
expect_exit 0 hostpci mapping check
vm_config 151 "hostpci0: $LAB_IGB0"
expect_exit 0 hook 151 pre-start
vm_config 150 "machine: q35" "hostpci0: mapping=nic,pcie=1"
expect_exit 0 hook 150 pre-start
expect_match "mapping=nic: $LAB_IGB1 is chosen"
expect_eq vfio-pci "$(driver_of "$LAB_IGB1")"
back
expect_exit 0 hook 151 post-stop
rm -r /etc/pve/mapping /etc/pve/nodes /etc/pve/local
vm_forget 151

say "i440fx, first and late slots, all functions, a ROM file, other ids, boot order"
machine pc "boot: order=hostpci0" \
	"hostpci0: $LAB_IGB0,romfile=lab.rom,vendor-id=0x1af4,device-id=0x1234,sub-vendor-id=0x1111,sub-device-id=0x2222" \
	"hostpci9: ${LAB_E1000E_FN0%.0}" "hostpci15: $LAB_EDU"
expect_device hostpci0 hostpci9.0 hostpci9.1 hostpci15
expect_match '"device": 4660, "subsystem-vendor": 4369, "vendor": 6900, "subsystem": 8738' "$LAST_OUT"
expect_property hostpci0 romfile '"/usr/share/kvm/lab.rom"'
expect_property hostpci0 x-pci-sub-device-id 8738
expect_property hostpci0 bootindex 100
back

rm /usr/share/kvm/lab.rom
vm_forget 150
wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 netdev_of "$LAB_E1000E_FN1"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
