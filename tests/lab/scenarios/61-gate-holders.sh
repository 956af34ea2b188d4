#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Device files that are held open: by whom; who is just going is waited for; a command of
# the policy frees them, and is believed only if it did.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

find_disk() { # it may have another name each time
	wait_for 20 disk_of "$LAB_NVME"
	udevadm settle
	disk=/dev/$(disk_of "$LAB_NVME")
	file=${disk%n1}
}

give_back() {
	expect_exit 0 hook 122 post-stop
	expect_exit 0 hostpci release 122
	find_disk
}

find_disk
host_snapshot "$LAB_TMP/before"
vm_config 122 "hostpci0: $LAB_NVME"
vm_policy 122 ''

hold() { # FILE
	sleep 300 3<"$1" &
	holder=$!
}
let_go() {
	kill "$holder" 2>/dev/null || true
	wait "$holder" || true
}

refuses() { # REGEX...
	local regex
	expect_refused 1 hook 122 pre-start
	for regex; do expect_match "$regex" "$LAST_ERR"; done
}

say "the controller's file and the disk's are open: by one process, so that is said once"
sleep 300 3<"$file" 4<"$disk" &
holder=$!
refuses "ask\\] hostpci0 $LAB_NVME: $file, $disk is held open by pid $holder \\(sleep\\)|ask\\] hostpci0 $LAB_NVME: $disk, $file is held open by pid $holder \\(sleep\\)" \
	"end process $holder; or, .*allow = \\[\"$LAB_NVME\"\\]"
last_output
expect_refused 1 hostpci plan 122 --output-format json
jq -e --arg who "pid $holder (sleep)" '.findings | length == 1 and .[0].who == $who and .[0].grade == "ask"
	and .[0].passing == false' "$LAST_OUT" >/dev/null || fail "the findings: $(cat "$LAST_OUT")"
let_go

say "what another VM has open is never given away, whatever is allowed"
mkdir -p "$LAB_TMP/cgroup"
mount -t cgroup2 cgroup2 "$LAB_TMP/cgroup"
mkdir -p "$LAB_TMP/cgroup/qemu.slice/123.scope" "$LAB_TMP/cgroup/qemu.slice/122.scope"
hold "$disk"
vm_policy 122 "allow = [\"$LAB_NVME\"];"
echo "$holder" >"$LAB_TMP/cgroup/qemu.slice/123.scope/cgroup.procs"
refuses "never\\] hostpci0 $LAB_NVME: $disk is held open by pid $holder \\(sleep\\), VM 123" 'stop VM 123$'
vm_policy 122 ''
echo "$holder" >"$LAB_TMP/cgroup/qemu.slice/122.scope/cgroup.procs"
refuses "ask\\] hostpci0 $LAB_NVME: $disk is held open by pid $holder \\(sleep\\), VM 122"
let_go
umount "$LAB_TMP/cgroup"

say "it is allowed: the disk goes, and is back when it is released"
hold "$file"
vm_policy 122 "allow = [\"$LAB_NVME\"];"
expect_exit 0 hook 122 pre-start
let_go
give_back

say "a command that frees nothing is not believed"
hold "$file"
vm_policy 122 'free = [ "/bin/echo", "all", "is free" ];'
refuses 'free: \| all is free' 'free: /bin/echo all is free: exit code 0' "is held open by pid $holder"
kill -0 "$holder" || fail "somebody ended the holder"

say "the plan says that one would be run, and runs none"
cat >"$LAB_TMP/free" <<'END'
#!/bin/sh
echo "ending $1 for VM $HOSTPCI_VMID"
touch "$0.ran"
kill "$1"
while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
END
chmod +x "$LAB_TMP/free"
vm_policy 122 "hostpci0 = { free = [ \"$LAB_TMP/free\", \"$holder\" ]; };"
expect_refused 1 hostpci plan 122
expect_match "free: a start would run $LAB_TMP/free $holder, and look again"
[ ! -e "$LAB_TMP/free.ran" ] || fail "the plan ran it"

say "one that does free it makes the start pass"
expect_exit 0 hook 122 pre-start
last_output
expect_match "free: \\| ending $holder for VM 122"
wait "$holder" || true
expect_eq vfio-pci "$(driver_of "$LAB_NVME")"
give_back
rm "$LAB_TMP/free.ran"

say "nothing is in use: it is not run"
expect_exit 0 hook 122 pre-start
[ ! -e "$LAB_TMP/free.ran" ] || fail "it was run"
give_back

