/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/bdf.h"
#include "base/limits.h"
#include "base/root.h"

/* One PCI function as the kernel shows it, without touching it. */
struct device {
	struct bdf bdf;
	uint16_t vendor, product;
	uint32_t class_code;	 /* 24 bits: base, sub, interface */
	bool bridge;		 /* leads to another bus: vfio-pci cannot have it */
	int group;		 /* IOMMU group, -1: none */
	unsigned vfs;		 /* virtual functions that exist */
	bool on_vfio;		 /* its driver is a vfio driver */
	bool coming;		 /* a virtual function that is still to be made (pf.h) */
	char driver[LIMIT_NAME]; /* empty: none */
	char override[LIMIT_NAME]; /* driver_override, empty: none; see device_locked */
	bool locked; /* the override could not be read in time: the kernel holds the
			device */
};

/* Reads all but @override. -ENODEV: there is no such function. */
int device_read(const struct root *root, const struct bdf *bdf,
		struct device *ret) _must_check_;

/* Class 01: disks and their controllers. */
bool device_is_storage(const struct device *device);
/* The same, or what they may be behind: USB, SD cards. */
bool device_may_have_disks(const struct device *device);
bool device_is_nvme(const struct device *device);
/* Class 02. */
bool device_is_network(const struct device *device);

/* Path of an attribute below /sys, in a temporary of the enclosing block. */
enum { DEVICE_PATH = 128 };
#define DEVICE_ATTR(bdf, name) device_path((bdf), (name), (char[DEVICE_PATH]){0})
const char *device_path(const struct bdf *bdf, const char *name,
			char buf[static DEVICE_PATH]);
