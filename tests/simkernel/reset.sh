#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Resets by policy and by quirk, power, sizes of BARs, remove and rescan: done, verified,
# and put back.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

attribute() { cat "$ROOT/sys/bus/pci/devices/0000:$1"; }
# attribute_is ADDRESS/NAME TEXT
attribute_is() { [[ $(attribute "$1") == "$2" ]] || fail "$1 is '$(attribute "$1")', not '$2'"; }
set_attribute() { echo "$2" >"$ROOT/sys/bus/pci/devices/0000:$1"; }

# quirks LINE...: of this node
quirks() { printf '%s\n' 'quirks = (' "$@" ');' >"$ROOT/etc/hostpci/quirks.conf"; }

# wrote PATH VALUE: the last write that ends so
wrote() {
	grep -qE "^write.*$1"$'\t'"$2\$" "$SIM/log" || fail "no write of '$2' to $1"
}

round() {
	hook_exits 0 100 pre-start
	hook_exits 0 100 post-stop
	has_no_journal 100
	as_before
}

# refused REGEX [EXIT]: and the host is as before
refused() {
	hook_exits "${2:-1}" 100 pre-start
	says "$1"
	has_no_journal 100
	no_rules
	as_before
}

it "a chain limits the methods until the stop"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = [ "af_flr", "bus" ];'
hook_exits 0 100 pre-start
says 'look for its reset methods anew, use the reset methods af_flr bus, reset'
wrote 02:00.0/reset_method bus
attribute_is 02:00.0/reset_method bus
hook_exits 0 100 post-stop
attribute_is 02:00.0/reset_method 'flr bus'
as_before

it "one method alone"
config 100 'hostpci0: 02:00.0'
policy 100 'hostpci0 = { reset = "flr"; };'
hook_exits 0 100 pre-start
attribute_is 02:00.0/reset_method flr
hook_exits 0 100 pre-start
attribute_is 02:00.0/reset_method flr
hook_exits 0 100 post-stop
as_before

it "none of the chain works: told, and as before"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = [ "pm", "cxl_bus" ];'
refused 'pm cxl_bus does not work for it here; the kernel offers only: flr bus'

it "a list that is stale is looked at anew, and what the kernel takes comes back"
config 100 'hostpci0: 02:00.1'
policy 100 'reset = [ "pm", "bus" ];'
hook_exits 0 100 pre-start
attribute_is 02:00.1/reset_method pm
hook_exits 0 100 post-stop
# The kernel does not take "pm bus" any more: what works is left.
attribute_is 02:00.1/reset_method pm
has_no_journal 100
set_attribute 02:00.1/reset_method 'pm bus'
as_before

it "the sound of a card has no such reset: the card is reset, and that is told"
config 100 'hostpci0: 03:00'
policy 100 'hostpci0 = { reset = [ "flr", "device_specific" ]; bar-sizes = [ "1:512M" ]; };'
set_attribute 03:00.1/reset_method pm
echo pm >"$SIM/methods/0000:03:00.1"
now_is_before
hook_exits 0 100 pre-start
says '03:00.0: look for its reset methods anew, use the reset methods flr device_specific, reset'
says '03:00.1: reset \(.*no reset method works for this function of the card: it is left as it was$'
attribute_is 03:00.0/reset_method flr
attribute_is 03:00.1/reset_method ''
wrote 03:00.0/resource1_resize 9
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "its first function has none: told, and all is as before"
config 100 'hostpci0: 03:00'
policy 100 'reset = "device_specific";'
hostpci_exits 0 plan 100
says 'beforehand the kernel lists only flr bus for it: if it finds none of device_specific either'
refused '03:00.0: use the reset methods.*the kernel offers only: flr bus'

it "no method works at all: the kernel's choice is told, and all is as before"
config 100 'hostpci0: 08:00.0'
policy 100 'reset = "default";'
refused 'no reset method that works for it here.*errno 25'

it "a device that never had a reset"
config 100 'hostpci0: 08:00.0'
policy 100 'reset = "flr";'
rm "$ROOT/sys/bus/pci/devices/0000:08:00.0/reset_method"
now_is_before
refused 'the kernel knows no way to reset it' 78
writes_are 0

it "a device that does not answer after the reset"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = "default";'
cp "$ROOT/sys/bus/pci/devices/0000:02:00.0/config" "$SIM/config"
rule '02:00.0/reset * * then sys/bus/pci/devices/0000:02:00.0/config' $'\xff\xff\xff\xff'
hook_exits 1 100 pre-start
says 'reset: it does not answer any more \(its configuration space reads as ones\)'
cp "$SIM/config" "$ROOT/sys/bus/pci/devices/0000:02:00.0/config"
has_no_journal 100
as_before

