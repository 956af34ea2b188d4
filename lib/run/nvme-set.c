/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/nvme-set.h"

#include <errno.h>

#include "host/nvme.h"
#include "plan/step-nvme.h"

static int assign(const struct nvme *nvme, uint16_t id, const struct nvme_state *want,
		  const struct nvme_state *now)
{
	int r = 0;

	for (int i = 0; r == 0 && i < _NVME_RESOURCE_MAX; i++)
		if (want->has[i] != now->has[i])
			r = nvme_manage(nvme, id, NVME_ASSIGN, (enum nvme_resource)i,
					want->has[i]);
	return r;
}

static int set(const struct nvme *nvme, unsigned index, const struct nvme_state *want)
{
	struct nvme_state now;
	uint16_t id;
	int r = nvme_find(nvme, index, &id, &now);

	if (r < 0 || nvme_state_equal(&now, want))
		return r;
	if (now.online) {
		r = nvme_manage(nvme, id, NVME_OFFLINE, NVME_QUEUES, 0);
		/* A controller may take back all that it had. */
		if (r == 0)
			r = nvme_find(nvme, index, &id, &now);
	}
	if (r == 0)
		r = assign(nvme, id, want, &now);
	if (r == 0 && want->online)
		r = nvme_manage(nvme, id, NVME_ONLINE, NVME_QUEUES, 0);
	return r;
}

int nvme_set(const struct root *root, const char *path, const char *text)
{
	struct nvme_state want;
	struct nvme nvme;
	unsigned index;
	int r = step_nvme_parse(text, &index, &want);

	if (r == 0)
		r = nvme_open(root, path, &nvme);
	if (r < 0)
		return r;
	r = set(&nvme, index, &want);
	nvme_close(&nvme);
	return r;
}
