#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-guests: yes
#
# Is the lab what it claims to be? A scenario that passes in a lab without devices, with a
# deaf trace or a blind snapshot would prove nothing.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

vfio_bind() { # BDF: by raw writes
	modprobe vfio-pci
	echo vfio-pci >"/sys/bus/pci/devices/$1/driver_override"
	[ "$(driver_of "$1")" = none ] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers/vfio-pci/bind
}

host_bind() { # BDF DRIVER
	echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >"/sys/bus/pci/drivers/$2/bind"
}

say "assertions notice what does not hold"
for bad in "expect_exit 0 false" "expect_eq a b" "wait_for 1 false" "expect_match x /dev/null"; do
	! ($bad) >/dev/null 2>&1 || fail "passed though wrong: $bad"
done
expect_exit 3 sh -c 'echo out; echo err >&2; exit 3'
expect_match '^out$'
expect_match '^err$' "$LAST_ERR"
expect_no_match neither

say "devices and their drivers"
for pair in "$LAB_NVME nvme" "$LAB_NVME2 nvme" "$LAB_NVME_SRIOV nvme" "$LAB_IGB0 igb" "$LAB_IGB1 igb" \
	"$LAB_E1000E_FN0 e1000e" "$LAB_E1000E_FN1 e1000e" "$LAB_BRIDGE none" "$LAB_E1000_A e1000" \
	"$LAB_E1000_B e1000" "$LAB_EDU none" "$LAB_EDU2 none" "$LAB_SCSI virtio-pci"; do
	expect_eq "${pair#* }" "$(driver_of "${pair% *}")" "driver of ${pair% *}"
done
expect_eq 7 "$(cat "/sys/bus/pci/devices/$LAB_IGB0/sriov_totalvfs")" "VFs of igb"
expect_eq 4 "$(cat "/sys/bus/pci/devices/$LAB_NVME_SRIOV/sriov_totalvfs")" "VFs of the NVMe"
for device in "$LAB_NVME" "$LAB_NVME2" "$LAB_NVME_SRIOV" "$LAB_SCSI"; do
	expect_eq 524288 "$(cat "/sys/class/block/$(disk_of "$device")/size")" "sectors of the disk of $device"
done

