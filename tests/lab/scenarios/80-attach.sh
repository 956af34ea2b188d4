#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# attach, and what lies among the snippets called as Proxmox calls a hookscript: start and
# stop, with the hookscript that was there before, without the package, and taken off again.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

# The place where Proxmox looks for the VM's hookscript, and calls it.
hookscript() { # VMID PHASE
	local volume path
	volume=$(sed -n '/^\[/q; s/^hookscript: *//p' "$VM_CONFIGS/$1.conf")
	path=/var/lib/vz/snippets/${volume#local:snippets/}
	[ -f "$path" ] || fail "script '$volume' does not exist"
	[ -x "$path" ] || fail "script '$volume' is not executable"
	(cd / && exec env -i PATH=/sbin:/bin:/usr/sbin:/usr/bin LC_ALL=C "$path" "$@" </dev/null)
}

# A node of a cluster of two; the program is where the stub looks for it.
nodes=/etc/pve/nodes
mkdir -p "$nodes/pve1/qemu-server" "$nodes/pve2" /var/lib/vz/snippets
rm -rf "$VM_CONFIGS"
ln -s nodes/pve1/qemu-server "$VM_CONFIGS"
ln -s nodes/pve1 /etc/pve/local
printf 'dir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl,backup\n' >/etc/pve/storage.cfg

wait_for 20 netdev_of "$LAB_IGB0"
udevadm settle
host_snapshot "$LAB_TMP/before"

say "Proxmox's own storage has no snippets: the command that helps, and then it has"
vm_config 180 "hostpci0: ${LAB_IGB0#0000:}" 'hookscript: local:snippets/old.sh'
expect_refused 78 hostpci attach 180
expect_match 'pvesm set local --content iso,vztmpl,backup,snippets$'
sed -i 's/backup$/backup,snippets/' /etc/pve/storage.cfg
cat >/var/lib/vz/snippets/old.sh <<END
#!/bin/sh
echo "old \$* \$(basename "\$(readlink /sys/bus/pci/devices/$LAB_IGB0/driver)")"
END
chmod +x /var/lib/vz/snippets/old.sh
expect_refused 0 hostpci attach --check
expect_match '^VM 180: would start, 1 device$'
expect_refused 0 hostpci attach 180
expect_match '^update VM 180: -hookscript local:snippets/hostpci-hook$'
expect_match 'hostpci-hook calls local:snippets/old.sh'
expect_match '^node pve2: is not known to have hostpci'

say "the package is not there: the machine starts, and nothing is touched"
program=$(sed -n 's/^hook=//p' /var/lib/vz/snippets/hostpci-hook)
expect_refused 0 hookscript 180 pre-start
expect_match "^hostpci: $program is not there"
expect_eq igb "$(driver_of "$LAB_IGB0")"

expect_exit 0 sh "$LAB_DIR/../../packaging/debian/hostpci.prerm" remove
expect_match 'these VMs have hostpci-hook as their hookscript: 180 $'

say "it is there: the card goes and comes, and the other hookscript sees it"
mkdir -p "${program%/*}"
ln -s "$HOSTPCI_BUILD/hooks/hostpci-hook" "$program"
expect_exit 0 hookscript 180 pre-start
expect_match '^old 180 pre-start vfio-pci$'
expect_eq vfio-pci "$(driver_of "$LAB_IGB0")"
expect_exit 0 hookscript 180 post-start
expect_match '^old 180 post-start vfio-pci$'
expect_exit 0 hookscript 180 pre-stop
expect_exit 0 hookscript 180 post-stop
expect_match '^old 180 post-stop vfio-pci$'
expect_eq igb "$(driver_of "$LAB_IGB0")"
expect_no_journal 180

say "the other hookscript fails: the start fails, and the host is as before"
echo 'exit 5' >>/var/lib/vz/snippets/old.sh
expect_exit 1 hookscript 180 pre-start
expect_match "script 'local:snippets/old.sh' failed: exit code 5"
expect_eq igb "$(driver_of "$LAB_IGB0")"
expect_no_override "$LAB_IGB0"
expect_no_journal 180

say "taken off again"
expect_refused 0 hostpci detach 180
expect_match '^update VM 180: -hookscript local:snippets/old.sh$'
expect_eq "hookscript: local:snippets/old.sh" "$(grep hookscript "$VM_CONFIGS/180.conf")"
[ ! -e /etc/pve/hostpci/vm/180.conf ] || fail "a policy is left"

# What the next scenario does not expect.
vm_forget 180
rm -r "$program" /etc/pve/local /etc/pve/storage.cfg /etc/pve/hostpci "$VM_CONFIGS" "$nodes" /var/lib/vz
mkdir -p "$VM_CONFIGS"
wait_for 20 netdev_of "$LAB_IGB0"
host_snapshot "$LAB_TMP/after"
expect_same_host "$LAB_TMP/before" "$LAB_TMP/after"
