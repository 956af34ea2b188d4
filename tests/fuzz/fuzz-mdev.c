/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/mdev.h"
#include "spec/mdev-attribute.h"
#include "spec/mdevctl.h"
#include "target.h"

/* A definition of mdevctl, an attribute of the policy, and the answer of a look. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mdev_definition definition = {0};
	char *text = text_of(data, size), again[512];
	struct mdev_attribute attribute;
	struct mdev_seen seen, copy;
	struct err err;

	if (mdevctl_parse(text, "/etc/mdevctl.d/x/y", &definition, &err) == 0) {
		const char *one = definition.attributes.text;

		HOLDS(definition.type[0]);
		for (unsigned i = 0; i < definition.attributes.n; i++) {
			HOLDS(mdev_attribute_valid(one));
			one += strlen(one) + 1;
		}
	}
	if (mdev_attribute_parse(text, &attribute))
		HOLDS(attribute.name[0] && attribute.value[0] &&
		      attribute.name[0] != '.' && !strstr(attribute.name, "/."));
	mdev_seen_parse(text, &seen);
	if (!strchr(seen.type, '/') && !strchr(seen.parent, '/')) {
		mdev_seen_format(&seen, again, sizeof(again));
		mdev_seen_parse(again, &copy);
		HOLDS(copy.there == seen.there && copy.going == seen.going);
		HOLDS(copy.group == seen.group && copy.cleans == seen.cleans);
	}
	free(text);
	return 0;
}
