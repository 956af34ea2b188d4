/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/pci-name.h"

#include <dlfcn.h>
#include <pci/pci.h>
#include <setjmp.h>

struct names {
	struct pci_access *access;
	char *(*lookup)(struct pci_access *a, char *buf, int size, int flags, ...);
	bool tried;
};

static jmp_buf failed;

/* It must not return, and libpci's own ends the process: names are not worth that. */
static __attribute__((noreturn)) void fail(char *message, ...)
{
	(void)message;
	longjmp(failed, 1);
}

static void ignore(char *message, ...)
{
	(void)message;
}

static bool open_names(const struct root *root, struct names *n)
{
	struct pci_access *(*alloc)(void);
	void *library;

	n->tried = true;
	if (root->moved) /* its list has a path of its own, outside the root */
		return false;
	library = dlopen("libpci.so.3", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return false;
	*(void **)&alloc = dlsym(library, "pci_alloc");
	*(void **)&n->lookup = dlsym(library, "pci_lookup_name");
	if (!alloc || !n->lookup)
		return false;
	n->access = alloc();
	if (!n->access)
		return false;
	/* pci_init, which we have no use for, would set them; NULL is called as it is. */
	n->access->error = fail;
	n->access->warning = ignore;
	n->access->debug = ignore;
	return true;
}

const char *pci_name(const struct root *root, uint16_t vendor, uint16_t product,
		     char *buf, size_t size)
{
	static struct names names;

	buf[0] = '\0';
	if (!names.tried && !open_names(root, &names))
		return buf;
	if (!names.access)
		return buf;
	if (setjmp(failed)) {
		names.access = NULL;
		buf[0] = '\0';
		return buf;
	}
	(void)names.lookup(names.access, buf, (int)size,
			   PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_NUMBERS,
			   vendor, product);
	return buf;
}
