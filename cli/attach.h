/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/command.h"
#include "spec/stub.h"
#include "spec/vmfile.h"
#include "spec/vmtext.h"

/* The machines that attach and detach are about, and where the hookscript goes. */
struct attach {
	struct context *context;
	struct storages storages; /* owned */
	const struct storage
		*storage;     /* of new hookscripts; NULL: none has been picked */
	char node[NODE_NAME]; /* this one */
	uint32_t *vmid;	      /* owned */
	size_t n;
	struct json_object *machines; /* owned: what became of each */
	int code;		      /* of the first that failed */
};

/* One machine of them. */
struct target {
	uint32_t vmid;
	const struct vmtext *config; /* as it was read */
	const struct vmfile *vm;     /* the same, parsed */
	const char *path;
	const char *hookscript; /* it has now; "" if none */
	struct json_object *result;
};

/*
 * The machines that the command line names; all of this node with --all, or, @or_all,
 * without any. An exit code after saying why not: this is no Proxmox node, say.
 */
int attach_begin(struct context *context, bool or_all, struct attach *ret);
void attach_free(struct attach *attach);
/* Ends it before any machine was looked at; as JSON with the members that it always has.
 * Returns @code. */
int attach_refuse(const struct attach *attach, int code, const struct err *err);

/* Runs @one for each machine and gathers what becomes of it; names those that fail. */
void attach_each(struct attach *attach,
		 int (*one)(struct attach *attach, const struct target *target,
			    struct err *err));
/* Reads the config of @target->vmid and hands it on to @one. */
int attach_look(struct attach *attach, struct target *target,
		int (*one)(struct attach *, const struct target *, struct err *),
		struct err *err);
/* Where the hookscript of a machine goes: it stays where it is, if it is ours. */
const struct storage *attach_storage(const struct attach *attach, const char *now);
/* 1: the hookscript that @target has is to be called by ours; 0: it has none, or ours;
 * -errno with words: it cannot be. */
int attach_chains(const struct attach *attach, const struct target *target,
		  struct err *err) _must_check_;
/* A line for a terminal, unless --quiet; beside JSON it is nothing. */
void attach_say(const struct attach *attach, const char *fmt, ...) _printf_(2, 3);
/* Sets, or with "" removes, the hookscript of a machine. */
int attach_set(struct attach *attach, const struct target *target, const char *hookscript,
	       struct err *err);

/* Whether each machine would start now; changes nothing. Returns the exit code. */
int attach_check(struct attach *attach);

/* Tells what other nodes of the cluster need; adds them to @result. */
void attach_nodes(struct attach *attach, struct json_object *result);
