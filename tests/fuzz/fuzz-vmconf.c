/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/vmconf.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	static struct spec spec;
	struct err err = {0};

	spec = (struct spec){.vmid = 100};
	if (vmconf_parse(text, size, "x.conf", &spec, &err) < 0)
		HOLDS(err.code && err.file[0]);
	/* Whoever drops a line says so. */
	HOLDS(!spec.rejected.code || spec.notes.n);
	for (size_t i = 0; i < spec.notes.n; i++)
		HOLDS(!strncmp(spec.notes.text[i], "x.conf:", 7));
	spec_free(&spec);
	free(text);
	return 0;
}