say "IOMMU groups: alone, two functions of a slot, two slots behind a bridge"
alone=("$LAB_NVME" "$LAB_NVME2" "$LAB_NVME_SRIOV" "$LAB_IGB0" "$LAB_IGB1" "$LAB_EDU" "$LAB_SCSI")
for device in "${alone[@]}"; do
	members=("/sys/bus/pci/devices/$device/iommu_group/devices/"*)
	expect_eq 1 ${#members[@]} "size of the group of $device"
done
expect_eq "$(group_of "$LAB_E1000E_FN0")" "$(group_of "$LAB_E1000E_FN1")" "group of a slot"
expect_eq "$(group_of "$LAB_E1000_A")" "$(group_of "$LAB_E1000_B")" "group below a bridge"
expect_eq "$(group_of "$LAB_E1000_A")" "$(group_of "$LAB_BRIDGE")" "group of the bridge"

say "the snapshot sees changes, and only those that are left"
host_snapshot "$LAB_TMP/before"
for change in "driver_override nvme" "power/control auto" "reset_method bus"; do
	file=/sys/bus/pci/devices/$LAB_SCSI/${change% *}
	old=$(cat "$file")
	echo "${change#* }" >"$file"
	host_snapshot "$LAB_TMP/after"
	! (expect_same_host "$LAB_TMP/before" "$LAB_TMP/after") 2>/dev/null || fail "blind for $change"
	[ "$old" != '(null)' ] || old=
	echo "$old" >"$file"
done
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
modprobe vfio-pci
echo 1234 5678 >/sys/bus/pci/drivers/vfio-pci/new_id
host_snapshot "$LAB_TMP/after"
expect_match '^new_id vfio-pci left=1$' "$LAB_TMP/after"
! echo 1234 9999 2>/dev/null >/sys/bus/pci/drivers/vfio-pci/remove_id || fail "removed what is not there"
echo 1234 5678 >/sys/bus/pci/drivers/vfio-pci/remove_id
mkdir -p /run/hostpci/vm
touch /run/hostpci/lock /run/hostpci/vm/100.report.json /run/hostpci/vm/100.journal
host_snapshot "$LAB_TMP/after"
expect_no_match '^new_id' "$LAB_TMP/after"
expect_match 'vm/100.journal' "$LAB_TMP/after"
expect_no_match '/lock|report.json' "$LAB_TMP/after"
rm -r /run/hostpci

say "the trace sees a write, who made it and where"
sysfs_trace_start
bash -c 'echo on >"/sys/bus/pci/devices/$LAB_EDU/power/control"'
strace -o "$LAB_TMP/strace" -e trace=none bash -c ':'
sysfs_trace_stop >"$LAB_TMP/writes"
expect_match "^bash [0-9]+ power control$" "$LAB_TMP/writes"
sysfs_trace_of bash >"$LAB_TMP/ours"
expect_eq 1 "$(grep -c control "$LAB_TMP/ours")" "writes of bash to control"
sysfs_trace_start
sysfs_trace_stop >"$LAB_TMP/writes"
expect_eq "" "$(sysfs_trace_of bash | grep -v fprobes || true)" "writes of nobody"

say "virtual functions come and go, their netdevs are renamed by udev"
echo 2 >"/sys/bus/pci/devices/$LAB_IGB0/sriov_numvfs"
vf=$(basename "$(readlink "/sys/bus/pci/devices/$LAB_IGB0/virtfn0")")
wait_for 20 test -d "/sys/bus/pci/devices/$vf/net"
udevadm settle
expect_eq igbvf "$(driver_of "$vf")"
[[ $(netdev_of "$vf") =~ ^en ]] || fail "not renamed: $(netdev_of "$vf")"
host_snapshot "$LAB_TMP/after"
expect_match "^vf $(netdev_of "$LAB_IGB0") 1 .*spoofchk" "$LAB_TMP/after"
expect_match "^netdev $(netdev_of "$vf") at $vf$" "$LAB_TMP/after"
echo 0 >"/sys/bus/pci/devices/$LAB_IGB0/sriov_numvfs"

say "udev assembles an array, and a volume, on a disk that comes back to the host"
disk=/dev/$(disk_of "$LAB_NVME2")
mdadm --quiet --create /dev/md/lab --run --level=1 --raid-devices=1 --force --metadata=1.2 "$disk"
expect_exit 0 pvcreate -q /dev/md/lab
expect_exit 0 vgcreate -q labvg /dev/md/lab
expect_exit 0 lvcreate -q -n vol -L 32M labvg
vgchange -q -an labvg
mdadm --quiet --stop /dev/md/lab
vfio_bind "$LAB_NVME2"
host_bind "$LAB_NVME2" nvme
wait_for 30 test -e /dev/labvg/vol
host_snapshot "$LAB_TMP/after"
expect_match '^block dm-0 name=labvg-vol on md[0-9]+' "$LAB_TMP/after"
vgremove -q -f labvg
array=$(basename "$(readlink -f /dev/md/*lab*)")
mdadm --quiet --stop "/dev/$array"
wipefs -q -a "/dev/$(disk_of "$LAB_NVME2")"

say "QEMU opens an NVMe that it was given"
vfio_bind "$LAB_NVME"
expect_eq vfio-pci "$(driver_of "$LAB_NVME")"
expect_exit 0 inner_qmp query-pci -- -device "vfio-pci,host=$LAB_NVME,id=hostpci0"
expect_match '"qdev_id": "hostpci0"' "$LAST_OUT"
expect_exit 1 inner_qmp query-pci -- -device "vfio-pci,host=$LAB_EDU,id=hostpci0"
expect_match 'no reply: .*vfio'
host_bind "$LAB_NVME" nvme
wait_for 20 disk_of "$LAB_NVME"

say "the kernel's sample of a mediated device, and ours on the PCI bus"
uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
lab_module mtty
echo $uuid >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/create
expect_exit 0 inner_qmp query-pci -- -device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/$uuid,id=hostpci0"
expect_match '"qdev_id": "hostpci0"'
echo 1 >/sys/bus/mdev/devices/$uuid/remove
rmmod mtty
lab_module lab-mdev
types=/sys/bus/pci/devices/$LAB_EDU/mdev_supported_types
expect_eq "5 2" "$(cat "$types"/lab-mdev-{1,2}/available_instances | xargs)" "room"
expect_eq "LAB A1-2Q" "$(cat "$types/lab-mdev-2/name")"
expect_match 'ports=2, max_instance=2' "$types/lab-mdev-2/description"
echo $uuid >"$types/lab-mdev-2/create"
expect_eq "3 1" "$(cat "$types"/lab-mdev-{1,2}/available_instances | xargs)" "room"
host_snapshot "$LAB_TMP/after"
expect_match "^mdev $uuid type=lab-mdev-2 parent=$LAB_EDU" "$LAB_TMP/after"
expect_match "^mdev room of $LAB_EDU lab-mdev-1=3$" "$LAB_TMP/after"
echo frame_rate_limiter=0 >/sys/bus/mdev/devices/$uuid/nvidia/vgpu_params
expect_eq frame_rate_limiter=0 "$(cat /sys/bus/mdev/devices/$uuid/nvidia/vgpu_params)"
expect_exit 0 inner_qmp query-pci -- -device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/$uuid,id=hostpci0"
expect_match '"qdev_id": "hostpci0"'
echo 1 >/sys/bus/mdev/devices/$uuid/remove
expect_eq "5 2" "$(cat "$types"/lab-mdev-{1,2}/available_instances | xargs)" "room"
rmmod lab-mdev

say "virtual functions with vGPU types"
vgpu_up "$LAB_IGB1" 2 linger=5000
vf=/sys/bus/pci/devices/${VGPU[0]}/nvidia
expect_eq "ID    : vGPU Name|557   : LAB L4-1Q|558   : LAB L4-2Q|559   : LAB L4-4Q|" \
	"$(tr '\n' '|' <"$vf/creatable_vgpu_types")" "types"
expect_exit 1 inner_qmp query-pci -- -device "vfio-pci,host=${VGPU[0]},id=hostpci0"
echo 558 >"$vf/current_vgpu_type"
expect_eq "" "$(cat "$vf/creatable_vgpu_types")" "types of one that has its own"
expect_eq 3 "$(wc -l <"$vf/../../${VGPU[1]}/nvidia/creatable_vgpu_types")" "lines of its neighbour"
host_snapshot "$LAB_TMP/after"
expect_match "^pci ${VGPU[0]} nvidia/current_vgpu_type=558$" "$LAB_TMP/after"
expect_exit 0 inner_qmp query-pci -- -device "vfio-pci,host=${VGPU[0]},id=hostpci0"
expect_match '"qdev_id": "hostpci0"'
expect_exit 1 bash -c "echo 0 >$vf/current_vgpu_type"
expect_match 'not permitted'
wait_for 20 sh -c "echo 0 >$vf/current_vgpu_type"
vgpu_down "$LAB_IGB1"

say "a guest that hangs is ended"
export INNER_TIMEOUT=12
echo 'sleep 1000' >"$LAB_TMP/script"
expect_exit 125 inner_guest hangs "$LAB_TMP/script" --
expect_match 'ended after 12 s'
