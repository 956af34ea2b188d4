/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/undo.h"
#include "target.h"

/* The names in a journal become paths that root writes to. */
static void check_step(const struct journal_step *s)
{
	HOLDS(s->step.kind >= 0 && s->step.kind < _STEP_MAX);
	HOLDS(step_valid(&s->step));
	HOLDS(s->step.deadline_ms > 0);
	HOLDS(s->step.id > 0);
}

static void check_undo(struct journal *j)
{
	for (size_t i = 0; i < j->holds; i++) {
		struct deeds deeds = {0};

		HOLDS(undo_add(j, &j->hold[i].hold, 0, false, &deeds) == 0);
		for (size_t d = 0; d < deeds.n; d++) {
			struct step_write write = {0};
			const struct step *step = &deeds.item[d].step;

			if (step_ops(step)->write(step, &write) && !write.module)
				HOLDS((!strncmp(write.path, "/sys/bus/pci/", 13) ||
				       !strncmp(write.path, "/sys/class/pci_bus/", 19)) &&
				      !strstr(write.path, "/../"));
		}
		deeds_free(&deeds);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct root root = ROOT_CLOSED;
	struct journal *j = calloc(1, sizeof(*j));
	char *text = text_of(data, size);
	struct err err = {0};

	HOLDS(j);
	*j = (struct journal){.root = &root, .vmid = 100, .fd = -1, .next_id = 1};
	if (journal_parse(j, text, size, "x.journal", &err) < 0) {
		HOLDS(err.code && err.line);
	} else {
		HOLDS(j->size <= size && j->torn == (j->size != size));
		for (size_t i = 0; i < j->steps; i++)
			check_step(&j->step[i]);
		check_undo(j);
	}
	journal_free(j);
	free(text);
	return 0;
}
