#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab-needs: package
#
# The package, put in by dpkg on a node of a cluster, with systemd as the first process and
# the machines of a caller that behaves as Proxmox does. Nothing of the build tree is used but
# the caller's own tools. A boot, attached and chained hookscripts, the timer, an upgrade under
# a running QEMU, a dpkg that is killed, a removal with VMs attached, a purge.
#
# A full run does the same once more with Debian 13 as the root file system.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/lab/lib-installed.sh
. "$LAB_DIR/lib-installed.sh"

count=/sys/bus/pci/devices/$LAB_IGB0/sriov_numvfs

# What is ours on this node, and what Proxmox has of it.
ours() {
	find "$ROOT"/etc "$ROOT"/run "$ROOT"/var/lib/{systemd,hostpci} -path "$ROOT/run/systemd" -prune -o \
		-name '*hostpci*' -print 2>/dev/null || true
	find "$ROOT"/etc/pve "$ROOT"/var/lib/vz
	dpkg-deb -c "$LAB_DEBS"/new.deb | sed 's,.* \./,/,' | while read -r path; do
		[ ! -e "$ROOT$path" ] || printf '%s\n' "$path"
	done
}

boot_units() {
	unit networking.service '[Unit]' DefaultDependencies=no After=network-pre.target Before=network.target '[Service]' \
		Type=oneshot "ExecStart=cat $count"
	unit pve-cluster.service '[Unit]' After=network.target '[Service]' \
		Type=oneshot RemainAfterExit=yes "ExecStart=mv /etc/pve.away /etc/pve"
	unit pve-guests.service '[Unit]' After=pve-cluster.service '[Service]' Type=oneshot "ExecStart=cat $count"
}

installs() {
	say "installed: enabled for the next boot; nothing is started, nothing is written"
	sysfs_trace_start
	expect_exit 0 dpkg_here -i "$LAB_DEBS/old.deb"
	sysfs_trace_stop >"$LAB_OUT/install-trace"
	expect_eq "" "$(cat "$LAB_OUT/install-trace")" "writes of an installation"
	for path in multi-user.target.wants/hostpci-{boot,cluster}.service timers.target.wants/hostpci-sweep.timer; do
		[ -L "$ROOT/etc/systemd/system/$path" ] || fail "$path is not there"
	done
	expect_match "^version: $(hostpci --version | cut -d' ' -f2)$" "$ROOT/etc/pve/hostpci/installed/pve1"
}

boots() {
	say "a boot: the copy of the policy before the bridge, with a declared driver, the policy before machines"
	mkdir -p "$ROOT/var/lib/hostpci"
	echo "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 2; autoprobe = false; } );" >"$ROOT/var/lib/hostpci/hostpci.conf"
	echo "sriov = ( { pf = \"$LAB_IGB0\"; vfs = 3; autoprobe = false; } );" >"$ROOT/etc/pve/hostpci/hostpci.conf"
	for conf in var/lib/hostpci etc/pve/hostpci; do
		echo "drivers = ( { device = \"$LAB_NVME_SRIOV\"; driver = \"vfio-pci\"; } );" >>"$ROOT/$conf/hostpci.conf"
	done
	mv "$ROOT/etc/pve" "$ROOT/etc/pve.away"
	boot_units
	begin=$SECONDS
	boot networking.service network.target pve-cluster.service pve-guests.service
	wait_for 60 test -s "$LAB_TMP/units/pve-guests"
	wait_for 20 test -S /run/systemd/private
	say "booted within $((SECONDS - begin)) s"
	expect_eq 2 "$(cat "$LAB_TMP/units/networking")" "virtual functions before the bridge"
	expect_eq 3 "$(cat "$LAB_TMP/units/pve-guests")" "virtual functions before the machines"
	expect_match 'is not there yet: its copy of' "$LAB_TMP/units/hostpci-boot"
	expect_eq vfio-pci "$(driver_of "$LAB_NVME_SRIOV")" "the declared driver"
	expect_match "$LAB_NVME_SRIOV: unbind from nvme, set driver_override to vfio-pci, bind to vfio-pci" \
		"$LAB_TMP/units/hostpci-boot"
	expect_no_match "$LAB_NVME_SRIOV" "$LAB_TMP/units/hostpci-cluster"
	cmp "$ROOT"/etc/pve/hostpci/hostpci.conf "$ROOT"/var/lib/hostpci/hostpci.conf || fail "the copy was not refreshed"
	expect_eq active "$(in_root systemctl is-active hostpci-sweep.timer)" "the timer"
}

