/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about qemu-server 9.2: its options, and the formats of their values. */
#include "base/limits.h"
#include "spec/vmoption.h"
#include "spec/vmvalid.h"

#define TEXT(n, ...)                                                   \
	{                                                              \
		.name = (n), .kind = VMFORMAT_KIND_TEXT, ##__VA_ARGS__ \
	}
#define FLAG(n, ...)                                                   \
	{                                                              \
		.name = (n), .kind = VMFORMAT_KIND_BOOL, ##__VA_ARGS__ \
	}
#define INTEGER(n, ...)                                                   \
	{                                                                 \
		.name = (n), .kind = VMFORMAT_KIND_INTEGER, ##__VA_ARGS__ \
	}
#define NUMBER(n, ...)                                                   \
	{                                                                \
		.name = (n), .kind = VMFORMAT_KIND_NUMBER, ##__VA_ARGS__ \
	}
#define ALIAS(n, of)                       \
	{                                  \
		.name = (n), .alias = (of) \
	}
#define BARE	 .bare = true
#define REQUIRED .required = true
#define FROM(n)	 .has_min = true, .min = (n)
#define FORMAT(id, label, ...)                                                     \
	static const struct vmformat vmformat_##id = {                             \
		.name = (label),                                                   \
		.key = (const struct vmformat_key[]){__VA_ARGS__, {.name = NULL}}, \
	}

#define PCI  "([0-9a-f]{4,}:)?[0-9a-f]{2}:[0-9a-f]{2}(\\.[0-9a-f])?"
#define HEX4 "0x[0-9a-fA-F]{4}"

const struct vmformat vmformat_hostpci = {
	.name = "hostpciN",
	.key =
		(const struct vmformat_key[]){
			TEXT("host", BARE, .pattern = PCI "(;" PCI ")*"),
			TEXT("mapping", .valid = valid_config_id),
			FLAG("rombar"),
			TEXT("romfile", .pattern = "[^,;]+"),
			FLAG("pcie"),
			FLAG("x-vga"),
			FLAG("legacy-igd"),
			TEXT("mdev", .pattern = "[^/.:]+"),
			TEXT("driver", .words = "vfio|keep"),
			TEXT("vendor-id", .pattern = HEX4),
			TEXT("device-id", .pattern = HEX4),
			TEXT("sub-vendor-id", .pattern = HEX4),
			TEXT("sub-device-id", .pattern = HEX4),
			{.name = NULL},
		},
};

const struct vmformat vmformat_boot = {
	.name = "boot",
	.key =
		(const struct vmformat_key[]){
			TEXT("legacy", BARE, .pattern = "[acdn]{1,4}"),
			TEXT("order", .valid = valid_boot_devices),
			{.name = NULL},
		},
};

const struct vmformat vmformat_memory = {
	.name = "memory",
	.key =
		(const struct vmformat_key[]){
			INTEGER("current", BARE, REQUIRED, FROM(16)),
			{.name = NULL},
		},
};

#define SIZE	     "[0-9]+(\\.[0-9]+)?[KMGT]?"
#define IMAGE_FORMAT "raw|qcow|qed|qcow2|vmdk|cloop"
#define VOLUME                                                               \
	ALIAS("volume", "file"),                                             \
		TEXT("file", BARE, REQUIRED, .valid = valid_volume_or_path), \
		TEXT("format", .words = IMAGE_FORMAT), TEXT("size", .pattern = SIZE)
#define THROTTLE(d)                                                                     \
	INTEGER("bps" d), NUMBER("mbps" d), INTEGER("iops" d), NUMBER("mbps" d "_max"), \
		INTEGER("iops" d "_max"), INTEGER("bps" d "_max_length", FROM(1)),      \
		INTEGER("iops" d "_max_length", FROM(1))
#define DRIVE                                                                            \
	VOLUME, TEXT("media", .words = "cdrom|disk"), INTEGER("cyls"), INTEGER("heads"), \
		INTEGER("secs"), TEXT("trans", .words = "none|lba|auto"),                \
		FLAG("snapshot"),                                                        \
		TEXT("cache", .words = "none|writethrough|writeback|unsafe|directsync"), \
		FLAG("backup"), FLAG("replicate"),                                       \
		TEXT("rerror", .words = "ignore|report|stop"),                           \
		TEXT("werror", .words = "enospc|ignore|report|stop"),                    \
		TEXT("aio", .words = "native|threads|io_uring"),                         \
		TEXT("discard", .words = "ignore|on"), FLAG("detect_zeroes"),            \
		TEXT("serial", .valid = valid_url_encoded, .length = 60),                \
		FLAG("shared"), THROTTLE(""), THROTTLE("_rd"), THROTTLE("_wr"),          \
		ALIAS("bps_rd_length", "bps_rd_max_length"),                             \
		ALIAS("bps_wr_length", "bps_wr_max_length"),                             \
		ALIAS("iops_rd_length", "iops_rd_max_length"),                           \
		ALIAS("iops_wr_length", "iops_wr_max_length")
