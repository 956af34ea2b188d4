/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/nvme-state.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/number.h"

/* With fewer there is no queue for input and output, or nothing to wake the driver. */
static const unsigned least[_NVME_RESOURCE_MAX] = {2, 1};

const char *nvme_state_format(const struct nvme_state *state, char buf[static NVME_STATE])
{
	(void)snprintf(buf, NVME_STATE, "%s:%u:%u", state->online ? "online" : "offline",
		       state->has[NVME_QUEUES], state->has[NVME_INTERRUPTS]);
	return buf;
}

int nvme_state_parse(const char *text, struct nvme_state *ret)
{
	char copy[NVME_STATE], *save = NULL, *word;
	struct nvme_state s = {0};
	uint64_t n;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return -EINVAL;
	word = strtok_r(copy, ":", &save);
	if (!word || (strcmp(word, "online") != 0 && strcmp(word, "offline") != 0))
		return -EINVAL;
	s.online = !strcmp(word, "online");
	for (int i = 0; i < _NVME_RESOURCE_MAX; i++) {
		word = strtok_r(NULL, ":", &save);
		if (!word || number_parse(word, UINT16_MAX, &n) < 0)
			return -EINVAL;
		s.has[i] = (unsigned)n;
	}
	if (strtok_r(NULL, ":", &save))
		return -EINVAL;
	*ret = s;
	return 0;
}

bool nvme_state_equal(const struct nvme_state *a, const struct nvme_state *b)
{
	return a->online == b->online && !memcmp(a->has, b->has, sizeof(a->has));
}

bool nvme_works(const struct nvme_state *state,
		const int share[static _NVME_RESOURCE_MAX])
{
	for (int i = 0; i < _NVME_RESOURCE_MAX; i++)
		if (share[i] >= 0 && state->has[i] < least[i])
			return false;
	return true;
}

static int parse_number(const char *text, int *ret)
{
	uint64_t n = 0;
	int r = !strcmp(text, "-") ? 0 : number_parse(text, UINT16_MAX, &n);

	if (r == 0)
		*ret = text[0] == '-' ? -1 : (int)n;
	return r;
}

/* "2/8", or "2". */
static int parse_share(char *text, int *ret, int *ret_most)
{
	char *slash = strchr(text, '/');

	if (slash)
		*slash++ = '\0';
	if (parse_number(slash ? slash : "-", ret_most) < 0)
		return -EINVAL;
	return parse_number(text, ret);
}

int nvme_offer_parse(const char *text, struct nvme_offer *ret)
{
	char copy[NVME_OFFER], *save = NULL, *word;
	struct nvme_offer offer;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return -EBADMSG;
	word = strtok_r(copy, " ", &save);
	if (!word || nvme_state_parse(word, &offer.state) < 0)
		return -EBADMSG;
	for (int i = 0; i < _NVME_RESOURCE_MAX; i++) {
		word = strtok_r(NULL, " ", &save);
		if (!word || parse_share(word, &offer.share[i], &offer.most[i]) < 0)
			return -EBADMSG;
	}
	if (strtok_r(NULL, " ", &save))
		return -EBADMSG;
	*ret = offer;
	return 0;
}

const char *nvme_offer_format(const struct nvme_offer *offer, char buf[static NVME_OFFER])
{
	size_t at = (size_t)snprintf(buf, NVME_OFFER, "%s", NVME_TEXT(&offer->state));

	for (int i = 0; i < _NVME_RESOURCE_MAX; i++) {
		if (offer->share[i] >= 0 && offer->most[i] >= 0)
			at += (size_t)snprintf(buf + at, NVME_OFFER - at, " %d/%d",
					       offer->share[i], offer->most[i]);
		else if (offer->share[i] < 0)
			at += (size_t)snprintf(buf + at, NVME_OFFER - at, " -");
		else
			at += (size_t)snprintf(buf + at, NVME_OFFER - at, " %d",
					       offer->share[i]);
	}
	return buf;
}
