/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/child.h"
#include "base/limits.h"
#include "base/uuid.h"

/*
 * A step is one write to the host, and knows how to look at its effect, judge what it
 * sees and take itself back. Everything it needs for both directions is in it: nothing is
 * looked up between the first write and the last.
 */
enum step_kind {
	STEP_MODULE,   /* load a kernel module (never unloaded: others may use it) */
	STEP_UNBIND,   /* from driver @found; back: bind to it */
	STEP_OVERRIDE, /* driver_override from @found to @want; back: @found again */
	STEP_BIND,     /* to driver @want; back: unbind from it */
	STEP_RESET,    /* reset the function; nothing to take back */
	STEP_KEEP,     /* nothing; back: the attribute called @want is @found again */
	STEP_POWER,    /* power/control from @found to @want; back: @found again */
	STEP_D3COLD,   /* d3cold_allowed, the same */
	STEP_REMOVE,   /* out of the kernel, which knows it as @found; back: rescan */
	STEP_RESCAN,   /* found again, as @want; nothing to take back */
	STEP_EVICT,   /* from the driver that took it at a rescan; nothing to take back */
	STEP_BAR,     /* BAR size from @found to @want ("0:8"); back: @found again */
	STEP_REPROBE, /* reset_method from @found to what works; back: @found again */
	STEP_METHODS, /* reset_method to what works of @want; back: by STEP_REPROBE */
	STEP_VF, /* a virtual function's "3 mac 02:..." from @found to @want, and back */
	STEP_VF_ATTRIBUTE,  /* the same in a file of its physical function */
	STEP_VFS_ATTRIBUTE, /* the same before the function is made */
	STEP_NVME,	    /* its "3 nvme online:2:1" from @found to @want, and back */
	STEP_NUMVFS,	/* virtual functions, from @found to @want; back: @found again */
	STEP_AUTOPROBE, /* sriov_drivers_autoprobe, the same */
	STEP_VGPU_TYPE, /* vGPU type from @found to @want; back: 0, none */
	STEP_MDEV, /* a mediated device of type @want on parent @found; back: removed */
	STEP_MDEV_ATTRIBUTE, /* its attribute @found is set to @want; goes with it */
	_STEP_MAX,
	_STEP_INVALID = -1,
};

enum step_direction {
	STEP_DO,
	STEP_UNDO,
};

/* What to do if none of the reset methods of STEP_METHODS is offered, or STEP_RESET finds
 * none that works. */
enum step_none {
	STEP_NONE_FAILS, /* policy names them */
	STEP_NONE_OFF,	 /* what is offered harms it, or it only comes along with the
			  * function that policy is about: its resets are switched off */
	STEP_NONE_LEFT,	 /* what is offered is left so */
};

struct step {
	uint32_t id; /* unique in its journal; 0: not journalled yet */
	enum step_kind kind;
	enum step_direction direction;
	unsigned stage; /* begins when the stages before are over on its PCI bus */
	int lane;	/* steps of one lane follow each other, lanes run side by side */
	int slot;	/* N of hostpciN on whose behalf; -1: none */
	struct bdf bdf; /* not for STEP_MODULE */
	struct uuid mdev; /* on @bdf, if it is about a mediated device */
	int group;	  /* its IOMMU group */
	char found[LIMIT_NAME];
	char want[LIMIT_VALUE];
	int deadline_ms;
	int settle_ms; /* to leave it alone after the write; not journalled */
	bool partly; /* taking back: its write may have had a part of its effect; the same
		      */
	bool adopted; /* another machine has done it, and whoever stops last takes it
		       * back: on file with the claim, and not written; not journalled */
	bool spare;   /* if it fails, the next one does the same; not journalled */
	bool awake;   /* binding: what is reset next does not fall asleep before it; not
		       * journalled: unbinding from vfio-pci ends it */
	bool disks;   /* there may be some on the device; not journalled */
	enum step_none none; /* not journalled: taking back does not ask */
};

/* What a look says about where a step stands. */
enum step_verdict {
	STEP_REACHED, /* the wanted state is there: nothing to write */
	STEP_GO,      /* the state that the step starts from */
	STEP_FOREIGN, /* neither: somebody else changed it meanwhile */
};

/* The one write of a step. */
struct step_write {
	const char *seen;    /* given: what the last look answered; NULL: a dry run */
	const char *or_else; /* instead of @value if the kernel says EINVAL; NULL: none */
	bool module;	     /* load module @value instead of writing */
	bool netlink;	     /* set @value of the virtual function @path: vf_change */
	bool nvme;	     /* the same by its controller: step_nvme_parse */
	bool awake; /* at once after it, "on" to the power/control of the device that
		     * @value names: step_awake_path */
	char path[CHILD_PATH]; /* absolute */
	char value[LIMIT_VALUE];
};

