/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names for people: libpci calls what pci_init did not set, so ids that it does not know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "host/pci-name.h"

static void test_names(void **state)
{
	struct root root;
	struct err err;
	char buf[160];

	(void)state;
	assert_int_equal(root_open(NULL, &root, &err), 0);
	assert_string_equal(pci_name(&root, 0x1234, 0x11e8, buf, sizeof(buf)), "");
	assert_string_equal(pci_name(&root, 0xfff0, 0x0001, buf, sizeof(buf)), "");
	if (strstr(pci_name(&root, 0x8086, 0x10c9, buf, sizeof(buf)), "82576") == NULL)
		skip(); /* no libpci or no list of ids here */
	root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
