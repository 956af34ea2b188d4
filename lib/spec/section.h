/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * Lines of Proxmox's configuration in sections (pve-common, PVE::SectionConfig): a
 * header, then properties with a blank before each, until a line with nothing in it.
 */
struct section_reader {
	char *rest; /* is cut into lines */
	unsigned line;
};

#define SECTION_BLANKS " \t\v\f\r"

/* The next line that is no comment; NULL at the end. */
char *section_line(struct section_reader *reader);
/* What ends a section: NULL, nothing, or what Perl takes for it. A line of blanks does
 * not. */
bool section_is_end(const char *line);
/* Splits "  KEY VALUE  " in place; *@ret_value is NULL if there is none. */
bool section_property(char *line, char **ret_key, char **ret_value);
