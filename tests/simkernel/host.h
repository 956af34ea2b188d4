/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "simkernel.h"

/* What the answers have in common: the fake host's files and functions. */

/* Paths here are short; one that is cut shows as a test that fails. */
struct path {
	char s[PATH_MAX];
};

/* A function of the fake host. */
struct device {
	char address[32];
	struct path folder;
	char driver[64], override[64], group[16]; /* empty: none */
	unsigned long class_code;
};

/* A path below the fake root. */
struct path below(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The device's file or folder @name. */
struct path of(const struct device *d, const char *name);
bool exists(struct path p);
void read_text(struct path p, char *buf, size_t size);
/* @text is a line; one that is empty leaves the file empty. */
void write_text(struct path p, const char *text);
/* The last part of where a link points. */
void read_link(struct path p, char *buf, size_t size);
bool find(const char *address, struct device *ret);
/* Links in sysfs are relative: from @from, a folder below /sys, to @to, below /sys. */
void link_to(const char *to, const char *from, const char *name);
/* The children that a driver made (nvme/nvme0, net/eth0, ata1) come and go with it. */
void move_children(const struct device *d, bool away);

/* Binding and unbinding, for who has found that they may (answers.c). */
void bind_to(struct device *d, const char *driver);
void unbind_from(struct device *d);
/* The driver whose table of ids has the device. */
bool find_native(const struct device *d, char driver[static 64]);

/* Answers of answers-settings.c. */
int answer_reset_method(const struct sim_write *write);
int answer_reset(const struct sim_write *write);
int answer_power(const struct sim_write *write);
int answer_switch(const struct sim_write *write);
int answer_resize(const struct sim_write *write);
int answer_remove(const struct sim_write *write);
int answer_rescan(const struct sim_write *write);
/* answers-sriov.c */
int answer_numvfs(const struct sim_write *write);
/* nvme.c: the controller of a virtual function; it goes with the function. */
int answer_nvme(const struct sim_write *write);
void nvme_gone(const char *pf, unsigned n);
/* Of answers-vf.c. */
int answer_vf(const struct sim_write *write);
int answer_vf_attribute(const struct sim_write *write);
/* xe: @n functions come (0: all go), and with them what nobody has provided. */
void vf_provision(const struct device *pf, unsigned n);
/* A driver of the host has a function, or has no longer. */
void vf_probed(const struct device *d);
void vf_released(const struct device *d);
/* What is set of a function, "" if it is not known. */
const char *vf_value(const char *address, const char *key, char buf[static 64]);
int answer_vgpu_type(const struct sim_write *write);
int answer_vgpu_params(const struct sim_write *write);

/* Answers of answers-mdev.c. */
int answer_mdev_create(const struct sim_write *write);
int answer_mdev_remove(const struct sim_write *write);
int answer_mdev_params(const struct sim_write *write);
