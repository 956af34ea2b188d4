#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The package was upgraded while a machine holds devices: an earlier version wrote the journal,
# this one takes back. journals/VERSION has what that version wrote for each machine below;
#
#   upgrade.sh --record     writes those of the version that is built now, before a release
#
# A machine is set_up_NAME; a host is told by HOST_OF.
# shellcheck disable=SC2317 # set_up_NAME is called by name
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

MACHINES=(cards settings made vf vgpu mdev)
declare -A HOST_OF=([made]=pool [vf]=vfs)

set_up_cards() { config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0' 'hostpci2: 01:00.0'; }
set_up_settings() {
	config 100 'hostpci0: 02:00.0'
	policy 100 'reset = "default"; power = "on"; d3cold = false;'
}
set_up_made() {
	echo 'sriov = ( { pf = "01:00.0"; vfs = 3; temporary = true; } );' >"$ROOT/etc/hostpci/hostpci.conf"
	config 100 'hostpci0: 01:10.2'
}
set_up_vf() {
	config 100 'hostpci0: 02:10.0' 'hostpci1: 03:00.1'
	policy 100 'hostpci0 = { mac = "auto"; vlan = 5; link-state = "enable"; };' \
		'hostpci1 = { vf-attributes = [ "profile/exec_quantum_ms=20" ]; };'
}
set_up_vgpu() { config 100 'hostpci0: 41:00.4,mdev=nvidia-557'; }
set_up_mdev() {
	config 100 'hostpci0: 05:00.0,mdev=lab-mdev-1'
	policy 100 'hostpci0 = { mdev-attributes = "nvidia/vgpu_params=a=1"; };'
}

# prepared MACHINE WHAT: a case, and the machine has run.
prepared() {
	local host=${HOST_OF[$1]-shelf}
	[[ $HOST == "$host" ]] || rm -rf "$DIR/template"
	HOST=$host
	it "$1: $2"
	"set_up_$1"
	hook_exits 0 100 pre-start
	hook_exits 0 100 post-start
}
boot_of() { sed -n '1s/.*"boot":"\([^"]*\)".*/\1/p' "$(journal 100)"; }

record() {
	local machine version to
	version=$("$CLI" --version | cut -d' ' -f2)
	to=$HERE/journals/$version
	mkdir -p "$to"
	for machine in "${MACHINES[@]}"; do
		prepared "$machine" "recorded"
		sed "1s/\"boot\":\"[^\"]*\"/\"boot\":\"@BOOT@\"/" "$(journal 100)" >"$to/$machine"
	done
	finish
}

[[ ${1-} != --record ]] || record
for folder in "$HERE"/journals/*/; do
	version=$(basename "$folder")
	for machine in "${MACHINES[@]}"; do
		[[ -e $folder$machine ]] || continue
		prepared "$machine" "journal of $version"
		text=$(sed "1s/@BOOT@/$(boot_of)/" "$folder$machine")
		[[ $text == *"$(boot_of)"* ]] || fail "no journal of this boot"
		printf '%s\n' "$text" >"$(journal 100)"
		hostpci_exits 0 status 100
		says_not 'warning'
		hook_exits 0 100 post-stop
		hostpci_exits 0 release 100
		has_no_journal 100
		as_before
	done
done
[[ $cases -ge ${#MACHINES[@]} ]] || fail "only $cases journals"
finish
