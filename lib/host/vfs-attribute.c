/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/vfs-attribute.h"

#include <errno.h>
#include <string.h>

#include "base/child.h"
#include "host/facts.h"
#include "host/look.h"

static int add(struct facts *facts, const struct vfs_attribute *attribute)
{
	struct vfs_attribute *grown = realloc(
		facts->vfs_attribute, (facts->vfs_attributes + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	facts->vfs_attribute = grown;
	grown[facts->vfs_attributes++] = *attribute;
	return 0;
}

/* A driver that has the file only with the function is set when that is there. */
static int look_at(struct child *looker, struct facts *facts,
		   const struct vf_attribute *wanted, struct vfs_attribute *attribute)
{
	struct child_request request;
	struct child_reply reply;
	char path[VF_ATTRIBUTE_PATH];
	int r;

	(void)vf_attribute_pf_path(attribute->index, wanted->name, path);
	look_request(&request, LOOK_READ, "/sys/%s", DEVICE_ATTR(&attribute->pf, path));
	r = child_call(looker, &request, LIMIT_READ_MS, &reply);
	if (r == 0 && reply.result == -ENOENT)
		return 0;
	if (r == 0)
		r = reply.result;
	if (r < 0)
		return r;
	memcpy(attribute->name, wanted->name, sizeof(attribute->name));
	memcpy(attribute->want, wanted->value, sizeof(attribute->want));
	(void)vf_attribute_shown(reply.value, attribute->found);
	/* It becomes part of a journal. */
	if (strpbrk(attribute->found, " \"\\"))
		return -EBADMSG;
	return add(facts, attribute);
}

static int look_at_vf(struct child *looker, struct facts *facts, const struct wish *wish,
		      struct vfs_attribute *attribute)
{
	const char *text = wish->vf_attributes.text;
	unsigned n = wish_has(wish, KEY_VF_ATTRIBUTES) ? wish->vf_attributes.n : 0;
	struct vf_attribute wanted;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n; i++, text += strlen(text) + 1) {
		r = vf_attribute_parse(text, '=', &wanted);
		if (r == 0)
			r = look_at(looker, facts, &wanted, attribute);
	}
	return r;
}

/* What the machine itself asks of it, if it is one of those that it gets. */
static const struct wish *own_wish(const struct spec *spec, const struct facts *facts,
				   const struct pf *pf, unsigned index)
{
	static const struct wish none;

	for (unsigned i = 0; i < facts->n; i++)
		if (facts->fact[i].pf == pf && facts->fact[i].vf_index == index)
			return &spec->slot[facts->fact[i].slot].wish;
	return &none;
}

int vfs_attributes_look(struct child *looker, const struct spec *spec,
			struct facts *facts, const struct pf *pf, struct err *err)
{
	struct vfs_attribute attribute = {.pf = pf->device.bdf};
	struct wish room;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < pf_wanted(pf) && i < pf->total; i++) {
		attribute.index = i;
		r = look_at_vf(looker, facts,
			       sriov_complete(pf->policy, i, own_wish(spec, facts, pf, i),
					      &room),
			       &attribute);
	}
	return r < 0 ? err_set(err, -r,
			       "%s: what it allots to its virtual functions cannot be "
			       "told: %s",
			       BDF(&pf->device.bdf), strerror(-r))
		     : 0;
}

bool facts_allots(const struct facts *facts, const struct fact *vf, const char *name)
{
	for (size_t i = 0; i < facts->vfs_attributes; i++) {
		const struct vfs_attribute *a = &facts->vfs_attribute[i];

		if (vf->pf && bdf_equal(&a->pf, &vf->pf->device.bdf) &&
		    a->index == vf->vf_index && !strcmp(a->name, name))
			return true;
	}
	return false;
}
