/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

#include "base/bdf.h"
#include "base/err.h"

/* One line of Proxmox's list of reservations. The numbers stay as they are written. */
struct reservation_entry {
	char name[BDF_TEXT];
	char vmid[24];
	char value[24];
	bool pid;    /* value is a pid, else a time */
	bool asked;  /* what runs as that machine, which need not be said of each */
	pid_t found; /* 0: nothing does */
};

struct reservation_table {
	struct reservation_entry *item; /* owned; by name, each once */
	size_t n;
};

/*
 * Parses lines "ADDRESS VMID pid:PID" and "ADDRESS VMID time:EPOCH" in place. A line that
 * Proxmox does not know it drops when it next writes, and so it is here (qemu-server,
 * PVE::QemuServer::PCI); a later line of a device replaces an earlier one. -ENOMEM.
 */
int reservation_table_parse(char *text, struct reservation_table *ret) _must_check_;
/* The file's text, for the caller to free; NULL: out of memory. */
char *reservation_table_print(const struct reservation_table *table, size_t *ret_size);
/* Puts @entry in its place, or in that of the one with its name. -ENOMEM. */
int reservation_table_put(struct reservation_table *table,
			  const struct reservation_entry *entry) _must_check_;
/* NULL: @name is not reserved. Valid until the next put. */
struct reservation_entry *reservation_table_find(const struct reservation_table *table,
						 const char *name);
void reservation_table_free(struct reservation_table *table);