#define IDE TEXT("model", .valid = valid_url_encoded, .length = 120)
#define SSD FLAG("ssd"), TEXT("wwn", .pattern = "0x[0-9a-fA-F]{16}")
#define SCSI                                                              \
	TEXT("product", .pattern = "[A-Za-z0-9_[:space:]-]{0,16}"),       \
		TEXT("vendor", .pattern = "[A-Za-z0-9_[:space:]-]{0,8}"), \
		INTEGER("queues", FROM(2)), FLAG("scsiblock")
#define VIRTIO FLAG("iothread"), FLAG("ro")
#define EFI                                                           \
	TEXT("efitype", .words = "2m|4m"), FLAG("pre-enrolled-keys"), \
		TEXT("ms-cert", .words = "2011|2023|2023w|2023k")

FORMAT(ide, "ideN", DRIVE, IDE, SSD);
FORMAT(sata, "sataN", DRIVE, SSD);
FORMAT(scsi, "scsiN", DRIVE, SSD, SCSI, VIRTIO);
FORMAT(virtio, "virtioN", DRIVE, VIRTIO);
FORMAT(efidisk, "efidisk0", VOLUME, EFI);
FORMAT(tpmstate, "tpmstate0", VOLUME, TEXT("version", .words = "v1.2|v2.0"));
FORMAT(unused, "unusedN", ALIAS("volume", "file"),
       TEXT("file", BARE, REQUIRED, .valid = valid_volume));

const struct vmformat vmformat_drive = {
	.name = "disk",
	.key =
		(const struct vmformat_key[]){
			DRIVE,
			IDE,
			SSD,
			SCSI,
			VIRTIO,
			EFI,
			TEXT("version"),
			{.name = NULL},
		},
};

#define RANGES "[0-9]+(-[0-9]+)?(;[0-9]+(-[0-9]+)?)*"
#define MODEL(n)                                                    \
	{                                                           \
		.name = (n), .alias = "macaddr", .becomes = "model" \
	}
#define MODELS                                                                   \
	"e1000|e1000-82540em|e1000-82544gc|e1000-82545em|e1000e|i82551|i82557b|" \
	"i82559er|ne2k_isa|ne2k_pci|pcnet|rtl8139|virtio|vmxnet3"

FORMAT(net, "netN",
       TEXT("macaddr", .pattern = "[a-fA-F0-9][02468aceACE](:[a-fA-F0-9]{2}){5}"),
       TEXT("model", BARE, REQUIRED, .words = MODELS), MODEL("e1000"),
       MODEL("e1000-82540em"), MODEL("e1000-82544gc"), MODEL("e1000-82545em"),
       MODEL("e1000e"), MODEL("i82551"), MODEL("i82557b"), MODEL("i82559er"),
       MODEL("ne2k_isa"), MODEL("ne2k_pci"), MODEL("pcnet"), MODEL("rtl8139"),
       MODEL("virtio"), MODEL("vmxnet3"), TEXT("bridge", .pattern = "[-_.a-zA-Z0-9]+"),
       INTEGER("queues", FROM(0), .max = 64), NUMBER("rate", FROM(0)),
       INTEGER("tag", FROM(1), .max = 4094), TEXT("trunks", .pattern = RANGES),
       FLAG("firewall"), FLAG("link_down"), INTEGER("mtu", FROM(1), .max = 65520));
FORMAT(ipconfig, "ipconfigN", TEXT("ip", .valid = valid_ipv4_config),
       TEXT("gw", .valid = valid_ipv4, .needs = "ip"),
       TEXT("ip6", .valid = valid_ipv6_config),
       TEXT("gw6", .valid = valid_ipv6, .needs = "ip6"));
FORMAT(numa, "numaN", TEXT("cpus", REQUIRED, .pattern = RANGES), NUMBER("memory"),
       TEXT("hostnodes", .pattern = RANGES),
       TEXT("policy", .words = "preferred|bind|interleave"));

#define USB_ID	 "(0x)?[0-9A-Fa-f]{4}:(0x)?[0-9A-Fa-f]{4}"
#define USB_PATH "[0-9]+-[0-9]+(\\.[0-9]+)*"

FORMAT(usb, "usbN",
       TEXT("host", BARE, .pattern = USB_ID "|" USB_PATH "|[Ss][Pp][Ii][Cc][Ee]"),
       TEXT("mapping", .valid = valid_config_id), FLAG("usb3"));
FORMAT(virtiofs, "virtiofsN", TEXT("dirid", BARE, REQUIRED, .valid = valid_config_id),
       TEXT("cache", .words = "auto|always|metadata|never"), FLAG("direct-io"),
       FLAG("expose-xattr"), FLAG("expose-acl"));

