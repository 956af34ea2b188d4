# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The installed package, below $ROOT: dpkg, systemd, a node of a cluster and its machines. While
# systemd runs everything is called in its namespaces, so that all see the same processes.
# shellcheck disable=SC2034 # HOOK and stub are for the scenario

: "${ROOT:=}"
HOOK=/usr/libexec/hostpci/hostpci-hook
LAB_DEBS=$LAB_TMP/debs
units=/run/systemd/system
systemd= # of what starts it
first= # its number

in_namespace() { # COMMAND...
	if [ -n "$systemd" ]; then
		nsenter --target "$first" --mount --pid -- "$@"
	else
		"$@"
	fi
}
in_root() { # COMMAND...
	in_namespace chroot "${ROOT:-/}" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}
hostpci() { in_root /usr/bin/hostpci "$@"; }
dpkg_here() { in_root dpkg "$@"; }
dpkg_status() { in_root dpkg-query -W -f "\${Status} \${Version}" hostpci; }

# As Proxmox: what is called is the file among the snippets.
pve() { # ACTION VMID [OPTION...]
	in_namespace env HOSTPCI_BUILD="$LAB_TMP/tools" PVE_SNIPPETS=/var/lib/vz/snippets PVE_ROOT="$ROOT" \
		"$LAB_DIR/pve-caller" "$@"
}

# Of all that is installed dpkg reads each file list, for minutes here; so it knows only what
# the package depends on, as it is on this machine.
small_database() {
	local db=$LAB_TMP/dpkg names name
	mkdir -p "$db"/{info,updates,triggers}
	names=$(dpkg-deb -f "$LAB_DEBS/new.deb" Depends | sed 's/([^)]*)//g' | tr ',|' '  ')
	awk -v names="$names" 'BEGIN { RS = ""; ORS = "\n\n"; FS = "\n"; n = split(names, list, " ") }
		{ for (i = 1; i <= n; i++) if ($1 == "Package: " list[i]) print }' /var/lib/dpkg/status >"$db/status"
	for name in $names; do
		cp /var/lib/dpkg/info/"$name"[.:]*list "$db/info/" 2>/dev/null || fail "$name is not installed"
	done
	mount --bind "$db" /var/lib/dpkg
}

own_root() {
	mkdir -p /etc/pve
	mv /etc/pve "$LAB_TMP/away"
	# What earlier scenarios have left.
	rm -rf /etc/hostpci /var/lib/hostpci /var/lib/vz
	# In a container it forbids what dpkg's scripts do with services.
	[ ! -e /usr/sbin/policy-rc.d ] || mv /usr/sbin/policy-rc.d "$LAB_TMP/"
	small_database
}
own_root_again() {
	umount /var/lib/dpkg
	[ ! -e "$LAB_TMP/policy-rc.d" ] || mv "$LAB_TMP/policy-rc.d" /usr/sbin/
	rm -rf /etc/pve /var/lib/vz
	mv "$LAB_TMP/away" /etc/pve
}

# A writable layer over what was prepared outside; the kernel's are the lab's own.
other_root() { # TREE
	local dir
	mkdir -p "$ROOT" "$LAB_TMP/layer"
	mount -t tmpfs layer "$LAB_TMP/layer"
	mkdir "$LAB_TMP"/layer/{upper,work}
	mount -t overlay -o "lowerdir=$1,upperdir=$LAB_TMP/layer/upper,workdir=$LAB_TMP/layer/work" other "$ROOT"
	cp /etc/machine-id "$ROOT/etc/"
	for dir in dev run sys lib/modules "${LAB_DEBS#/}" "${LAB_TMP#/}/units"; do
		mkdir -p "$ROOT/$dir"
		mount --rbind "/$dir" "$ROOT/$dir"
	done
	mount -t proc proc "$ROOT/proc"
}

root_begin() { # [TREE]
	rm -rf /run/hostpci "$LAB_TMP/units"
	mkdir -p "$LAB_DEBS" "$LAB_TMP/units" "$LAB_TMP/tools/tests/lab" /run/lock/qemu-server
	ln -sfn "$HOSTPCI_BUILD/tests/lab/kvm" "$LAB_TMP/tools/tests/lab/kvm"
	cp "$LAB_BUILD_DIR"/deb/hostpci_*.deb "$LAB_DEBS/new.deb"
	cp "$LAB_BUILD_DIR"/deb/older/hostpci_*.deb "$LAB_DEBS/old.deb"
	if [ -n "$ROOT" ]; then other_root "$1"; else own_root; fi
}

root_end() {
	kill -KILL "$systemd"
	wait "$systemd" 2>/dev/null || true
	systemd=
	rm -rf /run/systemd /run/lock/qemu-server /run/qemu-server
	if [ -n "$ROOT" ]; then
		umount --recursive "$ROOT"
		umount "$LAB_TMP/layer"
	else
		own_root_again
	fi
}

# Of two, with snippets in its local storage.
proxmox_node() {
	local pve=$ROOT/etc/pve
	mkdir -p "$pve"/nodes/pve{1,2}/qemu-server "$ROOT/var/lib/vz/snippets"
	ln -s nodes/pve1/qemu-server "$pve/qemu-server"
	ln -s nodes/pve1 "$pve/local"
	printf 'dir: local\n\tpath /var/lib/vz\n\tcontent iso,snippets\n' >"$pve/storage.cfg"
	stub=$ROOT/var/lib/vz/snippets/hostpci-hook
}

node_vm() { # VMID LINE...
	printf '%s\n' "${@:2}" >"$ROOT/etc/pve/qemu-server/$1.conf"
}

unit() { # NAME LINE...
	mkdir -p "$units"
	printf '%s\n' "${@:2}" >"$units/$1"
}

# Goes on with what the package has enabled, and UNIT...
boot() { # UNIT...
	local enabled=("$ROOT"/etc/systemd/system/{multi-user,timers}.target.wants/hostpci-*)
	unit lab.target '[Unit]' "Wants=${enabled[*]##*/} $*"
	unshare --pid --mount --cgroup --fork --kill-child "$LAB_DIR/systemd-init" lab.target "$LAB_TMP/units" "$ROOT" \
		</dev/null >"$LAB_TMP/systemd" 2>&1 &
	systemd=$!
	wait_for 20 pgrep -P $systemd
	first=$(pgrep -P $systemd)
}

has_driver() { [ "$(driver_of "$1")" = "$2" ]; }

# In the place of the machine's journal what VERSION wrote of such a machine, with one NVMe
# controller and return = "host".
journal_of() { # VERSION VMID BDF PID
	local start
	start=$(in_namespace cut -d' ' -f22 "/proc/$4/stat")
	sed -e "s/@BOOT@/$(</proc/sys/kernel/random/boot_id)/; s/@VMID@/$2/; s/@DEVICE@/$3/; s/@GROUP@/$(group_of "$3")/g" \
		-e "s/@PID@/$4/; s/@START@/$start/" "$LAB_DIR/journals/$1" >"/run/hostpci/vm/$2.journal"
}

# What Proxmox itself has bound it never gives back.
proxmox_left() { # BDF DRIVER
	local device=/sys/bus/pci/devices/$1 ids
	has_driver "$1" vfio-pci || return 0
	ids="$(<"$device/vendor") $(<"$device/device")"
	echo "$1" >/sys/bus/pci/drivers/vfio-pci/unbind
	echo "$ids" >/sys/bus/pci/drivers/vfio-pci/remove_id 2>/dev/null || true
	[ "$2" = none ] || echo "$1" >"/sys/bus/pci/drivers/$2/bind"
}
