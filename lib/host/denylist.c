/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/denylist.h"

#include "host/sysfs.h"

/* vfio_pci_dev_in_denylist(), drivers/vfio/pci/vfio_pci.c of Linux 6.12; the ids are
 * those of include/linux/pci_ids.h and drivers/crypto/intel/qat. */
static const struct {
	uint16_t vendor, product;
} rows[] = {
	{0x8086, 0x19e2}, {0x8086, 0x19e3}, /* QAT C3xxx and its VFs */
	{0x8086, 0x37c8}, {0x8086, 0x37c9}, /* QAT C62x and its VFs */
	{0x8086, 0x0435}, {0x8086, 0x0443}, /* QAT DH895xCC and its VFs */
	{0x8086, 0x0b25},		    /* DSA of Sapphire Rapids */
	{0x8086, 0x0cfe},		    /* IAX of Sapphire Rapids */
};

bool denylist_has(const struct device *device)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].vendor == device->vendor &&
		    rows[i].product == device->product)
			return true;
	return false;
}

enum denylist_state denylist_state(const struct root *root)
{
	char text[8];

	if (sysfs_read(root, "module/vfio_pci/parameters/disable_denylist", text,
		       sizeof(text)) < 0)
		return DENYLIST_UNKNOWN;
	return text[0] == 'Y' ? DENYLIST_OFF : DENYLIST_ON;
}