#define VERSION "[0-9]+(\\.[0-9]+)+"
#define CHIPSET "(pc|pc-i440fx|pc-q35)-" VERSION "(\\+pve[0-9]+)?(\\.pxe)?"

FORMAT(machine, "machine",
       TEXT("type", BARE, .length = 40,
	    .pattern = "pc|q35|" CHIPSET "|virt(-" VERSION ")?(\\+pve[0-9]+)?"),
       TEXT("viommu", .words = "intel|virtio"), NUMBER("aw-bits", FROM(32), .max = 64),
       FLAG("enable-s3"), FLAG("enable-s4"));

#define CPU_FLAG                                                                 \
	"[+-](nested-virt|md-clear|pcid|spec-ctrl|ssbd|ibpb|virt-ssbd|amd-ssbd|" \
	"amd-no-ssb|pdpe1gb|hv-tlbflush|hv-evmcs|aes)"

FORMAT(cpu, "cpu", TEXT("cputype", BARE, REQUIRED, .valid = valid_cpu_type),
       FLAG("hidden"), TEXT("hv-vendor-id", .pattern = "[a-zA-Z0-9]{1,12}"),
       TEXT("flags", .pattern = CPU_FLAG "(;" CPU_FLAG ")*"),
       INTEGER("guest-phys-bits", FROM(32), .max = 64),
       TEXT("phys-bits", .valid = valid_phys_bits));
FORMAT(sev, "amd-sev", TEXT("type", BARE, REQUIRED, .words = "std|es|snp"),
       FLAG("no-debug"), FLAG("no-key-sharing"), FLAG("allow-smt"),
       FLAG("kernel-hashes"));
FORMAT(tdx, "intel-tdx", TEXT("type", BARE, REQUIRED, .words = "tdx"),
       FLAG("attestation"), INTEGER("vsock-cid", FROM(2)),
       INTEGER("vsock-port", FROM(0)));
FORMAT(agent, "agent", FLAG("enabled", BARE, REQUIRED), FLAG("fstrim_cloned_disks"),
       FLAG("freeze-fs"), FLAG("freeze-fs-on-backup"), FLAG("guest-fsfreeze"),
       TEXT("type", .words = "virtio|isa"));
FORMAT(vga, "vga",
       TEXT("type", BARE,
	    .words = "cirrus|qxl|qxl2|qxl3|qxl4|none|serial0|serial1|serial2|"
		     "serial3|std|virtio|virtio-gl|vmware"),
       INTEGER("memory", FROM(4), .max = 512), TEXT("clipboard", .words = "vnc"));
FORMAT(watchdog, "watchdog", TEXT("model", BARE, .words = "i6300esb|ib700"),
       TEXT("action", .words = "reset|shutdown|poweroff|pause|debug|none"));
FORMAT(ivshmem, "ivshmem", INTEGER("size", REQUIRED, FROM(1)),
       TEXT("name", .pattern = "[a-zA-Z0-9-]+"));
FORMAT(audio, "audio0",
       TEXT("device", REQUIRED, .words = "ich9-intel-hda|intel-hda|AC97"),
       TEXT("driver", .words = "spice|none"));
FORMAT(spice, "spice_enhancements", FLAG("foldersharing"),
       TEXT("videostreaming", .words = "off|all|filter"));
FORMAT(rng, "rng0",
       TEXT("source", BARE, REQUIRED, .words = "/dev/urandom|/dev/random|/dev/hwrng"),
       INTEGER("max_bytes"), INTEGER("period"));
FORMAT(meta, "meta", INTEGER("ctime", FROM(0)),
       TEXT("creation-qemu", .pattern = VERSION));

#define BASE64 .pattern = "[A-Za-z0-9+/]+={0,2}"

FORMAT(smbios, "smbios1",
       TEXT("uuid", .pattern = "[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"),
       TEXT("version", BASE64), TEXT("serial", BASE64), TEXT("manufacturer", BASE64),
       TEXT("product", BASE64), TEXT("sku", BASE64), TEXT("family", BASE64),
       FLAG("base64"));
FORMAT(cicustom, "cicustom", TEXT("meta", .valid = valid_volume),
       TEXT("network", .valid = valid_volume), TEXT("user", .valid = valid_volume),
       TEXT("vendor", .valid = valid_volume));

#define BOOLS(n)                                        \
	{                                               \
		.name = (n), .type = VMOPTION_TYPE_BOOL \
	}
#define INTEGERS(n)                                        \
	{                                                  \
		.name = (n), .type = VMOPTION_TYPE_INTEGER \
	}
#define OF(n, f, ...)                                               \
	{                                                           \
		.name = (n), .format = &vmformat_##f, ##__VA_ARGS__ \
	}
