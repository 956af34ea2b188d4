# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libvirt inside the lab: it neither starts by itself nor is it meant to do anything.

start_libvirt() {
	mkdir -p /run/libvirt /var/lib/libvirt/qemu /var/log/libvirt/qemu
	# Neither its own user nor cgroups nor a daemon for logs: this is about devices.
	cat >>/etc/libvirt/qemu.conf <<-'END'
		user = "root"
		group = "root"
		cgroup_controllers = []
		namespaces = []
		stdio_handler = "file"
		security_driver = "none"
	END
	# The users that libvirt looks up, whatever its configuration says.
	getent group kvm >/dev/null || groupadd --system kvm
	getent passwd libvirt-qemu >/dev/null || useradd --system --user-group libvirt-qemu
	LIBVIRT_LOG_OUTPUTS="3:file:$LAB_OUT/libvirtd.log" /usr/sbin/libvirtd --daemon
	# It asks QEMU for all that it can do first, under emulation.
	wait_for 60 virsh -q -c qemu:///system list
}

stop_libvirt() {
	pkill -x libvirtd || true
	wait_for 10 sh -c '! pgrep -x libvirtd'
}
