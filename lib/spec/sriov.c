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

const struct wish *sriov_complete(const struct sriov *sriov, unsigned index,
				  const struct wish *own, struct wish *room)
{
	if (!sriov)
		return own;
	*room = *own;
	for (unsigned i = sriov->vfs; i-- > 0;)
		if (sriov->vf[i].index == index)
			wish_add_vf(room, &sriov->vf[i].wish);
	wish_add_vf(room, &sriov->wish);
	return room;
}
