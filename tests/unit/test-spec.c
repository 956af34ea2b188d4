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

#define OWN  "/etc/hostpci/qemu-server/100.conf"
#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa100"
#define LINE CONFIG, "hostpci0: 05:00.0\n"

static const struct {
	const char *config, *text; /* of the VM; NULL: it has none */
	const char *cluster, *node;
	const char *file; /* where it is wrong, NULL: nowhere */
	unsigned line;
	const char *why; /* of the error, else of a note; NULL: nothing is said */
} wholes[] = {
	/* Never the whole device in place of a mediated one. */
	{NULL, NULL, NULL, "hostpci0 = { host = \"05:00.0\"; mdev = \"\"; };", NODE, 1,
	 "'mdev' has the wrong form: ''"},
	{LINE, NULL, "\nhostpci0 = { mdev = \"\"; };", NODE, 2, "wrong form"},
	{NULL, NULL, NULL, "\nhostpci0 = { host = \"05:00.0\"; mdev = \"0\"; };", NODE, 2,
	 "hostpci0: mdev = \"0\" is no type"},
	{NULL, NULL, "hostpci3 = { vf-of = \"01:00.0\"; mdev = \"x\"; };", NULL, CLUSTER,
	 1, "hostpci3: there are both mdev and vf-of"},
	{NULL, NULL, NULL,
	 "hostpci0 = { host = \"05:00.0\"; mdev-attributes = \"a=1\"; };", NODE, 1,
	 "there are mdev-attributes, but no mdev"},
	{LINE, "\n\nhostpci0 = { mdev-attributes = \"a=1\"; };", NULL, CLUSTER, 3,
	 "there are mdev-attributes, but no mdev"},
	{CONFIG, "hostpci0: 05:00.0,mdev=x\n", NULL,
	 "hostpci0 = { mdev-attributes = \"a=1\"; };", NULL, 0, NULL},
	{NULL, NULL, "hostpci0 = { host = \"05:00.0\"; mdev-attributes = \"a=1\"; };",
	 "hostpci0 = { mdev = \"x\"; };", NULL, 0, NULL},
	{NULL, NULL, "hostpci0 = { host = \"05:00.0\"; mdev = \"x\";\n vlan = 5; };",
	 NULL, NULL, 0, "hostpci0: vlan has no effect on a mediated device"},
	{CONFIG, "hostpci0: 05:00.0,mdev=x\n", "hostpci0 = { reset = \"flr\"; };", NULL,
	 NULL, 0, "hostpci0: reset has no effect on a mediated device"},
	/* Nor nothing at all. */
	{NULL, NULL, NULL, "hostpci0 = { mdev = \"lab-mdev-1\"; };", NODE, 1,
	 "hostpci0: no device is named: add host, mapping or vf-of, or, as mdev, the "
	 "UUID"},
	{NULL, NULL, NULL, "hostpci0 = { mdev = \"" UUID "\"; };", NODE, 1,
	 "is no UUID: it has 35 characters"},
	{NULL, NULL, NULL, "hostpci0 = { mdev = \"" UUID "g\"; };", NODE, 1,
	 "is no UUID: it has 36 characters"},
	{NULL, NULL, NULL, "hostpci0 = { host = \"05:00.0\"; mdev = \"" UUID "\"; };",
	 NODE, 1, "is no UUID"},
	{NULL, NULL, NULL, "hostpci0 = { return = \"vfio\"; };", NODE, 1,
	 "no device is named"},
	{NULL, NULL, NULL, "hostpci1 = { };", NODE, 1, "hostpci1: no device is named"},
	{NULL, NULL, "hostpci0 = { pcie = true; };",
	 "hostpci0 = { host = \"05:00.0\"; };", NULL, 0, NULL},
	/* What only adds to a line may outlive it. */
	{LINE, NULL, "hostpci1 = { return = \"vfio\"; mac = \"auto\"; };", NULL, 0,
	 "hostpci1 has neither a line in " CONFIG},
	{LINE, NULL, "hostpci1 = { mdev = \"lab-mdev-1\"; };", NODE, 1,
	 "no device is named"},
	{LINE, NULL, "hostpci1 = { index = 1; };", NODE, 1, "no device is named"},
	{CONFIG, "hostpci0: 0A:00.0\n", NULL, "hostpci0 = { pcie = true; };", NULL, 0,
	 "hostpci0 has neither a line"},
	/* Proxmox gives the guest what its own line says. */
	{LINE, NULL, "\nhostpci0 = { host = \"06:00.0\"; };", NODE, 2,
	 "hostpci0: host names another device than Proxmox's own line, " CONFIG ":1,"},
	{LINE, NULL, "hostpci0 = { host = \"05:00\"; };", NODE, 1, "another device"},
	{LINE, "hostpci0 = { mapping = \"gpu\"; };", NULL, CLUSTER, 1,
	 "mapping names another device"},
	{LINE, "hostpci0 = { vf-of = \"01:00.0\"; };", NULL, CLUSTER, 1,
	 "vf-of names another device"},
	{LINE, NULL,
	 "hostpci0 = { host = \"0000:05:00.0\"; rombar = true; pcie = false; };", NULL, 0,
	 NULL},
	{LINE, NULL, "\n\nhostpci0 = { mdev = \"lab-mdev-1\"; };", NODE, 3,
	 "hostpci0: mdev is not as in Proxmox's own line, " CONFIG
	 ":1, and Proxmox gives "
	 "the guest what its line says, the whole device: write mdev=TYPE there"},
	{CONFIG, "hostpci0: 05:00.0,mdev=x\n", "hostpci0 = { mdev = \"y\"; };", NULL,
	 CLUSTER, 1, "what its line says: write mdev=TYPE there"},
	{CONFIG, "hostpci0: 05:00.0,mdev=x\n", "hostpci0 = { mdev = \"x\"; };", NULL,
	 NULL, 0, NULL},
	{OWN, "hostpci0: 05:00.0\n", "hostpci0 = { mdev = \"y\"; };", NULL, NULL, 0,
	 NULL},
	{LINE, NULL, "hostpci0 = { pcie = true; };", NULL, 0,
	 "hostpci0: pcie is not as in Proxmox's own line, " CONFIG ":1, and has no "
	 "effect"},
	{LINE, NULL, "hostpci0 = { rombar = false; };", NULL, 0, "rombar is not as in"},
	{LINE, "hostpci0 = { driver = \"keep\"; };", NULL, NULL, 0,
	 "driver is not as in"},
	{LINE, NULL, "hostpci1 = { host = \"06:00.0\"; };", NULL, 0,
	 NODE ":1: hostpci1 has no line in " CONFIG},
	{LINE, NULL, "strict = true;\nhostpci1 = { host = \"06:00.0\"; };", NODE, 2,
	 "hostpci1 has no line in " CONFIG},
	{CONFIG, "args: -device vfio-pci,host=06:00.0\n", NULL,
	 "strict = true; hostpci1 = { host = \"06:00.0\"; };", NULL, 0, NULL},
	{OWN, "hostpci0: 05:00.0\n", NULL,
	 "strict = true; hostpci0 = { host = \"06:00.0\"; pcie = true; };\n"
	 "hostpci1 = { host = \"07:00.0\"; };",
	 NULL, 0, NULL},
};

