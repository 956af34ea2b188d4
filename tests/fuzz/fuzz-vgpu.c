/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/vgpu-look.h"
#include "target.h"

/* The type that is asked for, then the driver's list; and the answer of the look itself.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size), *list = strchr(text, '\n'), answer[1024];
	struct vgpu vgpu = {0}, read;

	HOLDS(!vgpu_read(text, &read) || strlen(read.offers) < sizeof(read.offers));
	if (list) {
		*list = '\0';
		vgpu_list(list + 1, text, &vgpu);
		HOLDS(memchr(vgpu.offers, '\0', sizeof(vgpu.offers)));
		HOLDS(!vgpu.id || vgpu.offers[0]);
		(void)snprintf(answer, sizeof(answer), "%u %u %s", vgpu.type, vgpu.id,
			       vgpu.offers);
		HOLDS(vgpu_read(answer, &read));
		HOLDS(read.id == vgpu.id && !strcmp(read.offers, vgpu.offers));
	}
	free(text);
	return 0;
}
