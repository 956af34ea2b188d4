/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/declared.h"

#include <stdlib.h>
#include <string.h>

struct declared *declared_add(struct declared_list *list)
{
	struct declared *grown = realloc(list->item, (list->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	list->item = grown;
	grown[list->n] = (struct declared){0};
	return &grown[list->n++];
}

void declared_drop(struct declared_list *list, unsigned i)
{
	memmove(&list->item[i], &list->item[i + 1],
		(list->n - i - 1) * sizeof(*list->item));
	list->n--;
}

void declared_free(struct declared_list *list)
{
	free(list->item);
	*list = (struct declared_list){0};
}
