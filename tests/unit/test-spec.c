/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a machine's configuration comes from, and who wins. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "spec/spec.h"

#define CONFIG	"/etc/pve/qemu-server/100.conf"
#define CLUSTER "/etc/pve/hostpci/vm/100.conf"
#define NODE	"/etc/hostpci/vm/100.conf"

static struct spec load(const struct scratch *s, const char *node)
{
	struct spec spec = {0};
	struct err err;

	if (spec_load(&s->root, node, 100, &spec, &err) < 0)
		fail_msg("%s", err.msg);
	return spec;
}

static void nothing_at_all_is_no_error(void **state)
{
	struct spec spec = load(*state, NULL);

	assert_false(spec.have_config || spec.have_policy || spec_has_devices(&spec));
	spec_free(&spec);
}

static void the_nodes_policy_wins_over_the_clusters(void **state)
{
	struct scratch *s = *state;
	struct spec spec = {0};

	scratch_put(s, CONFIG, "hostpci0: 01:00.0\n");
	scratch_put(s, CLUSTER, "return = \"none\"; deadline = 7;");
	scratch_put(s, NODE, "return = \"vfio\";");
	spec = load(s, NULL);
	assert_true(spec.have_config && spec.have_policy);
	assert_int_equal(spec_return(&spec, 0, WISH_RETURN_HOST), WISH_RETURN_VFIO);
	assert_int_equal(spec_deadline_ms(&spec, 0), 7000); /* only the cluster says */
	assert_string_equal(spec.config, CONFIG);
	spec_free(&spec);
}

static void without_proxmox_the_same_format_lies_elsewhere(void **state)
{
	struct scratch *s = *state;
	struct spec spec = {0};

	scratch_put(s, "/etc/hostpci/qemu-server/100.conf", "hostpci0: 01:00.0\n");
	spec = load(s, NULL);
	assert_true(spec.have_config && spec.slot[0].present);
	spec_free(&spec);
	scratch_put(s, CONFIG, "hostpci1: 02:00.0\n");
	spec = load(s, NULL);
	assert_true(!spec.slot[0].present && spec.slot[1].present);
	spec_free(&spec);
}

static void another_nodes_config_is_read_by_name(void **state)
{
	struct scratch *s = *state;
	struct spec spec = {0};

	scratch_put(s, CONFIG, "hostpci0: 01:00.0\n");
	scratch_put(s, "/etc/pve/nodes/b/qemu-server/100.conf", "hostpci1: 02:00.0\n");
	spec = load(s, "b");
	assert_true(!spec.slot[0].present && spec.slot[1].present);
	spec_free(&spec);
}

static void strict_turns_a_dropped_line_into_an_error(void **state)
{
	struct scratch *s = *state;
	struct spec spec = {0};
	struct err err = {0};

	scratch_put(s, CONFIG, "cores: 2\nhostpci0: x\nhostpci1: y\n");
	scratch_put(s, NODE, "strict = false;");
	spec = load(s, NULL);
	assert_int_equal(spec.notes.n, 2);
	spec_free(&spec);
	spec = (struct spec){0};
	scratch_put(s, NODE, "strict = true;");
	assert_int_equal(spec_load(&s->root, NULL, 100, &spec, &err), -EINVAL);
	assert_string_equal(err.file, CONFIG);
	assert_int_equal(err.line, 2);
	spec_free(&spec);
}

static void a_config_is_bounded(void **state)
{
	struct scratch *s = *state;
	_cleanup_free_ char *big = calloc(1, LIMIT_CONFIG + 2);
	struct spec spec = {0};
	struct err err;

	memset(big, '#', LIMIT_CONFIG + 1);
	scratch_put(s, CONFIG, big);
	assert_int_equal(spec_load(&s->root, NULL, 100, &spec, &err), -EFBIG);
	assert_string_equal(err.file, CONFIG);
	scratch_put(s, CONFIG, "");
	scratch_put(s, NODE, big);
	assert_int_equal(spec_load(&s->root, NULL, 100, &spec, &err), -EFBIG);
	assert_string_equal(err.file, NODE);
}

static void a_linked_policy_is_not_believed(void **state)
{
	struct scratch *s = *state;
	struct spec spec = {0};
	struct err err;

	scratch_put(s, "/home/policy", "return = \"none\";");
	scratch_put(s, "/etc/hostpci/vm/x", "");
	scratch_link(s, "/home/policy", NODE);
	assert_int_equal(spec_load(&s->root, NULL, 100, &spec, &err), -EPERM);
	assert_string_equal(err.file, NODE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(nothing_at_all_is_no_error),
		scratch_test(the_nodes_policy_wins_over_the_clusters),
		scratch_test(without_proxmox_the_same_format_lies_elsewhere),
		scratch_test(another_nodes_config_is_read_by_name),
		scratch_test(strict_turns_a_dropped_line_into_an_error),
		scratch_test(a_config_is_bounded),
		scratch_test(a_linked_policy_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
