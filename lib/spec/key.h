/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "spec/address.h"
#include "spec/bar-size.h"
#include "spec/reset-method.h"

/*
 * The one key table. A key may be written in Proxmox's property strings (hostpci0:
 * 01:00.0,pcie=1), in the libconfig policy (pcie = true;), or in both, and then means the
 * same. Help, man pages and messages are derived from it or tested against it.
 */
enum key_id {
	KEY_HOST,
	KEY_MAPPING,
	KEY_PCIE,
	KEY_X_VGA,
	KEY_ROMBAR,
	KEY_ROMFILE,
	KEY_LEGACY_IGD,
	KEY_MDEV,
	KEY_DRIVER,
	KEY_VENDOR_ID,
	KEY_DEVICE_ID,
	KEY_SUB_VENDOR_ID,
	KEY_SUB_DEVICE_ID,
	KEY_RETURN,
	KEY_RETURN_AFTER,
	KEY_RESET,
	KEY_DEADLINE,
	KEY_STRICT,
	KEY_GATE,
	KEY_ALLOW,
	KEY_PROTECT,
	KEY_FREE,
	KEY_RESCAN,
	KEY_POWER,
	KEY_D3COLD,
	KEY_BAR_SIZES,
	KEY_NEW_ID,
	KEY_HOOKS,
	KEY_VF_OF,
	KEY_INDEX,
	KEY_PF,
	KEY_VFS,
	KEY_AUTOPROBE,
	KEY_TEMPORARY,
	KEY_MAC,
	KEY_VLAN,
	KEY_VLAN_QOS,
	KEY_VLAN_PROTOCOL,
	KEY_TRUST,
	KEY_SPOOF_CHECK,
	KEY_MIN_RATE,
	KEY_MAX_RATE,
	KEY_LINK_STATE,
	KEY_NVME_QUEUES,
	KEY_NVME_INTERRUPTS,
	KEY_VF_ATTRIBUTES,
	KEY_MDEV_ATTRIBUTES,
	KEY_DEVICE,
	KEY_DECLARED_DRIVER,
	_KEY_MAX,
};

enum key_type {
	KEY_TYPE_BOOL,
	KEY_TYPE_WORD, /* one of key.words, stored as int */
	KEY_TYPE_INT,
	KEY_TYPE_TEXT, /* char[]; key.max is the size of the field */
	KEY_TYPE_ADDRESSES,
	KEY_TYPE_TEXTS, /* a list of texts; one text is a list of one */
	KEY_TYPE_RESET,
	KEY_TYPE_BAR_SIZES,
};

/* Where a key may stand. */
enum {
	KEY_IN_PROXMOX = 1 << 0, /* a property of a hostpciN line */
	KEY_IN_DEVICE = 1 << 1,	 /* a setting of a hostpciN group of the policy */
	KEY_IN_VM = 1 << 2,    /* a setting of a machine's policy, for all its devices */
	KEY_IN_HOST = 1 << 3,  /* a setting of hostpci.conf, for all machines */
	KEY_IN_SRIOV = 1 << 4, /* a setting of an entry of sriov in hostpci.conf */
	KEY_IN_DRIVERS = 1 << 5, /* a setting of an entry of drivers in hostpci.conf */
};

enum wish_driver {
	WISH_DRIVER_VFIO, /* vfio-pci */
	WISH_DRIVER_KEEP, /* what is bound stays: variant drivers */
	_WISH_DRIVER_MAX,
};

enum wish_return {
	WISH_RETURN_HOST, /* back to the driver that was there */
	WISH_RETURN_VFIO, /* stays on vfio-pci, parked until release */
	WISH_RETURN_NONE, /* left alone and forgotten */
	_WISH_RETURN_MAX,
};

enum { WISH_RETURN_AFTER_MAX = 30 * 24 * 60 }; /* minutes */

enum wish_power {
	WISH_POWER_ON,	 /* stays in D0 while nobody uses it */
	WISH_POWER_AUTO, /* suspended while nobody uses it */
	_WISH_POWER_MAX,
};

enum wish_gate {
	WISH_GATE_STRICT, /* what the gate grades "ask" is refused */
	WISH_GATE_WARN,	  /* it is told */
	_WISH_GATE_MAX,
};

/* Texts one after the other, each with its NUL. */
struct text_list {
	unsigned n;
	char text[1024];
};

enum wish_new_id {
	WISH_NEW_ID_TELL, /* an id that vfio-pci grabs functions by is told */
	WISH_NEW_ID_REMOVE,
	_WISH_NEW_ID_MAX,
};

enum wish_vlan_protocol {
	WISH_VLAN_8021Q,
	WISH_VLAN_8021AD,
	_WISH_VLAN_MAX,
};

enum wish_link_state {
	WISH_LINK_AUTO, /* follows the card's own link */
	WISH_LINK_ENABLE,
	WISH_LINK_DISABLE,
	_WISH_LINK_MAX,
};

/* What a machine, or one of its devices, asks for. Only members whose bit is in @set
 * count. */