it "a device that somebody has open is not reset before he lets go"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = "default";'
rule 'drivers/vfio-pci/bind 0000:02:00.0 * then ../sim/busy /dev/vfio/12'
(
	sleep 1
	echo freed >>"$SIM/log"
	: >"$SIM/busy"
) &
hook_exits 0 100 pre-start
grep -E '^freed|02:00.0/reset'$'\t' "$SIM/log" | head -n 1 | grep -q freed || fail "it was reset"
no_rules
hook_exits 0 100 post-stop
as_before

it "a quirk switches all resets off until the stop"
config 100 'hostpci0: 02:00.0'
quirks '{ ids = [ "8086:15*" ]; name = "a test"; source = "reset.sh"; no-reset = true; }'
hook_exits 0 100 pre-start
says 'hostpci0 0000:02:00.0: a test: its resets are switched off while the machine has it \(reset.sh\)'
attribute_is 02:00.0/reset_method ''
: >"$SIM/log"
hook_exits 0 100 pre-start
writes_are 0
hook_exits 0 100 post-stop
attribute_is 02:00.0/reset_method 'flr bus'
has_no_journal 100
as_before

it "policy wins over a quirk"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = "flr";'
quirks '{ ids = [ "8086:1521" ]; name = "a test"; source = "reset.sh"; no-reset = true; }'
hook_exits 0 100 pre-start
says_not 'a test'
attribute_is 02:00.0/reset_method flr
hook_exits 0 100 post-stop
as_before

it "a method that harms is not used, and one that is not there needs no write"
config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
quirks '{ ids = [ "8086:1521" ]; name = "a test"; source = "x"; avoid = [ "flr" ]; },' \
	'{ ids = [ "10de:*" ]; class = "0300"; name = "another"; source = "x"; avoid = [ "pm" ]; }'
hook_exits 0 100 pre-start
says 'a test: the reset methods that harm it are not used'
says_not another
attribute_is 02:00.0/reset_method bus
attribute_is 03:00.0/reset_method 'flr bus'
hook_exits 0 100 post-stop
as_before

it "all that is offered harms it: its resets are off, and the machine starts"
config 100 'hostpci0: 02:00.0'
quirks '{ ids = [ "8086:1521" ]; name = "a test"; source = "x"; avoid = [ "flr", "bus" ]; }'
hook_exits 0 100 pre-start
attribute_is 02:00.0/reset_method ''
hook_exits 0 100 post-stop
attribute_is 02:00.0/reset_method 'flr bus'
as_before

it "a method that works well but is not offered: what is offered is left"
config 100 'hostpci0: 02:00.0'
quirks '{ ids = [ "8086:1521" ]; name = "a test"; source = "x"; method = [ "device_specific" ]; }'
hook_exits 0 100 pre-start
attribute_is 02:00.0/reset_method 'flr bus'
hook_exits 0 100 post-stop
as_before

it "a method of a module that is not loaded is told"
config 100 'hostpci0: 02:00.0'
quirks '{ ids = [ "8086:1521" ]; name = "a test"; source = "x"; method = [ "device_specific" ];' \
	'module = "vendor_reset"; }'
hook_exits 0 100 pre-start
says 'is reset well only by the module vendor_reset, which is not loaded'
hook_exits 0 100 post-stop
as_before

it "a delay after the reset"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = "default";'
quirks '{ ids = [ "8086:1521" ]; name = "a test"; source = "x"; delay-ms = 400; }'
hook_exits 0 100 pre-start
[[ $took -ge 400 ]] || fail "took only $took ms"
hook_exits 0 100 post-stop
as_before

it "quirks that cannot be used are an error of the configuration"
config 100 'hostpci0: 02:00.0'
quirks '{ ids = [ "8086:1521" ]; name = "a test"; source = "x"; no-rest = true; }'
hook_exits 78 100 pre-start
says "quirks.conf:2: unknown key 'no-rest'"
writes_are 0

it "a machine without devices does not read them"
config 100 'cores: 2'
quirks 'rubbish'
hook_exits 0 100 pre-start
silent

it "a host that lets the device suspend gets that back"
config 100 'hostpci0: 03:00.0'
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
attribute_is 03:00.0/power/control auto
wrote power/control auto
as_before

it "what is reset does not fall asleep before, and nothing is left of that"
config 100 'hostpci0: 02:00.0'
policy 100 'reset = "default";'
hook_exits 0 100 pre-start
order=$(sed -nE 's#^write.*/(bind|control|reset)\t.*#\1#p' "$SIM/log" | tr '\n' ' ')
[[ $order == "bind control reset " ]] || fail "written in the order $order"
attribute_is 02:00.0/power/control on
hook_exits 0 100 post-stop
[[ $(grep -c '^write.*power/control' "$SIM/log") -eq 1 ]] || fail "unbinding is all that it takes"
as_before
config 100 'hostpci0: 03:00.0'
round
attribute_is 03:00.0/power/control auto