attaches() {
	say "attached: four VMs, of which one had a hookscript"
	node_vm 180 "hostpci0: ${LAB_IGB1#0000:}" 'hookscript: local:snippets/old.sh'
	node_vm 181 "hostpci0: ${LAB_EDU#0000:}"
	node_vm 182 "hostpci0: ${LAB_NVME#0000:}"
	node_vm 183 "hostpci0: ${LAB_NVME2#0000:}"
	mkdir -p "$ROOT/etc/hostpci/vm"
	for vmid in 182 183; do echo 'return = "host";' >"$ROOT/etc/hostpci/vm/$vmid.conf"; done
	cat >"$ROOT/var/lib/vz/snippets/old.sh" <<-END_OF_SCRIPT
		#!/bin/sh
		echo "old \$* \$(basename "\$(readlink /sys/bus/pci/devices/$LAB_IGB1/driver)")"
	END_OF_SCRIPT
	chmod +x "$ROOT/var/lib/vz/snippets/old.sh"
	expect_exit 0 hostpci attach --all
	expect_match '^update VM 180: -hookscript local:snippets/hostpci-hook$'
	expect_match 'hostpci-hook calls local:snippets/old.sh'
}

fails_behind_the_hook() {
	say "a start by Proxmox fails behind the hook; the timer has a minute"
	expect_exit 255 pve start 182 --fail-at prepare
	expect_eq vfio-pci "$(driver_of "$LAB_NVME")"
	failed_at=$SECONDS
}

chains() {
	say "the hookscript that was there before is called as well, at each phase"
	expect_exit 0 pve start 180
	expect_match '^ *old 180 pre-start vfio-pci$'
	expect_match '^ *old 180 post-start vfio-pci$'
	expect_exit 0 pve stop 180
	expect_match '^ *old 180 pre-stop vfio-pci$'
	expect_match '^ *old 180 post-stop vfio-pci$'
	expect_eq igb "$(driver_of "$LAB_IGB1")"
	expect_no_journal 180

	say "it fails, or is not there: the start fails, and the host is as before"
	echo 'exit 5' >>"$ROOT/var/lib/vz/snippets/old.sh"
	expect_exit 255 pve start 180
	expect_match "script 'local:snippets/old.sh' failed: exit code 5"
	expect_eq igb "$(driver_of "$LAB_IGB1")"
	mv "$ROOT/var/lib/vz/snippets/old.sh" "$ROOT/var/lib/vz/old.sh"
	expect_exit 255 pve start 180
	expect_match "script 'local:snippets/old.sh' does not exist: put it at"
	expect_no_override "$LAB_IGB1"
	expect_no_journal 180
	sed -i '/^exit/d' "$ROOT/var/lib/vz/old.sh"
	mv "$ROOT/var/lib/vz/old.sh" "$ROOT/var/lib/vz/snippets/old.sh"
}

mends() {
	say "our own is not there, or broken: attach puts it back"
	rm "$stub"
	expect_exit 255 pve start 181
	expect_match "hookscript volume 'local:snippets/hostpci-hook' does not exist"
	expect_exit 0 hostpci attach 181
	expect_match 'snippets/hostpci-hook: made$'
	sed -i '/^exec/d; $d' "$stub"
	chmod -x "$stub"
	expect_exit 0 hostpci attach 181
	starts_181
}

heals() {
	wait_for $((60 + failed_at - SECONDS)) has_driver "$LAB_NVME" nvme
	say "the timer took back what the start had left, after $((SECONDS - failed_at)) s"
	wait_for 5 test ! -e /run/hostpci/vm/182.journal
	expect_match 'VM 182 no longer runs' "$LAB_TMP/units/hostpci-sweep"
}

# A power cut, as far as dpkg is concerned: it and its scripts are gone at once.
cut_off() { # CONDITION DPKG-ARGUMENT...
	local condition=$1
	shift
	(
		set -m
		dpkg_here "$@" >"$LAB_OUT/cut-off" 2>&1 &
		until "$condition"; do kill -0 $! || exit 1; done
		kill -KILL -- -$!
		wait $! || true
	) 2>/dev/null || {
		cat "$LAB_OUT/cut-off"
		fail "dpkg came to its end before $condition"
	}
}
# shellcheck disable=SC2317 # called by name
unpacking() { [ -e "$ROOT$HOOK.dpkg-new" ]; }
# shellcheck disable=SC2317 # called by name
configuring() { [ "$ROOT/etc/pve/hostpci/installed/pve1" -nt "$LAB_TMP/begun" ]; }

# systemd's own, of the groups of its units, are in the trace as well.
no_writes() {
	sysfs_trace_stop >"$LAB_OUT/upgrade-trace"
	expect_eq "" "$(sysfs_trace_of hostpci hostpci-hook hostpci-child dpkg hostpci.postins hostpci.prerm sh)" "writes of an upgrade"
}

