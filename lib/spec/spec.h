/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/node.h"
#include "base/notes.h"
#include "base/root.h"
#include "base/scope.h"
#include "base/vmid.h"
#include "spec/declared.h"
#include "spec/key.h"
#include "spec/machine.h"
#include "spec/mapping.h"
#include "spec/mdevctl.h"
#include "spec/quirks.h"
#include "spec/sriov.h"

/* One hostpciN of a machine. */
struct slot {
	bool present;
	struct wish wish;
	char file[128]; /* where it was declared, for messages */
	unsigned line;
	char group_file[128]; /* its group in a policy, the last one that was read */
	unsigned group_line;  /* 0: it has none */
	/* Owned; of an mdev= that is a UUID, where Proxmox does not read the line. */
	struct mdev_definition *definition;
};

/* "FILE:LINE" of a slot, in a temporary of the enclosing block. */
enum { SLOT_PLACE_TEXT = 160 };
#define SLOT_PLACE(slot) slot_place((slot), (char[SLOT_PLACE_TEXT]){0})
/* Proxmox reads the same line: it must be as Proxmox takes it. */
bool slot_is_proxmox(const struct slot *slot);
const char *slot_place(const struct slot *slot, char buf[static SLOT_PLACE_TEXT]);

/* Everything that the configuration says about one machine. */
struct spec {
	uint32_t vmid;
	enum scope scope; /* what its run may do; set by the caller */
	bool have_config; /* there is a VM config */
	bool have_policy;
	char config[128]; /* its path */
	struct machine machine;
	struct wish host; /* hostpci.conf: settings for all machines, and of the host */
	struct wish vm;	  /* the policy's settings for all devices, and of the machine */
	struct slot slot[LIMIT_SLOTS];
	struct mappings mappings; /* owned; read if a slot names one */
	struct quirks quirks;	  /* owned; see spec_load_quirks */
	struct sriov_list
		sriov; /* owned; physical functions that the host's policy names */
	struct declared_list drivers; /* owned; that devices are to have at boot */
	char node[NODE_NAME];	      /* whose maps count; known if they are read */
	struct notes notes;	      /* what was not understood: warnings */
	bool args_vfio; /* its config hands QEMU vfio devices by itself, in args: */
	/* Of what Proxmox does not give the guest, the first; code 0: nothing. */
	struct err rejected;
};

/*
 * Reads the VM config of node @node (NULL: this one), the host's policy (hostpci.conf)
 * and the machine's (vm/VMID.conf), each the cluster's (/etc/pve/hostpci) and then this
 * node's
 * (/etc/hostpci), which wins. A machine without any of its own gives a spec with neither
 * have_config nor have_policy; one without devices leaves the host's policy unread.
 * -EINVAL and others: a file that cannot be used, with file and line in @err.
 * @spec is all zeroes before but for its scope, and freed by the caller in any case: it
 * is large, and a machine without devices must not pay for what it does not use.
 */
int spec_load(const struct root *root, const char *node, uint32_t vmid, struct spec *spec,
	      struct err *err) _must_check_;
/* Only the host's policy: spec.host. */
int spec_load_host(const struct root *root, const char *node, struct spec *ret,
		   struct err *err) _must_check_;
/* The same with @cluster in the place of /etc/pve/hostpci. */
int spec_load_host_at(const struct root *root, const char *cluster, const char *node,
		      struct spec *ret, struct err *err) _must_check_;
void spec_free(struct spec *spec);

/*
 * Reads what is known of devices by their ids (quirks.h), for a plan. Nothing for a
 * machine without devices. -EINVAL and others: a file that cannot be used.
 */
int spec_load_quirks(const struct root *root, struct spec *spec,
		     struct err *err) _must_check_;

/*
 * Only the hooks of the machine's policies, for the phases that look at nothing else.
 * *@ret stays as it is if there are none.
 */
int spec_load_hooks(const struct root *root, uint32_t vmid, struct text_list *ret,
		    struct err *err) _must_check_;

bool spec_has_devices(const struct spec *spec);
/* Proxmox starts the machine, from a config of its own. */
bool spec_is_proxmox(const struct spec *spec);

/* All its devices are mappings that node @node has: those alone can go there. */
bool spec_can_run_on(const struct spec *spec, const char *node);

/* The effective wish: the slot's own, else the machine's, else the host's, else a
 * default. Of what is done for the host itself, slot -1, the default, but for its
 * deadline. */
int spec_return(const struct spec *spec, unsigned slot, int fallback);
int spec_return_after(const struct spec *spec, unsigned slot); /* minutes, 0: never */
/* NULL: the policy does not say. */
const struct reset_wish *spec_reset(const struct spec *spec, unsigned slot);
bool spec_rescan(const struct spec *spec, unsigned slot);
/* "on", "auto", or NULL: the policy does not say. */
const char *spec_power(const struct spec *spec, unsigned slot);
/* "1", "0", or NULL. */
const char *spec_d3cold(const struct spec *spec, unsigned slot);
/* NULL: none. */
const struct bar_sizes *spec_bar_sizes(const struct spec *spec, unsigned slot);
bool spec_keeps_driver(const struct spec *spec, unsigned slot); /* driver=keep */
int spec_deadline_ms(const struct spec *spec, unsigned slot);	/* 0: by step */
bool spec_strict(const struct spec *spec);
bool spec_gate_warns(const struct spec *spec);
/* NAME=VALUE, in the order in which they are set; NULL: none. */
const struct text_list *spec_mdev_attributes(const struct spec *spec, unsigned slot);
/* The machine's policy, or the slot's, names @bdf in allow. */
bool spec_allows(const struct spec *spec, unsigned slot, const struct bdf *bdf);
/* The host's policy names @bdf in protect. */
bool spec_protects(const struct spec *spec, const struct bdf *bdf);
/* The command that frees a slot's devices, NULL if there is none; *@ret_shared: it is the
 * machine's, for all its devices. */
const struct text_list *spec_free_command(const struct spec *spec, unsigned slot,
					  bool *ret_shared);
