/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of buses that depend on the architecture. */
#include "unit.h"

#include <string.h>

#include "plan/qemu-place.h"

/* aarch64's machine has a PCIe bus 0; the bridges on it are plain PCI. */
static void only_bus_0_has_another_name_on_aarch64(void **state)
{
	const struct machine arm = {.aarch64 = true}, other = {0};
	char text[QEMU_BRIDGES][QEMU_PORT_TEXT];
	struct qemu_place place;

	(void)state;
	qemu_place(&arm, 3, QEMU_BUS_PCI, &place);
	assert_string_equal(place.bus, "pcie.0");
	qemu_place(&arm, 4, QEMU_BUS_PCI, &place);
	assert_string_equal(place.bus, "pci.2");
	qemu_place(&other, 3, QEMU_BUS_PCI, &place);
	assert_string_equal(place.bus, "pci.0");
	assert_int_equal(qemu_bridges(&arm, 1U << 4, 0, text), 1);
	assert_string_equal(text[0],
			    "pci-bridge,id=pci.2,chassis_nr=2,bus=pcie.0,addr=0x1f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_bus_0_has_another_name_on_aarch64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