struct step_ops {
	const char *name;
	int deadline_ms; /* unless a driver needs longer (step_deadline) or policy says */
	/* The errno that says that it is in use for a moment longer: written again until
	 * LIMIT_BUSY_MS are over; 0: none. */
	int again;
	/* True if nobody may have the device open while this is written, and the look
	 * that is "" then; NULL: never. */
	bool (*needs_idle)(const struct step *step, struct child_request *ret);
	/* For how long what is seen may become what is wanted by itself; NULL: never. */
	int (*patience_ms)(const struct step *step, const char *seen, bool written);
	/* True if the device's disks must not be in use when it is written; NULL: never.
	 */
	bool (*spares_disks)(const struct step *step);
	/* True if its virtual functions must not be; NULL: never. */
	bool (*spares_vfs)(const struct step *step);
	/* It is of all virtual functions: taken back when no machine uses one any more.
	 */
	bool shared;
	/* On file even if there is nothing to write: there is something to take back. */
	bool keeps;
	/* True if the host's driver does without it: if it cannot be taken back, all else
	 * is; NULL: never. */
	bool (*aside)(const struct step *step);
	/* It can only be written while no driver has the device. */
	bool driverless;
	/* Corrects @found by the look before the write: what changed as the driver that
	 * had the device let go. NULL: nothing does. */
	void (*learn)(struct step *step, const char *seen);
	/* True if errno @code of its write is no failure: it is told. NULL: never. */
	bool (*tolerates)(const struct step *step, int code);
	/* What a journal may say of it; NULL: @found and @want are names of drivers. */
	bool (*valid)(const struct step *step);
	/* False: nothing is written in the step's direction. */
	bool (*write)(const struct step *step, struct step_write *ret);
	void (*look)(const struct step *step, struct child_request *ret);
	/* The look after the write, if it asks for more; NULL: the same. */
	void (*look_after)(const struct step *step, struct child_request *ret);
	/* @seen: what the look answered; @written: after the write. */
	enum step_verdict (*judge)(const struct step *step, const char *seen,
				   bool written);
	/* True if what is as wanted after the write is worth a word of explain(); NULL:
	 * never. */
	bool (*tells)(const struct step *step, const char *seen);
	/* Why STEP_FOREIGN, or no effect, in words; NULL: nothing better than @seen. */
	void (*explain)(const struct step *step, const char *seen, char *buf,
			size_t size);
	/* They are for what is not taken back as well. */
	bool explains_left;
	/* "unbind from nvme", "bind back to nvme" */
	void (*describe)(const struct step *step, char *buf, size_t size);
};

extern const struct step_ops *const step_table[_STEP_MAX];

/* Where the second write of a step_write that says awake goes. */
const char *step_awake_path(const struct step_write *write, char buf[static CHILD_PATH]);

static inline const struct step_ops *step_ops(const struct step *step)
{
	return step_table[step->kind];
}

enum step_kind step_kind_parse(const char *name);

/* What it is about, for messages: "hostpci0 0000:01:00.0", "hostpci1 mdev UUID". */
enum { STEP_DEVICE_TEXT = 64 };
#define STEP_DEVICE(step) step_device((step), (char[STEP_DEVICE_TEXT]){0})
const char *step_device(const struct step *step, char buf[static STEP_DEVICE_TEXT]);

/* True if both are about the same device. */
bool step_same_device(const struct step *a, const struct step *b);

/* True: of all steps of its kind. */
bool step_always(const struct step *step);

/* True if there is something to write to take @step back. */
bool step_undoes(const struct step *step);

/* True if a journal may say what @step says. */
bool step_valid(const struct step *step);

/* Milliseconds that a step of @kind with @driver may take. */
int step_deadline_ms(enum step_kind kind, const char *driver);

/* What errno @code of a step's write means, in words, and what to do next. */
const char *step_errno_words(const struct step *step, int code);

/* "hostpci0 0000:01:00.0", or the address alone, in a temporary of the enclosing block.
 */
enum { STEP_WHOSE_TEXT = 48 };
#define STEP_WHOSE(step) step_whose((step), (char[STEP_WHOSE_TEXT]){0})
const char *step_whose(const struct step *step, char buf[static STEP_WHOSE_TEXT]);

/* Why @seen is not what it should be, before or after the write. */
enum { STEP_WORDS = 320 };
const char *step_explain(const struct step *step, const char *seen, bool written,
			 char buf[static STEP_WORDS]);

/* Path of @name below the device's folder in /sys. */
void step_device_path(const struct step *step, const char *name,
		      char buf[static CHILD_PATH]);