say "a mounted disk: never, but the command may free that as well"
mkfs.ext4 -q -F "$disk"
mount "$disk" /mnt
vm_policy 122 "allow = [\"$LAB_NVME\"];" 'gate = "warn";' 'free = [ "/bin/true" ];'
refuses "never\\] .*$disk is mounted on /mnt"
vm_policy 122 'free = [ "/bin/umount", "/mnt" ];'
expect_exit 0 hook 122 pre-start
give_back
wipefs -q -a "$disk"
vm_policy 122 ''

say "what the kernel uses without a claim: a loop device, and the NVMe target"
modprobe loop
modprobe nvmet
mount -t configfs configfs /sys/kernel/config 2>/dev/null && config=mounted
loop=$(losetup -f --show "$disk")
refuses "never\\] .*$disk is what $loop stands on" "losetup -d $loop"
losetup -d "$loop"
target=/sys/kernel/config/nvmet/subsystems/lab-target
mkdir -p "$target/namespaces/1"
udevadm settle
readlink -f "/dev/disk/by-path/pci-$LAB_NVME-nvme-1" | grep -qx "$disk" || fail "udev has no name for $disk"
echo "/dev/disk/by-path/pci-$LAB_NVME-nvme-1" >"$target/namespaces/1/device_path"
echo 1 >"$target/namespaces/1/enable"
refuses "never\\] .*$disk is given to other hosts by the NVMe target, as lab-target" 'subsystems/lab-target'
echo 0 >"$target/namespaces/1/enable"
rmdir "$target/namespaces/1" "$target"
[ -z "${config-}" ] || umount /sys/kernel/config

say "LVM by its names"
udevadm settle
lvm pvcreate -q -y "$disk" >/dev/null
lvm vgcreate -q lab-vg "$disk" >/dev/null
lvm lvcreate -q -y -n vol -L 32M lab-vg >/dev/null
refuses "never\\] .*$disk is part of /dev/dm-[0-9]+, the LVM volume lab-vg/vol" 'vgchange -an lab-vg,'
lvm vgchange -q -an lab-vg >/dev/null
udevadm settle
expect_exit 0 hostpci plan 122
expect_match "tell\\] .*$disk has an LVM physical volume on it.*, which is not active"
lvm vgremove -q -f lab-vg >/dev/null
lvm pvremove -q "$disk" >/dev/null
wipefs -q -a "$disk"
udevadm settle

say "paths of a multipath device, and another device of dm, each with its cure"
# Of whole requests the disks of NVMe know nothing: the kernel has its own multipath for them.
wait_for 20 disk_of "$LAB_NVME2"
wait_for 20 disk_of "$LAB_SCSI"
other=/dev/$(disk_of "$LAB_NVME2")
scsi=/dev/$(disk_of "$LAB_SCSI")
vm_config 122 "hostpci0: $LAB_NVME" "hostpci1: $LAB_NVME2" "hostpci2: $LAB_SCSI"
dm_create() { # NAME UUID DISK TARGET...
	echo "0 $(blockdev --getsz "$3") ${*:4}" | dmsetup create "$1" ${2:+--uuid "$2"}
}
dm_create lab-path mpath-lab "$disk" "multipath 2 queue_mode bio 0 1 1 service-time 0 2 1 $disk 1 $other 1"
dm_create lab-crypt CRYPT-PLAIN-lab "$scsi" \
	"crypt aes-xts-plain64 $(printf '%064d' 1) 0 $scsi 0"
refuses "never\\] hostpci0 $LAB_NVME: $disk is part of /dev/dm-[0-9]+, the multipath device lab-path" \
	"never\\] hostpci1 $LAB_NVME2: $other is part of /dev/dm-[0-9]+, the multipath device lab-path" \
	'multipath -f lab-path, and blacklist it' \
	"never\\] hostpci2 $LAB_SCSI: $scsi is part of /dev/dm-[0-9]+, the encrypted volume lab-crypt" \
	'cryptsetup close lab-crypt'
last_output
dmsetup remove lab-path
dmsetup remove lab-crypt
dm_create lab-linear "" "$disk" "linear $disk 0"
vm_config 122 "hostpci0: $LAB_NVME" "hostpci1: $LAB_NVME2"
refuses "never\\] hostpci0 $LAB_NVME: $disk is part of /dev/dm-[0-9]+, lab-linear" 'what to do: dmsetup remove lab-linear'
dmsetup remove lab-linear