struct wish {
	uint64_t set; /* 1 << enum key_id */
	struct address_list host;
	char mapping[1024]; /* Proxmox sets no limit to a name */
	bool pcie;
	bool x_vga;
	bool rombar;
	bool legacy_igd;
	bool strict;
	char romfile[4096]; /* PATH_MAX */
	char mdev[256];	    /* NAME_MAX: a folder of sysfs */
	int driver;	    /* enum wish_driver */
	char vendor_id[8];
	char device_id[8];
	char sub_vendor_id[8];
	char sub_device_id[8];
	int return_to;	  /* enum wish_return */
	int return_after; /* minutes */
	struct reset_wish reset;
	int deadline; /* seconds a step may take */
	int gate;     /* enum wish_gate */
	struct address_list allow;
	struct address_list protect;
	struct text_list free; /* a command and its arguments */
	bool rescan;
	int power; /* enum wish_power */
	bool d3cold;
	struct bar_sizes bar_sizes;
	int new_id;		/* enum wish_new_id */
	struct text_list hooks; /* hookscripts to run beside ours: volumes or paths */
	struct text_list vf_of; /* physical functions, as pf_name_parse takes them */
	int index;		/* of a virtual function; -1: any */
	char pf[80];		/* as pf_name_parse takes it */
	int vfs;		/* how many virtual functions there are to be */
	bool autoprobe;		/* the host's drivers take them */
	bool temporary;		/* they go with the last machine that uses one */
	/* Of a virtual function. */
	char mac[18]; /* "auto": derived from its card's */
	int vlan, vlan_qos;
	int vlan_protocol; /* enum wish_vlan_protocol */
	bool trust, spoof_check;
	int min_rate, max_rate;		  /* Mbit/s, 0: none */
	int link_state;			  /* enum wish_link_state */
	int nvme_queues, nvme_interrupts; /* of an NVMe controller's */
	struct text_list vf_attributes;	  /* vf-attribute.h */
	struct text_list mdev_attributes; /* NAME=VALUE */
	/* Of an entry of drivers. */
	char device[80]; /* as pf_name_parse takes it */
	char declared_driver[LIMIT_NAME];
};

struct key {
	const char *name;
	enum key_type type;
	unsigned where;
	size_t offset; /* of its member in struct wish */
	long min, max; /* range of an int; max: size of a text */
	const char *const *words;
	bool (*valid)(const char *text); /* a text's form; NULL: any */
	const char *form;		 /* what valid asks for, in words */
	bool each;			 /* every text of a list has that form */
	const char *word; /* of an int: a text that stands for -1; NULL: none */
	const char *help;
};

enum { KEY_HINT = 96 }; /* size of a text of key_hint */

extern const struct key key_table[_KEY_MAX];
extern const char *const wish_return_words[_WISH_RETURN_MAX];
extern const char *const wish_power_words[_WISH_POWER_MAX];
extern const char *const wish_vlan_protocol_words[_WISH_VLAN_MAX];
extern const char *const wish_link_state_words[_WISH_LINK_MAX];

/* NULL: no such key in any place of @where. */
const struct key *key_find(const char *name, unsigned where);
/* The key of @where that @name was probably meant to be, NULL if none is near. */
const struct key *key_nearest(const char *name, unsigned where);

/* What may help whoever wrote the unknown @name in a place of @where. */
const char *key_hint(const char *name, unsigned where, char buf[static KEY_HINT]);
/* -EINVAL: says what @key takes. */
int key_wrong_type(const struct key *key, struct err *err);

static inline bool wish_has(const struct wish *wish, enum key_id id)
{
	return wish->set & UINT64_C(1) << id;
}

/* True if it sets what a network card keeps for a virtual function. */
static inline bool wish_has_vf(const struct wish *wish)
{
	bool has = false;

	for (int id = KEY_MAC; id <= KEY_LINK_STATE; id++)
		has |= wish_has(wish, (enum key_id)id);
	return has;
}

/* Bytes of @key's member of struct wish. */
size_t key_size(const struct key *key);

/* Sets @id of @wish to what @from sets it to. */
void wish_take(struct wish *wish, const struct wish *from, enum key_id id);

/* Adds what @from sets of a virtual function, and @wish does not. */
void wish_add_vf(struct wish *wish, const struct wish *from);

/* True if its text may be several, joined by ';': an array of the policy. */
bool key_takes_list(const struct key *key);

/* Stores a value. Type, form and range are checked; -EINVAL or -ERANGE with words. */
int key_store_text(const struct key *key, const char *text, struct wish *wish,
		   struct err *err) _must_check_;
/* 1, on, yes, true and 0, off, no, false in any case (PVE::JSONSchema::parse_boolean).
 * -EINVAL: none of them. */
int key_parse_bool(const char *text, bool *ret) _must_check_;
/* A value of a property string: booleans are words there. */
int key_store_property(const struct key *key, const char *text, struct wish *wish,
		       struct err *err) _must_check_;
int key_store_bool(const struct key *key, bool value, struct wish *wish,
		   struct err *err) _must_check_;
int key_store_texts(const struct key *key, const char *const *text, unsigned n,
		    struct wish *wish, struct err *err) _must_check_;
int key_store_int(const struct key *key, long value, struct wish *wish,
		  struct err *err) _must_check_;
