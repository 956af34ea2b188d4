/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/reservation-table.h"
#include "target.h"

/* What was read and is written is read again as the same. */
static void check_round(const struct reservation_table *table)
{
	struct reservation_table again;
	size_t size;
	char *text = reservation_table_print(table, &size);

	HOLDS(text && strlen(text) == size);
	HOLDS(reservation_table_parse(text, &again) == 0);
	HOLDS(again.n == table->n);
	for (size_t i = 0; i < table->n; i++) {
		const struct reservation_entry *a = &table->item[i], *b = &again.item[i];

		HOLDS(!strcmp(a->name, b->name) && !strcmp(a->vmid, b->vmid));
		HOLDS(!strcmp(a->value, b->value) && a->pid == b->pid);
		HOLDS(reservation_table_find(table, a->name) == a);
		HOLDS(i == 0 || strcmp(table->item[i - 1].name, a->name) < 0);
	}
	free(text);
	reservation_table_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reservation_table table;
	char *text = text_of(data, size);

	HOLDS(reservation_table_parse(text, &table) == 0);
	check_round(&table);
	reservation_table_free(&table);
	free(text);
	return 0;
}