#define FORM(n, v, ...)                                  \
	{                                                \
		.name = (n), .valid = (v), ##__VA_ARGS__ \
	}
#define ANY(n, ...)                        \
	{                                  \
		.name = (n), ##__VA_ARGS__ \
	}
#define TOLD   .effect = VMOPTION_EFFECT_QEMU
#define NOW    .effect = VMOPTION_EFFECT_AT_ONCE
#define STORED .effect = VMOPTION_EFFECT_VOLUME

const struct vmoption vmoption_list[] = {
	OF("hostpci", hostpci, .count = LIMIT_SLOTS),
	{.name = "onboot", .type = VMOPTION_TYPE_BOOL, NOW},
	BOOLS("autostart"),
	BOOLS("reboot"),
	BOOLS("numa"),
	BOOLS("keephugepages"),
	BOOLS("acpi"),
	BOOLS("kvm"),
	BOOLS("tdf"),
	BOOLS("localtime"),
	BOOLS("freeze"),
	BOOLS("template"),
	BOOLS("allow-ksm"),
	{.name = "tablet", .type = VMOPTION_TYPE_BOOL, TOLD},
	{.name = "protection", .type = VMOPTION_TYPE_BOOL, NOW},
	{.name = "ciupgrade", .type = VMOPTION_TYPE_BOOL, NOW},
	{.name = "cpuunits", .type = VMOPTION_TYPE_INTEGER, TOLD},
	{.name = "balloon", .type = VMOPTION_TYPE_INTEGER, TOLD},
	{.name = "vcpus", .type = VMOPTION_TYPE_INTEGER, TOLD},
	{.name = "shares", .type = VMOPTION_TYPE_INTEGER, NOW},
	{.name = "migrate_speed", .type = VMOPTION_TYPE_INTEGER, NOW},
	INTEGERS("smp"),
	INTEGERS("sockets"),
	INTEGERS("cores"),
	INTEGERS("snaptime"),
	{.name = "cpulimit", .type = VMOPTION_TYPE_NUMBER, TOLD},
	{.name = "migrate_downtime", .type = VMOPTION_TYPE_NUMBER, NOW},
	ANY("lock", NOW),
	ANY("description", NOW),
	ANY("keyboard"),
	ANY("scsihw"),
	ANY("ostype"),
	ANY("hugepages"),
	ANY("startdate"),
	ANY("args"),
	ANY("runningcpu"),
	ANY("running-nets-host-mtu"),
	ANY("arch"),
	ANY("bios"),
	ANY("vmgenid"),
	ANY("citype", NOW),
	ANY("ciuser", NOW),
	ANY("cipassword", NOW),
	ANY("searchdomain", NOW),
	ANY("parallel", .count = 3),
	ANY("serial", .count = 4),
	FORM("hotplug", valid_hotplug, TOLD),
	FORM("name", valid_dns_name, NOW),
	FORM("bootdisk", valid_boot_disk),
	FORM("startup", valid_startup, NOW),
	FORM("parent", valid_config_id),
	FORM("vmstate", valid_volume, STORED),
	FORM("vmstatestorage", valid_storage_id, NOW),
	FORM("hookscript", valid_volume, NOW),
	FORM("tags", valid_tag_list, NOW),
	FORM("affinity", valid_cpu_set),
	FORM("nameserver", valid_address_list, NOW),
	FORM("sshkeys", valid_url_encoded, NOW),
	OF("memory", memory, TOLD),
	OF("amd-sev", sev),
	OF("intel-tdx", tdx),
	OF("boot", boot),
	OF("agent", agent, TOLD),
	OF("vga", vga),
	OF("watchdog", watchdog),
	OF("cpu", cpu),
	OF("machine", machine),
	OF("runningmachine", machine),
	OF("smbios1", smbios),
	OF("ivshmem", ivshmem),
	OF("audio0", audio),
	OF("spice_enhancements", spice),
	OF("rng0", rng),
	OF("meta", meta),
	OF("cicustom", cicustom, NOW),
	OF("ipconfig", ipconfig, .count = 32, NOW),
	OF("net", net, .count = 32, TOLD),
	OF("numa", numa, .count = 8),
	OF("virtiofs", virtiofs, .count = 10),
	OF("usb", usb, .count = 14, TOLD),
	OF("cdrom", ide, STORED),
	OF("ide", ide, .count = 4, STORED),
	OF("sata", sata, .count = 6, STORED),
	OF("scsi", scsi, .count = 31, STORED),
	OF("virtio", virtio, .count = 16, STORED),
	OF("efidisk0", efidisk, STORED),
	OF("tpmstate0", tpmstate, STORED),
	OF("unused", unused, .count = 256, STORED),
	{.name = NULL},
};

const struct vmoption vmoption_fleecing = FORM("fleecing-images", valid_volume_list);