static bool is_noted(const struct spec *spec, const char *text)
{
	for (size_t i = 0; i < spec->notes.n; i++)
		if (strstr(spec->notes.text[i], text))
			return true;
	return false;
}

static void a_device_is_judged_as_a_whole(void **state)
{
	struct scratch *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(wholes); i++) {
		struct spec spec = {0};
		struct err err = {0};
		int r;

		if (i && wholes[i - 1].config)
			scratch_unlink(s, wholes[i - 1].config);
		scratch_put(s, CLUSTER, wholes[i].cluster ? wholes[i].cluster : "");
		scratch_put(s, NODE, wholes[i].node ? wholes[i].node : "");
		if (wholes[i].config)
			scratch_put(s, wholes[i].config, wholes[i].text);
		r = spec_load(&s->root, NULL, 100, &spec, &err);
		if (r != (wholes[i].file ? -EINVAL : 0))
			fail_msg("%zu: %d, %s", i, r, err.msg);
		if (wholes[i].file) {
			assert_string_equal(err.file, wholes[i].file);
			assert_int_equal(err.line, wholes[i].line);
			assert_contains(err.msg, wholes[i].why);
		} else {
			assert_int_equal(spec.notes.n > 0, wholes[i].why != NULL);
			assert_true(!wholes[i].why || is_noted(&spec, wholes[i].why));
		}
		spec_free(&spec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_device_is_judged_as_a_whole),
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
