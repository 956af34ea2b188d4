#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The units under a real systemd, with all that they may not do: virtual functions, and a
# declared driver, are there before a bridge, the cluster's policy is followed when it comes,
# before machines start, and the timer takes back what a start has left that failed behind
# the hook.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"
[ -x /lib/systemd/systemd ] || skip "systemd is not installed"
units=/run/systemd/system

unit() { # NAME LINE...
	printf '%s\n' "${@:2}" >"$units/$1"
}
boot() {
	unshare --pid --mount --cgroup --fork --kill-child "$LAB_DIR/systemd-init" lab.target "$LAB_TMP/units" \
		</dev/null >"$LAB_TMP/systemd" 2>&1 &
	systemd=$!
}
show_units() { (cd "$LAB_TMP/units" && grep -v '^$' -- * "$LAB_TMP/systemd") || true; }
has_driver() { [ "$(driver_of "$1")" = "$2" ]; }

wait_for 20 netdev_of "$LAB_IGB0"
wait_for 20 disk_of "$LAB_NVME"
wait_for 20 disk_of "$LAB_NVME2"
mkdir -p "$units" "$LAB_TMP/units" "$LAB_TMP/pve/hostpci" "$LAB_TMP/pve/qemu-server" /var/lib/hostpci
echo "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 2; autoprobe = false; } );" >/var/lib/hostpci/hostpci.conf
echo "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 3; autoprobe = false; } );" >"$LAB_TMP/pve/hostpci/hostpci.conf"
mkdir -p /etc/pve
mv /etc/pve "$LAB_TMP/away"
for conf in /var/lib/hostpci "$LAB_TMP/pve/hostpci"; do
	echo "drivers = ( { device = \"$LAB_NVME2\"; driver = \"vfio-pci\"; } );" >>"$conf/hostpci.conf"
done
count=/sys/bus/pci/devices/$LAB_IGB0/sriov_numvfs
unit lab.target '[Unit]' 'Wants=hostpci-boot.service hostpci-cluster.service hostpci-sweep.timer networking.service' \
	'Wants=network.target pve-cluster.service pve-guests.service'
unit networking.service '[Unit]' DefaultDependencies=no After=network-pre.target Before=network.target '[Service]' \
	Type=oneshot "ExecStart=cat $count"
unit pve-cluster.service '[Unit]' After=network.target '[Service]' \
	Type=oneshot RemainAfterExit=yes "ExecStart=mv $LAB_TMP/pve /etc/pve"
unit pve-guests.service '[Unit]' After=pve-cluster.service '[Service]' Type=oneshot "ExecStart=cat $count"
mkdir -p "$units/hostpci-sweep.timer.d"
unit hostpci-sweep.timer.d/soon.conf '[Timer]' OnActiveSec= OnUnitInactiveSec= OnActiveSec=1 OnUnitInactiveSec=1 AccuracySec=1

say "a boot: the copy of the policy before the bridge, the policy before machines"
begin=$SECONDS
boot
wait_for 60 test -s "$LAB_TMP/units/pve-guests"
say "booted within $((SECONDS - begin)) s"
show_units
expect_eq 2 "$(cat "$LAB_TMP/units/networking")" "virtual functions before the bridge"
expect_eq 3 "$(cat "$LAB_TMP/units/pve-guests")" "virtual functions before the machines"
expect_match 'is not there yet: its copy of' "$LAB_TMP/units/hostpci-boot"
expect_eq vfio-pci "$(driver_of "$LAB_NVME2")" "the declared driver"
expect_match "$LAB_NVME2: unbind from nvme, set driver_override to vfio-pci, bind to vfio-pci" "$LAB_TMP/units/hostpci-boot"
expect_no_match "$LAB_NVME2" "$LAB_TMP/units/hostpci-cluster"
cmp /etc/pve/hostpci/hostpci.conf /var/lib/hostpci/hostpci.conf || fail "the copy was not refreshed"

say "the timer: a start by Proxmox that failed behind the hook"
vm_config 182 "hostpci0: ${LAB_NVME#0000:}"
vm_policy 182 'return = "host";'
mkdir -p /run/lock/qemu-server
exec 9>/run/lock/qemu-server/lock-182.conf
flock 9
expect_exit 0 hook 182 pre-start
sleep 3
expect_eq vfio-pci "$(driver_of "$LAB_NVME")"
exec 9>&-
wait_for 20 has_driver "$LAB_NVME" nvme
wait_for 5 test ! -e /run/hostpci/vm/182.journal
expect_match 'VM 182 no longer runs' "$LAB_TMP/units/hostpci-sweep"

say "the end"
show_units >"$LAB_OUT/units"
expect_no_match 'Failed|rror|denied|not permitted' "$LAB_OUT/units"
kill -KILL "$systemd"
wait "$systemd" 2>/dev/null || true
expect_exit 0 hostpci sriov set "$LAB_IGB0" 0
echo 1 >"/sys/bus/pci/devices/$LAB_IGB0/sriov_drivers_autoprobe"
echo >"/sys/bus/pci/devices/$LAB_NVME2/driver_override"
echo "$LAB_NVME2" >/sys/bus/pci/drivers/vfio-pci/unbind
echo "$LAB_NVME2" >/sys/bus/pci/drivers/nvme/bind
vm_forget 182
rm -rf /etc/pve /var/lib/hostpci /run/systemd /run/lock/qemu-server
mv "$LAB_TMP/away" /etc/pve
wait_for 20 disk_of "$LAB_NVME"
wait_for 20 disk_of "$LAB_NVME2"