it "but policy, or that it is kept on vfio-pci, comes first"
config 100 'hostpci0: 02:00.0'
for rules in 'power = "auto";' 'return = "vfio";'; do
	policy 100 "reset = \"default\"; $rules"
	hook_exits 0 100 pre-start
	attribute_is 02:00.0/power/control auto
	hook_exits 0 100 post-stop
	[[ $rules != return* ]] || hostpci_exits 0 release 100
done
as_before

it "power and d3cold by policy"
config 100 'hostpci0: 02:00.0'
policy 100 'power = "on"; d3cold = false;'
hook_exits 0 100 pre-start
attribute_is 02:00.0/power/control on
attribute_is 02:00.0/d3cold_allowed 0
hook_exits 0 100 pre-start
attribute_is 02:00.0/power/control on
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "d3cold by a quirk"
config 100 'hostpci0: 02:00.0'
quirks '{ ids = [ "8086:1521" ]; name = "a test"; source = "x"; d3cold = false; }'
hook_exits 0 100 pre-start
says 'a test: its power is never cut while it is suspended'
attribute_is 02:00.0/d3cold_allowed 0
hook_exits 0 100 post-stop
as_before

it "the size of a BAR"
config 100 'hostpci0: 03:00.0'
policy 100 'hostpci0 = { bar-sizes = [ "1:16G" ]; };'
hook_exits 0 100 pre-start
says 'resize BAR 1 to 16G'
wrote resource1_resize 14
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
wrote resource1_resize 8
has_no_journal 100
as_before

it "a size that the device does not offer"
config 100 'hostpci0: 03:00.0'
policy 100 'hostpci0 = { bar-sizes = "1:32G"; };'
refused 'BAR 1 cannot be 32G: the device offers 256M, 512M, 1G, 2G, 4G, 8G, 16G' 78
writes_are 0

it "a BAR that has one size only"
config 100 'hostpci0: 03:00.0'
policy 100 'hostpci0 = { bar-sizes = [ "2:64M" ]; };'
refused 'BAR 2 cannot be 64M: it is not resizable here' 78

it "a BAR without room"
config 100 'hostpci0: 03:00.0'
policy 100 'hostpci0 = { bar-sizes = [ "1:16G" ]; };'
rule 'resource1_resize * * errno ENOSPC'
refused 'there is no room for it below its bridge'

it "remove and rescan"
config 100 'hostpci0: 02:00.0'
policy 100 'hostpci0 = { rescan = true; }; d3cold = false;'
set_attribute 02:00.0/power/control auto
set_attribute 02:00.0/reset_method bus
set_attribute 02:00.0/sriov_drivers_autoprobe 0
set_attribute 02:00.0/driver_override igb
now_is_before
hook_exits 0 100 pre-start
says 'remove it from the kernel, rescan its bus, set driver_override to vfio-pci, unbind from igb again'
driver_is 02:00.0 vfio-pci
attribute_is 02:00.0/d3cold_allowed 0
hook_exits 0 100 pre-start
says 'only what comes from the host is removed and found again'
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "a device that vfio-pci takes by itself as it comes back goes back to the host, too"
config 100 'hostpci0: 02:00.0'
policy 100 'hostpci0 = { rescan = true; };'
cp "$SIM/natives" "$SIM/natives.host"
# As after a new_id that nobody has taken back.
sed -i 's/^0000:02:00.0 igb/0000:02:00.0 vfio-pci/' "$SIM/natives"
hook_exits 0 100 pre-start
driver_is 02:00.0 vfio-pci
cp "$SIM/natives.host" "$SIM/natives"
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "two devices are removed and found again one after the other"
config 100 'hostpci0: 02:00.0' 'hostpci1: 01:00.0'
policy 100 'rescan = true; return = "host";'
rule 'remove * * delay 200'
hook_exits 0 100 pre-start
[[ $(grep -oE '^write.*/(remove|rescan)' "$SIM/log" | grep -oE '0000:0[12](:00.0)?/(remove|rescan)' | tr '\n' ' ') == \
	'0000:01:00.0/remove 0000:01/rescan 0000:02:00.0/remove 0000:02/rescan ' ]] || fail "another order"
no_rules
hook_exits 0 100 post-stop
has_no_journal 100
as_before

