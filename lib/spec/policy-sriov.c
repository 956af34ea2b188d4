/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/mac.h"
#include "spec/policy-reader.h"

static unsigned line_of(config_setting_t *setting)
{
	return config_setting_source_line(setting);
}

static int store_index(const struct reader *r, config_setting_t *setting, unsigned *ret,
		       struct err *err)
{
	int n = config_setting_type(setting) == CONFIG_TYPE_INT
			? config_setting_get_int(setting)
			: -1;

	if (n < 0 || n >= LIMIT_VFS)
		return err_at(err, EINVAL, r->file, line_of(setting),
			      "'index' takes a number from 0 to %d, without quotes",
			      LIMIT_VFS - 1);
	*ret = (unsigned)n;
	return 0;
}

/* { index = 0; ... }: what an entry sets for all functions, for one. */
static int store_vf(const struct reader *r, config_setting_t *group, struct sriov *sriov,
		    struct err *err)
{
	config_setting_t *index = config_setting_get_member(group, "index");
	struct sriov_vf *vf = sriov_add_vf(sriov);
	int ret;

	if (!vf)
		return err_set(err, ENOMEM, "out of memory");
	if (!index)
		return err_at(err, EINVAL, r->file, line_of(group),
			      "a group of 'vf' says whose it is: index = N;");
	ret = store_index(r, index, &vf->index, err);
	for (int i = 0; ret == 0 && i < config_setting_length(group); i++) {
		config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		const struct key *key =
			key_find(config_setting_name(setting), KEY_IN_DEVICE);

		if (setting == index)
			continue;
		if (key && key->where & KEY_IN_SRIOV)
			ret = reader_store(r, key, setting, &vf->wish, err);
		else
			reader_unknown(r, setting, KEY_IN_SRIOV);
	}
	return ret;
}

static int store_vfs(const struct reader *r, config_setting_t *list, struct sriov *sriov,
		     struct err *err)
{
	int ret = reader_wants_groups(r, list, err);

	for (int i = 0; ret == 0 && i < config_setting_length(list); i++)
		ret = store_vf(r, config_setting_get_elem(list, (unsigned)i), sriov, err);
	return ret;
}

/* Where the group of settings @n stands. */
static unsigned line_of_vf(config_setting_t *entry, unsigned n)
{
	config_setting_t *list = config_setting_get_member(entry, "vf");

	return line_of(config_setting_get_elem(list, n));
}

static bool same_mac(const struct wish *a, const struct wish *b)
{
	struct mac x, y;

	return wish_has(a, KEY_MAC) && wish_has(b, KEY_MAC) &&
	       mac_parse(a->mac, &x) == 0 && mac_parse(b->mac, &y) == 0 &&
	       mac_equal(&x, &y);
}

/* Settings of functions that are there, one group each, and no address twice. */
static int check_vfs(const struct reader *r, config_setting_t *entry,
		     const struct sriov *sriov, struct err *err)
{
	for (unsigned i = 0; i < sriov->vfs; i++) {
		const struct sriov_vf *vf = &sriov->vf[i];
		unsigned line = line_of_vf(entry, i);

		if (wish_has(&sriov->wish, KEY_VFS) &&
		    vf->index >= (unsigned)sriov->wish.vfs)
			return err_at(err, EINVAL, r->file, line,
				      "index = %u is beyond vfs = %d: they are counted "
				      "from 0",
				      vf->index, sriov->wish.vfs);
		for (unsigned k = 0; k < i; k++) {
			if (sriov->vf[k].index == vf->index)
				return err_at(err, EINVAL, r->file, line,
					      "index = %u has a group already, in line "
					      "%u: make one of both",
					      vf->index, line_of_vf(entry, k));
			if (same_mac(&sriov->vf[k].wish, &vf->wish))
				return err_at(err, EINVAL, r->file, line,
					      "mac = \"%s\" is that of index = %u as "
					      "well: each function needs its own",
					      vf->wish.mac, sriov->vf[k].index);
		}
	}
	return 0;
}

/* It says something of the functions, be it not how many there are: something else makes
 * them. */
static bool says_something(const struct sriov *sriov)
{
	uint64_t silent = UINT64_C(1) << KEY_PF | UINT64_C(1) << KEY_TEMPORARY;

	return sriov->wish.set & ~silent || sriov->vfs > 0;
}

static int check_entry(const struct reader *r, config_setting_t *group,
		       const struct sriov *sriov, struct err *err)
{
	if (wish_has(&sriov->wish, KEY_MAC) && strcmp(sriov->wish.mac, "auto") != 0)
		return err_at(
			err, EINVAL, r->file, line_of(group),
			"'mac' of all virtual functions can only be \"auto\": one of "
			"them is set in vf = ( { index = N; mac = ...; } )");
	if (!wish_has(&sriov->wish, KEY_PF))
		return err_at(err, EINVAL, r->file, line_of(group),
			      "an entry of 'sriov' names its physical function: pf = "
			      "\"01:00.0\";");
	if (!says_something(sriov))
		return err_at(err, EINVAL, r->file, line_of(group),
			      "an entry of 'sriov' says how many virtual functions "
			      "there are to be: vfs = N; or what is set of those that "
			      "something else makes");
	return check_vfs(r, group, sriov, err);
}

static int store_entry(const struct reader *r, config_setting_t *group,
		       struct sriov *sriov, struct err *err)
{
	int ret = 0;

	for (int i = 0; ret == 0 && i < config_setting_length(group); i++) {
		config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(setting);
		const struct key *key = key_find(name, KEY_IN_SRIOV);

		if (!strcmp(name, "vf"))
			ret = store_vfs(r, setting, sriov, err);
		else if (key)
			ret = reader_store(r, key, setting, &sriov->wish, err);
		else
			reader_unknown(r, setting, KEY_IN_SRIOV);
	}
	return ret == 0 ? check_entry(r, group, sriov, err) : ret;
}

int reader_sriov(const struct reader *r, config_setting_t *setting,
		 struct sriov_list *list, struct err *err)
{
	int ret = reader_wants_groups(r, setting, err);

	for (int i = 0; ret == 0 && i < config_setting_length(setting); i++) {
		config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);
		struct sriov *sriov = list->n < LIMIT_PFS ? sriov_add(list) : NULL;

		if (!sriov)
			return err_at(err, E2BIG, r->file, line_of(group),
				      "more than %d entries of 'sriov'", LIMIT_PFS);
		sriov->line = line_of(group);
		(void)snprintf(sriov->file, sizeof(sriov->file), "%s", r->file);
		ret = store_entry(r, group, sriov, err);
		if (ret == 0)
			sriov_drop_earlier(list);
	}
	return ret;
}
