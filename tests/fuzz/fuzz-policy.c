/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/policy.h"
#include "target.h"

/* libconfig 1.5 loses the text that a syntax error comes after or within: nothing to mend
 * here, and a policy is read once a run. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\nleak:strbuf_append\nleak:libconfig_yy\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	static struct spec spec;
	struct err err = {0};

	spec = (struct spec){.vmid = 100};
	if (policy_parse(text, size, "x.conf", &spec, &err) < 0) {
		HOLDS(err.code && err.msg[0] && err.file[0]);
	} else {
		HOLDS(!wish_has(&spec.vm, KEY_DEADLINE) ||
		      (spec.vm.deadline >= 1 && spec.vm.deadline <= 600));
		for (unsigned i = 0; i < LIMIT_SLOTS; i++)
			HOLDS(!spec.slot[i].present || spec.slot[i].line);
	}
	spec_free(&spec);
	/* The same as a host's. */
	spec = (struct spec){0};
	err = (struct err){0};
	if (policy_parse_host(NULL, text, size, "x.conf", "pve1", &spec, &err) < 0)
		HOLDS(err.code && err.msg[0] && err.file[0]);
	for (unsigned i = 0; !err.code && i < spec.drivers.n; i++)
		HOLDS(spec.drivers.item[i].device[0] && spec.drivers.item[i].driver[0] &&
		      spec.drivers.item[i].line);
	spec_free(&spec);
	free(text);
	return 0;
}
