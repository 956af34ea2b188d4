/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a physical function's driver answers when one of its virtual ones is set. */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines "KEY VALUE" of a function, below the fake root. */
static struct path state_of(const char *address)
{
	return below("sys/netlink/%s", address);
}

const char *vf_value(const char *address, const char *key, char buf[static 64])
{
	FILE *f = fopen(state_of(address).s, "re");
	size_t n = strlen(key);
	char line[128];

	buf[0] = '\0';
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n) && line[n] == ' ')
			(void)snprintf(buf, 64, "%.*s", (int)strcspn(line + n + 1, "\n"),
				       line + n + 1);
	if (f)
		fclose(f);
	return buf;
}

static void vf_set(const char *address, const char *key, const char *value)
{
	char lines[16][128];
	FILE *f = fopen(state_of(address).s, "re");
	size_t n = 0, length = strlen(key);

	while (f && n < 16 && fgets(lines[n], sizeof(lines[n]), f))
		n++;
	if (f)
		fclose(f);
	f = fopen(state_of(address).s, "we");
	for (size_t i = 0; f && i < n; i++) {
		if (!strncmp(lines[i], key, length) && lines[i][length] == ' ')
			(void)fprintf(f, "%s %s\n", key, value);
		else
			(void)fputs(lines[i], f);
	}
	if (f)
		fclose(f);
}

/* "told" if an administrator set its address, "own" for the one of its driver. */
static struct path note_of(const char *what, const char *address)
{
	struct path p;

	(void)snprintf(p.s, sizeof(p.s), "%s/vf-%s.%s", sim.folder, what, address);
	return p;
}

/*
 * igb_vf_reset_event(): the card forgets an address that it was not told. (Where
 * QEMU 10.0 loses what igbvf sends, it is zero all the time.)
 */
void vf_released(const struct device *d)
{
	char mac[64];

	if (!exists(state_of(d->address)) || exists(note_of("told", d->address)))
		return;
	write_text(note_of("own", d->address), vf_value(d->address, "mac", mac));
	vf_set(d->address, "mac", "00:00:00:00:00:00");
}

/* igbvf_probe(): the address that it is given, or one that it makes up: the same here. */
void vf_probed(const struct device *d)
{
	char mac[64];

	if (exists(note_of("told", d->address)) || !exists(note_of("own", d->address)))
		return;
	read_text(note_of("own", d->address), mac, sizeof(mac));
	vf_set(d->address, "mac", mac);
}

/* The function of ".../ADDRESS/netlink/SETTING". */
static const char *address_of(const struct sim_write *write, char buf[static 32])
{
	const char *end = strstr(write->path, "/netlink/"), *at = end;

	while (at[-1] != '/')
		at--;
	(void)snprintf(buf, 32, "%.*s", (int)(end - at), at);
	return buf;
}

/* igb_ndo_set_vf_bw(): no minimum, and no more than the link's speed. */
static int set_rate(const char *address, const char *value)
{
	const char *max = strchr(value, ':') + 1;
	char min[16];

	(void)snprintf(min, sizeof(min), "%.*s", (int)(max - 1 - value), value);
	if (strcmp(min, "0") != 0 || strtoul(max, NULL, 10) > 1000)
		return EINVAL;
	vf_set(address, "max-rate", max);
	return 0;
}

/* As igb does it (drivers/net/ethernet/intel/igb/igb_main.c). */
int answer_vf(const struct sim_write *write)
{
	const char *name = strrchr(write->path, '/') + 1;
	char address[32];

	(void)address_of(write, address);
	if (!strcmp(name, "link-state"))
		return EOPNOTSUPP; /* it has no ndo_set_vf_link_state */
	if (!strcmp(name, "rate"))
		return set_rate(address, write->value);
	if (!strcmp(name, "vlan") && strstr(write->value, "802.1ad"))
		return EPROTONOSUPPORT;
	if (!strcmp(name, "mac") && strtoul(write->value, NULL, 16) & 1)
		return EINVAL;
	vf_set(address, name, write->value);
	/* igb_ndo_set_vf_mac(): zero gives it back to the function's driver. */
	if (!strcmp(name, "mac") && strcmp(write->value, "00:00:00:00:00:00") != 0)
		write_text(note_of("told", address), "1");
	else if (!strcmp(name, "mac"))
		(void)unlink(note_of("told", address).s);
	return 0;
}

enum { ROOM_GIB = 16 };

static struct path quota_of(const struct path *pf, unsigned n)
{
	struct path p = *pf;

	(void)snprintf(p.s + strlen(p.s), 64, "/sriov_admin/vf%u/profile/vram_quota", n);
	return p;
}

static unsigned long long quota(const struct path *pf, unsigned n)
{
	char text[64];

	read_text(quota_of(pf, n), text, sizeof(text));
	return strtoull(text, NULL, 10);
}

/* Equal parts of all, unless somebody has provided (pf_needs_provisioning()); released
 * with the functions. */
void vf_provision(const struct device *pf, unsigned n)
{
	const unsigned long long room = (unsigned long long)ROOM_GIB << 30;
	bool provided = false;
	char text[64];

	for (unsigned i = 1; exists(quota_of(&pf->folder, i)); i++)
		provided |= quota(&pf->folder, i) > 0;
	(void)snprintf(text, sizeof(text), "%llu", n ? room / n : 0);
	for (unsigned i = 1;
	     exists(quota_of(&pf->folder, i)) && (!n || !provided) && (!n || i <= n); i++)
		write_text(quota_of(&pf->folder, i), text);
}

/* What is left for a function of what the card has. */
static unsigned long long left_for(const struct sim_write *write)
{
	const char *end = strstr(write->path, "/sriov_admin/vf");
	unsigned long long used = 0;
	struct path pf = below("%.*s", (int)(end - write->path), write->path);
	unsigned own = (unsigned)atoi(end + strlen("/sriov_admin/vf"));

	for (unsigned i = 1; exists(quota_of(&pf, i)); i++)
		used += i == own ? 0 : quota(&pf, i);
	return ((unsigned long long)ROOM_GIB << 30) - used;
}

/* xe: files of the physical function; a choice is shown among its others. */
int answer_vf_attribute(const struct sim_write *write)
{
	struct path at = below("%s", write->path);
	char shown[64];

	read_text(at, shown, sizeof(shown));
	if (strchr(shown, '['))
		return EACCES;
	if (!write->value[0] || write->value[strspn(write->value, "0123456789")])
		return EINVAL;
	if (strstr(write->path, "/vram_quota") &&
	    strtoull(write->value, NULL, 10) > left_for(write))
		return ENOSPC;
	write_text(at, write->value);
	return 0;
}
