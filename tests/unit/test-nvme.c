/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions of NVMe controllers: what is told of them, and what they get. */
#include "plan-wish.h"

#include <errno.h>
#include <string.h>

#include "plan/plan.h"

static void texts(void **state)
{
	static const char *const wrong[] = {
		"",
		"online",
		"online:2",
		"online:2:",
		"online:2:1:3",
		"on:2:1",
		"online:-1:1",
		"online:65536:1",
		"online:2:1 ",
		"offline::0",
		"offline:0000000000000000000000000000000:0",
	};
	static const char *const wrong_offers[] = {
		"",
		"offline:0:0",
		"offline:0:0 2",
		"offline:0:0 2 x",
		"offline:0:0 2 1 3",
		"offline:0:0 -2 1",
		"offline:0:0 2/ 1",
		"offline:0:0 2/x 1",
		"offline 2 1",
	};
	char text[NVME_OFFER];
	struct nvme_offer offer;
	struct nvme_state s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (nvme_state_parse(wrong[i], &s) == 0)
			fail_msg("'%s' is taken", wrong[i]);
	for (size_t i = 0; i < ARRAY_SIZE(wrong_offers); i++)
		if (nvme_offer_parse(wrong_offers[i], &offer) == 0)
			fail_msg("'%s' is taken", wrong_offers[i]);
	assert_int_equal(nvme_state_parse("online:2:1", &s), 0);
	assert_true(s.online && s.has[NVME_QUEUES] == 2 && s.has[NVME_INTERRUPTS] == 1);
	assert_string_equal(NVME_TEXT(&s), "online:2:1");
	assert_int_equal(nvme_offer_parse("offline:0:0 2 -", &offer), 0);
	assert_int_equal(offer.share[NVME_INTERRUPTS], -1);
	assert_string_equal(nvme_offer_format(&offer, text), "offline:0:0 2 -");
	assert_int_equal(nvme_offer_parse("offline:0:0 2/8 1/3", &offer), 0);
	assert_int_equal(offer.most[NVME_QUEUES], 8);
	assert_string_equal(nvme_offer_format(&offer, text), "offline:0:0 2/8 1/3");
}

/* Of function 2: what its controller says, what policy asks for, and the step. */
static const struct row {
	const char *name, *offer;
	int error, queues, interrupts; /* 0: nothing is asked for */
	bool coming, other;
	const char *step;  /* NULL: refused */
	const char *words; /* of the refusal, or a note */
} rows[] = {
	{"its part", "offline:0:0 2 1", .step = "2 nvme offline:0:0>2 nvme online:2:1"},
	{"still to be made", "offline:0:0 2 1", .coming = true,
	 .step = ">2 nvme online:2:1"},
	{"enough already", "offline:3:2 8 4",
	 .step = "2 nvme offline:3:2>2 nvme online:3:2"},
	{"online", "online:3:2 8 4", .step = ""},
	{"too few", "offline:1:1 8 4", .step = "2 nvme offline:1:1>2 nvme online:8:4"},
	{"a number", "online:2:1 8 4", .queues = 4,
	 .step = "2 nvme online:2:1>2 nvme online:4:1"},
	{"both", "offline:0:0 2 1", .queues = 4, .interrupts = 3,
	 .step = "2 nvme offline:0:0>2 nvme online:4:3"},
	{"interrupts of its own", "offline:0:0 2 -",
	 .step = "2 nvme offline:0:0>2 nvme online:2:0"},
	{"as many as there are", "online:2:1 2/8 1/4", .queues = 8, .interrupts = 4,
	 .step = "2 nvme online:2:1>2 nvme online:8:4"},
	{"more than there are", "online:2:1 2/8 1/4", .queues = 9, .interrupts = 4,
	 .words = "nvme-queues: 9 are more than the 8 that its controller can give"},
	{"more interrupts than there are", "online:2:1 2/8 1/4", .coming = true,
	 .interrupts = 5, .words = "nvme-interrupts: 5 are more than the 4"},
	{"which policy cannot give", "offline:0:0 2 -", .interrupts = 2,
	 .words = "nvme-interrupts: its controller has its own"},
	{"nothing to share", "offline:0:0 0 1", .step = "",
	 .words = "its controller stays offline"},
	{"one queue is none", "offline:0:0 1 1", .interrupts = 1,
	 .words = "nvme-interrupts: its controller stays offline"},
	{"no management", .error = EOPNOTSUPP, .step = ""},
	{"no management, asked", .error = EOPNOTSUPP, .queues = 2,
	 .words = "nvme-queues: its controller cannot be managed: its physical "
		  "function's controller has no virtualization management"},
	{"another driver", .error = ENOENT, .step = "",
	 .words = "is not on the driver nvme"},
	{"an error", .error = EIO, .step = "", .words = "Input/output error"},
	{"no disk", .other = true, .step = ""},
	{"no disk, asked", .other = true, .queues = 2,
	 .words = "it is no virtual function of an NVMe controller"},
};

static void wish_of(const struct row *row, struct wish *wish)
{
	struct err err;
	int r = 0;

	if (row->queues)
		r |= key_store_int(&key_table[KEY_NVME_QUEUES], row->queues, wish, &err);
	if (row->interrupts)
		r |= key_store_int(&key_table[KEY_NVME_INTERRUPTS], row->interrupts, wish,
				   &err);
	assert_int_equal(r, 0);
}

static struct facts *look(const struct row *row)
{
	struct facts *facts = calloc(1, sizeof(*facts));
	struct fact *fact = &facts->fact[0];

	assert_non_null(facts);
	facts->iommu = facts->driver_ready = true;
	facts->n = 1;
	fact->wanted = true;
	fact->device = (struct device){
		.bdf = {0, 1, 0, 2}, .group = 7, .on_vfio = true, .driver = "vfio-pci"};
	fact->settings.vf = 2;
	fact->settings.vf_coming = row->coming;
	fact->settings.is_nvme = !row->other;
	fact->settings.nvme_error = row->error;
	if (row->offer)
		assert_int_equal(nvme_offer_parse(row->offer, &fact->settings.nvme), 0);
	return facts;
}

static void check(const struct row *row, const struct planned *planned)
{
	const struct plan *plan = &planned->plan;
	char got[160] = "";

	if (!went(planned, row->name, row->step, row->words))
		return;
	assert_true(plan->steps <= 1);
	if (plan->steps)
		(void)snprintf(got, sizeof(got), "%s>%s", plan->step[0].found,
			       plan->step[0].want);
	if (strcmp(got, row->step) != 0)
		fail_msg("%s: '%s', not '%s'", row->name, got, row->step);
}

static void each_gets_what_it_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct facts *facts = look(&rows[i]);
		struct wish wish = {0};
		struct planned planned;

		wish_of(&rows[i], &wish);
		planned = plan_wish(facts, &wish);
		check(&rows[i], &planned);
		planned_free(&planned);
		facts_free(facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(each_gets_what_it_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
