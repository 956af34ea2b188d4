/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual function of an NVMe controller gets what it needs to work, and is online. */
#include <errno.h>
#include <string.h>

#include "plan/builder.h"
#include "plan/step-nvme.h"

static const struct {
	enum key_id key;
	const char *what;
} resources[_NVME_RESOURCE_MAX] = {
	[NVME_QUEUES] = {KEY_NVME_QUEUES, "queues"},
	[NVME_INTERRUPTS] = {KEY_NVME_INTERRUPTS, "interrupts"},
};

struct secondary {
	struct builder *b;
	const struct fact *fact;
	const struct wish *wish;
	bool asked; /* policy names a number */
};

static const char *key_of(const struct secondary *s)
{
	return wish_has(s->wish, KEY_NVME_QUEUES) ? "nvme-queues" : "nvme-interrupts";
}

/* What policy asks for and cannot be is refused, else it is told. */
static int say(const struct secondary *s, int code, const char *what, const char *why)
{
	if (s->asked)
		return err_set(s->b->err, code, "hostpci%d %s: %s: %s%s", s->fact->slot,
			       BDF(&s->fact->device.bdf), key_of(s), what, why);
	notes_add(s->b->notes, "hostpci%d %s: %s%s", s->fact->slot,
		  BDF(&s->fact->device.bdf), what, why);
	return 0;
}

static int say_unknown(const struct secondary *s, int code)
{
	/* They work by themselves, as far as can be known. */
	if (code == EOPNOTSUPP && !s->asked)
		return 0;
	return say(s, EOPNOTSUPP, "its controller cannot be managed: ",
		   code == ENOENT ? "its physical function is not on the driver nvme"
		   : code == EOPNOTSUPP
			   ? "its physical function's controller has no virtualization "
			     "management"
		   : code == ENODATA ? "its physical function does not know it"
				     : strerror(code));
}

static unsigned asked_for(const struct wish *wish, enum nvme_resource resource)
{
	return (unsigned)(resource == NVME_QUEUES ? wish->nvme_queues
						  : wish->nvme_interrupts);
}

/* What policy says, else what it has if that is enough, else its part of all. */
static struct nvme_state want_of(const struct secondary *s,
				 const struct nvme_offer *offer)
{
	struct nvme_state want = offer->state;
	bool enough = nvme_works(&offer->state, offer->share);

	want.online = true;
	for (int i = 0; i < _NVME_RESOURCE_MAX; i++) {
		if (wish_has(s->wish, resources[i].key))
			want.has[i] = asked_for(s->wish, (enum nvme_resource)i);
		else if (!enough && offer->share[i] >= 0)
			want.has[i] = (unsigned)offer->share[i];
	}
	return want;
}

static int refuse_own(const struct secondary *s, const struct nvme_offer *offer)
{
	for (int i = 0; i < _NVME_RESOURCE_MAX; i++)
		if (wish_has(s->wish, resources[i].key) && offer->share[i] < 0)
			return err_set(s->b->err, EINVAL,
				       "hostpci%d %s: nvme-%s: its controller has its "
				       "own, and no others can be given to it",
				       s->fact->slot, BDF(&s->fact->device.bdf),
				       resources[i].what);
	return 0;
}

static int refuse_more(const struct secondary *s, const struct nvme_offer *offer)
{
	for (int i = 0; i < _NVME_RESOURCE_MAX; i++) {
		unsigned n = asked_for(s->wish, (enum nvme_resource)i);

		if (!wish_has(s->wish, resources[i].key) || offer->most[i] < 0 ||
		    n <= (unsigned)offer->most[i])
			continue;
		return err_set(s->b->err, EINVAL,
			       "hostpci%d %s: nvme-%s: %u are more than the %d that its "
			       "controller can give to one: correct the policy",
			       s->fact->slot, BDF(&s->fact->device.bdf),
			       resources[i].what, n, offer->most[i]);
	}
	return 0;
}

static int add(const struct secondary *s, const struct nvme_state *want)
{
	const struct settings *now = &s->fact->settings;
	char before[LIMIT_NAME] = "", after[LIMIT_NAME];

	if (!now->vf_coming && nvme_state_equal(&now->nvme.state, want))
		return 0;
	/* One that is still to be made has no state yet, and this plan is only shown. */
	if (!now->vf_coming)
		(void)snprintf(before, sizeof(before), "%d nvme %s", now->vf,
			       NVME_TEXT(&now->nvme.state));
	(void)snprintf(after, sizeof(after), "%d nvme %s", now->vf, NVME_TEXT(want));
	return builder_add(s->b, s->fact, STEP_NVME, STAGE_DRIVERS, before, after);
}

int builder_nvme(struct builder *b, const struct fact *fact, const struct wish *wish)
{
	struct secondary s = {b, fact, wish,
			      wish_has(wish, KEY_NVME_QUEUES) ||
				      wish_has(wish, KEY_NVME_INTERRUPTS)};
	const struct settings *now = &fact->settings;
	struct nvme_state want;
	int r;

	if (!fact->wanted || fact->device.locked || (!now->is_nvme && !s.asked))
		return 0;
	if (!now->is_nvme)
		return say(&s, EINVAL,
			   "it is no virtual function of an NVMe controller: ",
			   "take it out of the policy");
	if (now->nvme_error)
		return say_unknown(&s, now->nvme_error);
	want = want_of(&s, &now->nvme);
	r = refuse_own(&s, &now->nvme);
	if (r == 0)
		r = refuse_more(&s, &now->nvme);
	if (r < 0)
		return r;
	if (!nvme_works(&want, now->nvme.share))
		return say(&s, EOPNOTSUPP,
			   "its controller stays offline, as it gets no queues and "
			   "interrupts: ",
			   "its physical function has kept them for itself; how to "
			   "change that is in hostpci-vm.conf(5), nvme-queues");
	return add(&s, &want);
}