it "a device that does not come back, and does later"
config 100 'hostpci0: 02:00.0'
policy 100 'hostpci0 = { rescan = true; };'
rule 'pci_bus/0000:02/rescan * * lie'
hook_exits 2 100 pre-start
says 'it has not come back at its address'
no_rules
hostpci_exits 0 release 100
has_no_journal 100
as_before

it "a disk that the host takes into use as it comes back is left alone"
config 100 'hostpci0: 01:00.0'
policy 100 'hostpci0 = { rescan = true; };'
rule 'pci_bus/0000:01/rescan * * then ../sim/busy /dev/nvme0n1'
hook_exits 1 100 pre-start
says 'unbind from nvme again: /dev/nvme0n1 is claimed by the kernel'
driver_is 01:00.0 nvme
no_rules
free
has_no_journal 100
as_before

it "remove and rescan of a disk"
config 100 'hostpci0: 01:00.0'
policy 100 'hostpci0 = { rescan = true; return = "host"; };'
round

# Each of the new writes fails, or has no effect.
while read -r name value policy; do
	[[ $value != - ]] || value='*'
	for action in 'errno EIO' lie; do
		# A reset that did nothing cannot be told from one that did.
		[[ $name/$action != reset/lie && $name/$action != remove/lie ]] || continue
		it "$name: $action"
		config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
		policy 100 "hostpci1 = { $policy };"
		rule "$name $value 1 $action"
		hook 100 pre-start
		[[ $rc -eq 1 ]] || fail "exits $rc"
		no_rules
		has_no_journal 100
		as_before
	done
done <<'END'
reset_method bus reset = "bus";
reset - reset = "bus";
power/control on power = "on";
d3cold_allowed 0 d3cold = false;
resource1_resize 14 bar-sizes = "1:16G";
rescan - rescan = true;
remove - rescan = true;
drivers/nouveau/unbind - rescan = true;
END

# What a driver does without keeps no device from it: the setting is left, told, and taken back later.
while read -r name value driver policy; do
	it "$name cannot be taken back: the device goes back all the same"
	config 100 'hostpci0: 02:00.0' 'hostpci1: 03:00.0'
	policy 100 "hostpci1 = { $policy };"
	set_attribute 03:00.0/power/control auto
	now_is_before
	hook_exits 0 100 pre-start
	rule "$name $value * errno EIO"
	hook_exits 2 100 post-stop
	says "hostpci1 0000:03:00.0: .*(errno 5)"
	says 'hostpci release 100'
	driver_is 03:00.0 nouveau
	driver_is 02:00.0 igb
	has_journal 100
	hostpci_exits 0 status 100
	says 03:00.0
	says_not 02:00.0
	hostpci_exits 2 sweep
	driver_is 03:00.0 nouveau
	no_rules
	# A start that comes first finds it as it was left, and gives back what was found.
	if [[ $driver == anew ]]; then
		hook_exits 0 100 pre-start
		hook_exits 0 100 post-stop
	else
		hostpci_exits 0 sweep
	fi
	has_no_journal 100
	as_before
done <<'END'
reset_method * - reset = "bus";
reset_method * anew reset = "bus";
power/control auto - power = "on";
d3cold_allowed 1 - d3cold = false;
d3cold_allowed 1 anew d3cold = false;
resource1_resize 8 anew bar-sizes = "1:16G";
END

it "released but for a setting, it is not kept by a start that fails"
config 100 'hostpci0: 03:00.0'
policy 100 'hostpci0 = { d3cold = false; return = "vfio"; };'
hook_exits 0 100 pre-start
hook_exits 0 100 post-stop
driver_is 03:00.0 vfio-pci
rule 'd3cold_allowed 1 * errno EIO'
hostpci_exits 2 release 100
driver_is 03:00.0 nouveau
no_rules
rule 'drivers/vfio-pci/bind * * errno EIO'
hook_exits 1 100 pre-start
no_rules
driver_is 03:00.0 nouveau
hostpci_exits 0 sweep
has_no_journal 100
as_before

it "a BAR's size that is left goes back by hand only without the driver, which is said"
config 100 'hostpci0: 03:00.0'
policy 100 'hostpci0 = { bar-sizes = "1:16G"; };'
hook_exits 0 100 pre-start
rule "resource1_resize 8 * errno EIO"
hook_exits 2 100 post-stop
no_rules
hostpci_exits 2 release 100
says 'a driver has it.*: it goes back .* with hostpci release while no driver has it \(errno 16\)'
driver_is 03:00.0 nouveau
driver=$(readlink -f "$ROOT/sys/bus/pci/devices/0000:03:00.0/driver")
rm "$driver/0000:03:00.0" "$ROOT/sys/bus/pci/devices/0000:03:00.0/driver"
hostpci_exits 0 release 100
has_no_journal 100
wrote 03:00.0/resource1_resize 8

finish
