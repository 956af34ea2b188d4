/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spec/policy-text.h"

#include <errno.h>
#include <string.h>

#include "spec/policy-lint.h"

/* @line, but not beyond the last one of @text: that one we added ourselves. */
static unsigned last_line(const char *text, unsigned line)
{
	unsigned lines = 1;

	for (; *text; text++)
		lines += *text == '\n' && text[1];
	return line < lines ? line : lines;
}

/* What to do about an error of libconfig. */
static const char *advice(const char *text)
{
	return strstr(text, "duplicate") ? "remove one of the two"
					 : "here or before; a setting is NAME = VALUE; "
					   "with texts in quotes";
}

int policy_text(const char *text, size_t size, const char *file, policy_use *use,
		void *context, struct err *err)
{
	_cleanup_free_ char *whole = NULL;
	config_t config;
	int ret;

	ret = policy_lint(text, size, file, err);
	if (ret < 0)
		return ret;
	/* libconfig 1.5 takes a comment that ends with the file for a syntax error. */
	if (asprintf(&whole, "%s\n", text) < 0)
		return err_set(err, ENOMEM, "out of memory");
	config_init(&config);
	if (config_read_string(&config, whole) != CONFIG_TRUE)
		ret = err_at(err, EINVAL, file,
			     last_line(text, (unsigned)config_error_line(&config)),
			     "%s: %s", config_error_text(&config),
			     advice(config_error_text(&config)));
	else
		ret = use(context, config_root_setting(&config), err);
	config_destroy(&config);
	return ret;
}
