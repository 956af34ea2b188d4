/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/sriov.h"

#include <stdlib.h>
#include <string.h>

struct sriov *sriov_add(struct sriov_list *list)
{
	struct sriov *grown = realloc(list->item, (list->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	list->item = grown;
	grown[list->n] = (struct sriov){0};
	return &grown[list->n++];
}

struct sriov_vf *sriov_add_vf(struct sriov *sriov)
{
	struct sriov_vf *grown = realloc(sriov->vf, (sriov->vfs + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	sriov->vf = grown;
	grown[sriov->vfs] = (struct sriov_vf){0};
	return &grown[sriov->vfs++];
}

void sriov_drop_earlier(struct sriov_list *list)
{
	const struct sriov *last = &list->item[list->n - 1];

	for (unsigned i = 0; i + 1 < list->n; i++) {
		if (strcmp(list->item[i].wish.pf, last->wish.pf) != 0)
			continue;
		free(list->item[i].vf);
		memmove(&list->item[i], &list->item[i + 1],
			(list->n - i - 1) * sizeof(*list->item));
		list->n--;
		return;
	}
}

void sriov_free(struct sriov_list *list)
{
	for (unsigned i = 0; i < list->n; i++)
		free(list->item[i].vf);
	free(list->item);
	*list = (struct sriov_list){0};
}

const struct wish *sriov_wish(const struct sriov *sriov, unsigned index, enum key_id id)
{
	for (unsigned i = sriov->vfs; i-- > 0;)
		if (sriov->vf[i].index == index && wish_has(&sriov->vf[i].wish, id))
			return &sriov->vf[i].wish;
	return wish_has(&sriov->wish, id) ? &sriov->wish : NULL;
}

void sriov_complete(const struct sriov *sriov, unsigned index, const struct wish *own,
		    struct wish *ret)
{
	*ret = *own;
	for (int id = 0; sriov && id < _KEY_MAX; id++) {
		const struct key *key = &key_table[id];
		const struct wish *from;

		if (!(key->where & KEY_IN_SRIOV) || !(key->where & KEY_IN_DEVICE) ||
		    wish_has(own, (enum key_id)id))
			continue;
		from = sriov_wish(sriov, index, (enum key_id)id);
		if (from)
			key_copy(key, from, ret);
	}
}