upgrades() {
	say "an upgrade while a QEMU holds a device, whose journal the earlier version wrote"
	expect_exit 0 pve start 183 --qemu yes
	qemu=$(</run/qemu-server/183.pid)
	cp /run/hostpci/vm/183.journal "$LAB_OUT/journal-183"
	journal_of 0.1.0 183 "$LAB_NVME2" "$qemu"
	sysfs_trace_start
	say "dpkg is killed while it unpacks, and while it configures: machines start; it repairs itself"
	cut_off unpacking -i "$LAB_DEBS/new.deb"
	expect_no_match '^install ok installed ' <(dpkg_status)
	no_writes
	starts_181
	touch "$LAB_TMP/begun"
	sysfs_trace_start
	cut_off configuring -i "$LAB_DEBS/new.deb"
	expect_match '^install ok half-configured ' <(dpkg_status)
	expect_exit 0 dpkg_here --configure -a
	no_writes
	expect_eq "install ok installed $(dpkg-deb -f "$LAB_DEBS/new.deb" Version)" "$(dpkg_status)" "after the repair"
	expect_eq "" "$(in_root dpkg --audit hostpci)" "dpkg's audit"
	expect_eq "" "$(find "$ROOT"/usr/{bin,libexec/hostpci,share/hostpci} "$ROOT/etc/hostpci" -name '*.dpkg-*')" "what dpkg left"

	say "QEMU has its device, the timer goes on, and the new program takes back"
	expect_eq active "$(in_root systemctl is-active hostpci-sweep.timer)" "the timer"
	in_namespace test -d "/proc/$qemu" || fail "QEMU is gone"
	expect_eq vfio-pci "$(driver_of "$LAB_NVME2")"
	expect_exit 0 hostpci status
	expect_match '183'
	expect_exit 0 pve stop 183
	expect_eq nvme "$(driver_of "$LAB_NVME2")"
	expect_no_override "$LAB_NVME2"
	expect_no_journal 183
}

starts_181() {
	expect_exit 0 pve start 181
	expect_eq vfio-pci "$(driver_of "$LAB_EDU")"
	expect_exit 0 pve stop 181
	expect_eq none "$(driver_of "$LAB_EDU")"
}

removes() {
	say "taken off: the hookscript that was there before is there again"
	expect_exit 0 hostpci detach 180 183
	expect_match '^update VM 180: -hookscript local:snippets/old.sh$'
	say "removed with two VMs attached: who is concerned is told, and both start"
	expect_exit 0 dpkg_here --remove hostpci
	expect_match 'these VMs have hostpci-hook as their hookscript: 181 182 $'
	[ ! -e "$ROOT$HOOK" ] || fail "the program is there"
	expect_eq inactive "$(in_root systemctl is-active hostpci-sweep.timer || true)" "the timer"
	for vmid in 181 182; do
		expect_exit 0 pve start $vmid
		expect_match "VM $vmid does without it at pre-start"
	done
	for vmid in 181 182; do expect_exit 0 pve stop $vmid; done
	proxmox_left "$LAB_NVME" nvme
	for device in "$LAB_EDU" "$LAB_EDU2"; do proxmox_left "$device" none; done
}

purges() {
	say "taken off by hand, as qm set --delete hookscript does, and purged: nothing is left"
	sed -i '/^hookscript/d' "$ROOT"/etc/pve/qemu-server/18[12].conf
	rm "$ROOT/etc/pve/hostpci/hostpci.conf"
	expect_exit 0 dpkg_here --purge hostpci
	rm -r "$ROOT"/etc/pve/nodes/pve1/qemu-server/18?.conf "$ROOT/var/lib/vz/snippets/old.sh"
	ours | sort >"$LAB_TMP/ours-after"
	diff "$LAB_TMP/ours" "$LAB_TMP/ours-after" || fail "a purge leaves files"
}

round() { # [TREE]
	root_begin "$@"
	proxmox_node
	ours | sort >"$LAB_TMP/ours"
	installs
	boots
	attaches
	fails_behind_the_hook
	chains
	mends
	heals
	upgrades
	removes
	purges
	grep -v '^$' -r "$LAB_TMP/units" >"$LAB_OUT/units${ROOT:+-other}" || true
	expect_no_match 'Failed|rror|denied|not permitted' "$LAB_OUT/units${ROOT:+-other}"
	root_end
	echo 0 >"$count"
	echo 1 >"${count%/*}/sriov_drivers_autoprobe"
	echo >"/sys/bus/pci/devices/$LAB_NVME_SRIOV/driver_override"
	echo "$LAB_NVME_SRIOV" >/sys/bus/pci/drivers/vfio-pci/unbind
	echo "$LAB_NVME_SRIOV" >/sys/bus/pci/drivers/nvme/bind
	wait_for 20 disk_of "$LAB_NVME"
	wait_for 20 disk_of "$LAB_NVME2"
	wait_for 20 disk_of "$LAB_NVME_SRIOV"
	wait_for 20 netdev_of "$LAB_IGB1"
}

for nic in "$LAB_IGB0" "$LAB_IGB1"; do wait_for 20 netdev_of "$nic"; done
for disk in "$LAB_NVME" "$LAB_NVME2" "$LAB_NVME_SRIOV"; do wait_for 20 disk_of "$disk"; done
round
if [ -d "$LAB_BUILD_DIR/suite" ] && [ -n "${HOSTPCI_TESTS_FULL:-}" ]; then
	say "and now all of it with Debian 13 as the root file system"
	ROOT=$LAB_TMP/root
	round "$LAB_BUILD_DIR/suite"
fi
