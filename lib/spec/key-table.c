/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/name.h"
#include "spec/key-valid.h"
#include "spec/key.h"
#include "spec/mdev-attribute.h"
#include "spec/pf-name.h"

static const char *const driver_words[_WISH_DRIVER_MAX] = {"vfio", "keep"};
const char *const wish_return_words[_WISH_RETURN_MAX] = {"host", "vfio", "none"};
static const char *const gate_words[_WISH_GATE_MAX] = {"strict", "warn"};
const char *const wish_power_words[_WISH_POWER_MAX] = {"on", "auto"};
static const char *const new_id_words[_WISH_NEW_ID_MAX] = {"tell", "remove"};
const char *const wish_vlan_protocol_words[_WISH_VLAN_MAX] = {"802.1Q", "802.1ad"};
const char *const wish_link_state_words[_WISH_LINK_MAX] = {"auto", "enable", "disable"};

#define AT(member) .offset = offsetof(struct wish, member)
#define TEXT(member) \
	AT(member), .type = KEY_TYPE_TEXT, .max = sizeof(((struct wish *)0)->member)
#define BOTH  .where = KEY_IN_PROXMOX | KEY_IN_DEVICE
#define OF_VF .where = KEY_IN_DEVICE | KEY_IN_SRIOV

const struct key key_table[_KEY_MAX] = {
	[KEY_HOST] = {.name = "host",
		      .type = KEY_TYPE_ADDRESSES,
		      BOTH,
		      AT(host),
		      .form = "addresses like 01:00.0, 0000:01:00.0, or 01:00 for all "
			      "functions; lower case; several with ';'",
		      .help = "addresses of the functions, separated by ';'; without "
			      "function: all of the slot"},
	[KEY_MAPPING] = {.name = "mapping",
			 BOTH,
			 TEXT(mapping),
			 .valid = key_valid_id,
			 .form = "a letter, then at least one more of letters, digits, "
				 "- and _",
			 .help = "name of a cluster-wide resource mapping"},
	[KEY_PCIE] = {.name = "pcie",
		      .type = KEY_TYPE_BOOL,
		      BOTH,
		      AT(pcie),
		      .help = "show the device as PCI Express (machine q35)"},
	[KEY_X_VGA] = {.name = "x-vga",
		       .type = KEY_TYPE_BOOL,
		       BOTH,
		       AT(x_vga),
		       .help = "the machine's first graphics card"},
	[KEY_ROMBAR] = {.name = "rombar",
			.type = KEY_TYPE_BOOL,
			BOTH,
			AT(rombar),
			.help = "show the device's option ROM to the guest (default 1)"},
	[KEY_ROMFILE] = {.name = "romfile",
			 BOTH,
			 TEXT(romfile),
			 .valid = key_valid_file,
			 .form = "a file name without , and ;",
			 .help = "option ROM image, a file below /usr/share/kvm"},
	[KEY_LEGACY_IGD] = {.name = "legacy-igd",
			    .type = KEY_TYPE_BOOL,
			    BOTH,
			    AT(legacy_igd),
			    .help = "Intel graphics in legacy mode at 00:02.0"},
	[KEY_MDEV] = {.name = "mdev",
		      BOTH,
		      TEXT(mdev),
		      .valid = key_valid_mdev,
		      .form = "a type without / . and :",
		      .help = "type of mediated device to use"},
	[KEY_DRIVER] =
		{.name = "driver",
		 .type = KEY_TYPE_WORD,
		 BOTH,
		 AT(driver),
		 .max = _WISH_DRIVER_MAX,
		 .words = driver_words,
		 .help = "vfio: bind vfio-pci; keep: leave the driver that is bound"},
	[KEY_VENDOR_ID] = {.name = "vendor-id",
			   BOTH,
			   TEXT(vendor_id),
			   .valid = key_valid_hex16,
			   .form = "0x and four hexadecimal digits",
			   .help = "vendor id shown to the guest"},
	[KEY_DEVICE_ID] = {.name = "device-id",
			   BOTH,
			   TEXT(device_id),
			   .valid = key_valid_hex16,
			   .form = "0x and four hexadecimal digits",
			   .help = "device id shown to the guest"},
	[KEY_SUB_VENDOR_ID] = {.name = "sub-vendor-id",
			       BOTH,
			       TEXT(sub_vendor_id),
			       .valid = key_valid_hex16,
			       .form = "0x and four hexadecimal digits",
			       .help = "subsystem vendor id shown to the guest"},
	[KEY_SUB_DEVICE_ID] = {.name = "sub-device-id",
			       BOTH,
			       TEXT(sub_device_id),
			       .valid = key_valid_hex16,
			       .form = "0x and four hexadecimal digits",
			       .help = "subsystem device id shown to the guest"},
	[KEY_RETURN] = {.name = "return",
			.type = KEY_TYPE_WORD,
			.where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
			AT(return_to),
			.max = _WISH_RETURN_MAX,
			.words = wish_return_words,
			.help = "after the machine stopped: host, vfio or none "
				"(default host; storage: vfio)"},
	[KEY_RETURN_AFTER] =
		{.name = "return-after",
		 .type = KEY_TYPE_INT,
		 .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
		 AT(return_after),
		 .min = 1,
		 .max = WISH_RETURN_AFTER_MAX,
		 .help = "minutes after which a device that stays on vfio-pci goes back "
			 "to the host (default: never by itself)"},
	[KEY_RESET] = {.name = "reset",
		       .type = KEY_TYPE_RESET,
		       .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
		       AT(reset),
		       .help = "reset before the start: none (default), default "
			       "(the kernel's choice), or methods, the first choice "
			       "first"},
	[KEY_DEADLINE] =
		{.name = "deadline",
		 .type = KEY_TYPE_INT,
		 .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
		 AT(deadline),
		 .min = 1,
		 .max = 600,
		 .help = "seconds one step on the device may take (default: by step)"},
	[KEY_STRICT] =
		{.name = "strict",
		 .type = KEY_TYPE_BOOL,
		 .where = KEY_IN_VM | KEY_IN_HOST,
		 AT(strict),
		 .help = "a hostpciN line that Proxmox would drop makes the start fail"},
	[KEY_GATE] = {.name = "gate",
		      .type = KEY_TYPE_WORD,
		      .where = KEY_IN_VM | KEY_IN_HOST,
		      AT(gate),
		      .max = _WISH_GATE_MAX,
		      .words = gate_words,
		      .help = "strict (default): what the gate grades 'ask' is refused; "
			      "warn: it is told"},
	[KEY_ALLOW] = {.name = "allow",
		       .type = KEY_TYPE_ADDRESSES,
		       .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_DRIVERS,
		       AT(allow),
		       .help = "addresses that may be taken although the gate grades "
			       "them 'ask'"},
	[KEY_PROTECT] =
		{.name = "protect",
		 .type = KEY_TYPE_ADDRESSES,
		 .where = KEY_IN_HOST,
		 AT(protect),
		 .help = "addresses that no machine gets unless its policy allows it"},
	[KEY_FREE] = {.name = "free",
		      .type = KEY_TYPE_TEXTS,
		      .where = KEY_IN_DEVICE | KEY_IN_VM,
		      AT(free),
		      .valid = key_valid_program,
		      .form = "the full path of a program first",
		      .help = "a command, in a list of texts, that is run when somebody "
			      "uses the device"},
	[KEY_RESCAN] =
		{.name = "rescan",
		 .type = KEY_TYPE_BOOL,
		 .where = KEY_IN_DEVICE | KEY_IN_VM,
		 AT(rescan),
		 .help = "remove it from the kernel and rescan its bus before the start"},
	[KEY_POWER] =
		{.name = "power",
		 .type = KEY_TYPE_WORD,
		 .where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
		 AT(power),
		 .max = _WISH_POWER_MAX,
		 .words = wish_power_words,
		 .help = "while on vfio-pci and unused: on (D0) or auto (suspended, "
			 "the kernel's default)"},
	[KEY_D3COLD] = {.name = "d3cold",
			.type = KEY_TYPE_BOOL,
			.where = KEY_IN_DEVICE | KEY_IN_VM | KEY_IN_HOST,
			AT(d3cold),
			.help = "whether its power may be cut while it is suspended"},
	[KEY_BAR_SIZES] =
		{.name = "bar-sizes",
		 .type = KEY_TYPE_BAR_SIZES,
		 .where = KEY_IN_DEVICE,
		 AT(bar_sizes),
		 .help = "sizes of its resizable BARs while it is the machine's"},
	[KEY_NEW_ID] = {.name = "new-id",
			.type = KEY_TYPE_WORD,
			.where = KEY_IN_HOST,
			AT(new_id),
			.max = _WISH_NEW_ID_MAX,
			.words = new_id_words,
			.help = "ids in vfio-pci's new_id that grab virtual functions: "
				"tell (default) or remove"},
	[KEY_HOOKS] =
		{.name = "hooks",
		 .type = KEY_TYPE_TEXTS,
		 .where = KEY_IN_VM,
		 AT(hooks),
		 .valid = key_valid_hook,
		 .each = true,
		 .form = "STORAGE:snippets/NAME, or the full path of a program; not "
			 "hostpci-hook itself",
		 .help = "hookscripts that are run beside hostpci-hook, in this "
			 "order"},
	[KEY_VF_OF] = {.name = "vf-of",
		       .type = KEY_TYPE_TEXTS,
		       .where = KEY_IN_DEVICE,
		       AT(vf_of),
		       .valid = key_valid_pf,
		       .each = true,
		       .form = PF_NAME_FORM,
		       .help = "a virtual function of these physical functions, instead "
			       "of host"},
	[KEY_INDEX] =
		{.name = "index",
		 .type = KEY_TYPE_INT,
		 .where = KEY_IN_DEVICE,
		 AT(index),
		 .min =
			 0,
		 .max =
			 LIMIT_VFS - 1,
		 .word = "any",
		 .help = "which virtual function: its number, or \"any\" (default): "
			 "one that nobody has"},
	[KEY_PF] = {.name = "pf",
		    .where = KEY_IN_SRIOV,
		    TEXT(pf),
		    .valid = key_valid_pf,
		    .form = PF_NAME_FORM,
		    .help = "the physical function, by address or by what it is"},
	[KEY_VFS] = {.name = "vfs",
		     .type = KEY_TYPE_INT,
		     .where = KEY_IN_SRIOV,
		     AT(vfs),
		     .min = 0,
		     .max = LIMIT_VFS,
		     .help = "how many virtual functions it is to have"},
	[KEY_AUTOPROBE] = {.name = "autoprobe",
			   .type = KEY_TYPE_BOOL,
			   .where = KEY_IN_SRIOV,
			   AT(autoprobe),
			   .help = "whether the host's drivers take its virtual "
				   "functions (default: not those made for machines)"},
	[KEY_TEMPORARY] = {.name = "temporary",
			   .type = KEY_TYPE_BOOL,
			   .where = KEY_IN_SRIOV,
			   AT(temporary),
			   .help = "virtual functions that a start has made go with the "
				   "last machine that uses one (default: they stay)"},
	[KEY_MAC] = {.name = "mac",
		     OF_VF,
		     TEXT(mac),
		     .valid = key_valid_mac,
		     .form = "auto, or six pairs of hexadecimal digits, not of a group",
		     .help = "virtual function: its address; auto: derived from its "
			     "card's own and its number, always the same"},
	[KEY_VLAN] = {.name = "vlan",
		      .type = KEY_TYPE_INT,
		      OF_VF,
		      AT(vlan),
		      .max = 4094,
		      .help = "virtual function: the VLAN that its card puts it in, "
			      "0 for none"},
	[KEY_VLAN_QOS] = {.name = "vlan-qos",
			  .type = KEY_TYPE_INT,
			  OF_VF,
			  AT(vlan_qos),
			  .max = 7,
			  .help = "virtual function: priority in the VLAN's tag "
				  "(default 0)"},
	[KEY_VLAN_PROTOCOL] = {.name = "vlan-protocol",
			       .type = KEY_TYPE_WORD,
			       OF_VF,
			       AT(vlan_protocol),
			       .max = _WISH_VLAN_MAX,
			       .words = wish_vlan_protocol_words,
			       .help = "virtual function: kind of the VLAN's tag, 802.1Q "
				       "(default) or 802.1ad"},
	[KEY_TRUST] = {.name = "trust",
		       .type = KEY_TYPE_BOOL,
		       OF_VF,
		       AT(trust),
		       .help = "virtual function: whether the guest may change its "
			       "address and see other traffic"},
	[KEY_SPOOF_CHECK] =
		{.name = "spoof-check",
		 .type = KEY_TYPE_BOOL,
		 OF_VF,
		 AT(spoof_check),
		 .help = "virtual function: whether the card drops what the guest sends "
			 "from other addresses"},
	[KEY_MIN_RATE] = {.name = "min-rate",
			  .type = KEY_TYPE_INT,
			  OF_VF,
			  AT(min_rate),
			  .max = 1000000,
			  .help = "virtual function: Mbit/s that it may always send, 0 "
				  "for none"},
	[KEY_MAX_RATE] = {.name = "max-rate",
			  .type = KEY_TYPE_INT,
			  OF_VF,
			  AT(max_rate),
			  .max = 1000000,
			  .help = "virtual function: Mbit/s that it may send at most, 0 "
				  "for no limit"},
	[KEY_LINK_STATE] = {.name = "link-state",
			    .type = KEY_TYPE_WORD,
			    OF_VF,
			    AT(link_state),
			    .max = _WISH_LINK_MAX,
			    .words = wish_link_state_words,
			    .help = "virtual function: auto (as the card's own link), "
				    "enable or disable"},
	[KEY_NVME_QUEUES] =
		{.name = "nvme-queues",
		 .type = KEY_TYPE_INT,
		 OF_VF,
		 AT(nvme_queues),
		 .min =
			 2,
		 .max =
			 65535,
		 .help = "virtual function of an NVMe controller: its queues, with the "
			 "one for administration"},
	[KEY_NVME_INTERRUPTS] =
		{
			.name = "nvme-interrupts",
			.type = KEY_TYPE_INT,
			OF_VF,
			AT(nvme_interrupts),
			.min = 1,
			.max = 2048,
			.help = "virtual function of an NVMe controller: its interrupts"},
	[KEY_VF_ATTRIBUTES] =
		{.name = "vf-attributes",
		 .type = KEY_TYPE_TEXTS,
		 OF_VF,
		 AT(vf_attributes),
		 .valid = key_valid_vf_attribute,
		 .each = true,
		 .form = "NAME=VALUE, the name a file below the function's folder "
			 "sriov_admin/vfN, without '..'",
		 .help = "virtual function of a graphics card: what its card allots to "
			 "it, files with their values"},
	[KEY_MDEV_ATTRIBUTES] =
		{.name = "mdev-attributes",
		 .type = KEY_TYPE_TEXTS,
		 .where = KEY_IN_DEVICE,
		 AT(mdev_attributes),
		 .valid = mdev_attribute_valid,
		 .each = true,
		 .form = "NAME=VALUE, or FOLDER/NAME=VALUE, of a setting of the mediated "
			 "device",
		 .help = "what is written to the mediated device's attributes, in this "
			 "order, before it is used"},
	[KEY_DEVICE] = {.name = "device",
			.where = KEY_IN_DRIVERS,
			TEXT(device),
			.valid = key_valid_pf,
			.form = PF_NAME_FORM,
			.help = "the device that is to have a driver at boot, by address "
				"or by what it is"},
	[KEY_DECLARED_DRIVER] =
		{.name = "driver",
		 .where = KEY_IN_DRIVERS,
		 TEXT(declared_driver),
		 .valid = name_valid,
		 .form = "the name of a driver, as in /sys/bus/pci/drivers",
		 .help = "the driver that a device is to have at boot"},
};