say "a bcache and its cache; what the words tell to do frees them"
set=01020304-0506-0708-090a-0b0c0d0e0f10
modprobe bcache
"$LAB_DIR/bcache-format" backing "$disk" $set
"$LAB_DIR/bcache-format" cache "$other" $set
for member in "$disk" "$other"; do echo "$member" >/sys/fs/bcache/register; done
wait_for 10 test -e /sys/block/bcache0/bcache/cache
refuses "never\\] hostpci0 $LAB_NVME: $disk is part of /dev/bcache0, a bcache" \
	"echo 1 > /sys/class/block/${disk#/dev/}/bcache/stop" \
	"never\\] hostpci1 $LAB_NVME2: $other is a cache of bcache, of the set $set" \
	"echo 1 > /sys/fs/bcache/$set/unregister"
last_output
expect_refused 1 hostpci plan 122 --output-format json
expect_eq 2 "$(jq '.findings | length' "$LAST_OUT")" "findings"
echo 1 >/sys/fs/bcache/$set/unregister
echo 1 >"/sys/class/block/${disk#/dev/}/bcache/stop"
wait_for 10 hostpci plan 122
for member in "$disk" "$other"; do wipefs -q -a "$member"; done
udevadm settle
vm_config 122 "hostpci0: $LAB_NVME"

say "what Proxmox's list of reservations gives to another machine"
mkdir -p /run/qemu-server
reserve() { echo "$LAB_NVME 140 $1" >/run/qemu-server/pci-id-reservations; }
reserve "time:$(($(date +%s) + 60))"
refuses "never\\] hostpci0 $LAB_NVME.* is reserved by VM 140, which is starting" "stop VM 140, or try again"
python3 -c 'import time; time.sleep(300)' -id 140 &
holder=$!
echo $holder >/run/qemu-server/140.pid
reserve pid:$holder
vm_policy 122 "allow = [\"$LAB_NVME\"];" 'gate = "warn";'
refuses "never\\] hostpci0 $LAB_NVME.* is in use by VM 140, which runs" "what to do: stop VM 140 first"
last_output
vm_policy 122 ''

say "a reservation whose time is over, or whose process is gone or another one, is none"
let_go
for old in "time:$(date +%s)" "pid:$$" pid:$holder; do
	reserve "$old"
	[ "$old" != "pid:$$" ] || echo $$ >/run/qemu-server/140.pid
	expect_exit 0 hostpci plan 122
	expect_no_match 'VM 140'
done
expect_exit 0 hook 122 pre-start
expect_match "$LAB_NVME was reserved by VM 140, which does not run: it is taken"
expect_match "^$LAB_NVME 122 time:" /run/qemu-server/pci-id-reservations
give_back
rm -r /run/qemu-server

say "a holder that is just going is waited for; one of another name is not"
python3 - "$file" "$LAB_TMP/open" <<'END' &
import sys, time
held = open(sys.argv[1])
open("/proc/self/comm", "w").write("(udev-worker)")
open(sys.argv[2], "w").close()
time.sleep(5)
END
holder=$!
wait_for 20 test -e "$LAB_TMP/open"
expect_refused 1 hostpci plan 122
expect_match 'held open by pid [0-9]+ \(\(udev-worker\)\).*just going'
expect_exit 0 hook 122 pre-start
last_output
expect_match 'waited [0-9]+ ms for a holder that was just going'
wait "$holder" || true
expect_exit 0 hook 122 post-stop
expect_exit 0 hostpci release 122
wait_for 20 disk_of "$LAB_NVME"

say "on vfio already, and driven by somebody else"
echo vfio-pci >"/sys/bus/pci/devices/$LAB_EDU/driver_override"
modprobe vfio-pci
echo "$LAB_EDU" >/sys/bus/pci/drivers/vfio-pci/bind
vm_config 122 "hostpci0: $LAB_EDU"
group=$(group_of "$LAB_EDU")
sleep 300 3<>"/dev/vfio/$group" &
holder=$!
wait_for 5 test -e "/proc/$holder/fd/3"
refuses "never\\] hostpci0 $LAB_EDU: /dev/vfio/$group is held open by pid $holder \\(sleep\\)"
let_go
echo "$LAB_EDU" >/sys/bus/pci/drivers/vfio-pci/unbind
echo >"/sys/bus/pci/devices/$LAB_EDU/driver_override"

vm_forget 122
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
