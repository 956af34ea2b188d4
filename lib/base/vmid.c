/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/vmid.h"

#include <errno.h>
#include <stdio.h>

#include "base/number.h"

int vmid_parse(const char *text, uint32_t *ret)
{
	uint64_t value;

	if (text[0] == '0' || number_parse(text, VMID_MAX, &value) < 0 ||
	    value < VMID_MIN)
		return -EINVAL;
	*ret = (uint32_t)value;
	return 0;
}

const char *vmid_owner(uint32_t vmid, char buf[static VMID_OWNER])
{
	if (vmid)
		(void)snprintf(buf, VMID_OWNER, "VM %u", vmid);
	else
		(void)snprintf(buf, VMID_OWNER, "the host");
	return buf;
}
