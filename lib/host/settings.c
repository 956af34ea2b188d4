/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/settings.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "host/facts.h"
#include "host/look.h"
#include "host/sysfs.h"

struct asker {
	const struct root *root;
	struct child *looker;
	struct device *device;
	struct err *err;
};

/* 1: it is there, 0: there is no such attribute, or the device is locked. */
static int ask(struct asker *a, const char *name, enum look_op op, const char *value,
	       char *buf, size_t size)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	buf[0] = '\0';
	if (a->device->locked)
		return 0;
	look_request(&request, op, "/sys/%s", DEVICE_ATTR(&a->device->bdf, name));
	(void)snprintf(request.value, sizeof(request.value), "%s", value);
	r = child_call(a->looker, &request, LIMIT_READ_MS, &reply);
	if (r == -ETIMEDOUT) {
		a->device->locked = true;
		child_end(a->looker);
		return child_spawn(a->looker, a->root, look_handle, a->err);
	}
	if (r == 0)
		r = reply.result;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(a->err, -r, "%s: %s: %s", BDF(&a->device->bdf), name,
			       strerror(-r));
	if (strlen(reply.value) >= size || strpbrk(reply.value, "\"\\"))
		return err_set(a->err, EBADMSG, "%s: %s is odd: '%.80s'",
			       BDF(&a->device->bdf), name, reply.value);
	(void)snprintf(buf, size, "%s", reply.value);
	return 1;
}

#define ASK(a, name, member) ask((a), (name), LOOK_READ, "", member, sizeof(member))

static int ask_bars(struct asker *a, const struct bar_sizes *sizes, struct settings *ret)
{
	char name[32], bar[2] = "0", text[2048];
	uint64_t bit;
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < sizes->n; i++) {
		int n = sizes->item[i].bar;

		bar[0] = (char)('0' + n);
		(void)snprintf(name, sizeof(name), "resource%d_resize", n);
		r = ask(a, name, LOOK_READ, "", text, sizeof(text));
		/* The kernel's own text: 16 hexadecimal digits. */
		ret->bar[n].offers = r > 0 ? strtoull(text, NULL, 16) : 0;
		if (r >= 0)
			r = ask(a, "resource", LOOK_BAR, bar, text, sizeof(text));
		ret->bar[n].bit = -1;
		if (r > 0 && number_parse(text, 63, &bit) == 0)
			ret->bar[n].bit = (int)bit;
	}
	return r;
}

/* What its card has set for it; @at: it, or its physical function. */
static int ask_vf(struct asker *a, const struct bdf *at, struct settings *ret)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	look_request(&request, LOOK_VF, "/sys/bus/pci/devices/%s", BDF(at));
	(void)snprintf(request.value, sizeof(request.value), "%d", ret->vf);
	r = child_call(a->looker, &request, LIMIT_READ_MS, &reply);
	if (r == 0 && reply.result < 0) {
		ret->vf_error = -reply.result;
		return 0;
	}
	if (r == 0)
		r = vf_state_parse(reply.value, &ret->vf_state);
	return r < 0 ? err_set(a->err, -r,
			       "%s: what its card has set for it cannot be told: %s",
			       BDF(&a->device->bdf), strerror(-r))
		     : 0;
}

/* "NAME=VALUE" of the policy: what NAME is now; empty: there is no such file. */
static int ask_vf_attributes(struct asker *a, const struct text_list *list,
			     struct settings *ret)
{
	const char *text = list->text;
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < list->n && i < VF_ATTRIBUTES; i++) {
		char path[VF_ATTRIBUTE_PATH], shown[256];
		struct vf_attribute attribute;

		if (vf_attribute_parse(text, '=', &attribute) < 0)
			return err_set(a->err, EINVAL, "vf-attributes: '%s'", text);
		r = ask(a, vf_attribute_path((unsigned)ret->vf, attribute.name, path),
			LOOK_READ, "", shown, sizeof(shown));
		if (r > 0)
			(void)vf_attribute_shown(shown, ret->vf_attribute[i]);
		text += strlen(text) + 1;
	}
	return r;
}

/* @at: it, or its physical function, which is still to have it, among @count. */
static int ask_nvme(struct asker *a, const struct bdf *at, unsigned count,
		    struct settings *ret)
{
	struct child_request request;
	struct child_reply reply;
	int r;

	ret->is_nvme = true;
	look_request(&request, LOOK_NVME, "/sys/bus/pci/devices/%s", BDF(at));
	(void)snprintf(request.value, sizeof(request.value), count ? "%d %u" : "%d",
		       ret->vf, count);
	r = child_call(a->looker, &request, LIMIT_READ_MS, &reply);
	if (r == 0 && (reply.result < 0 || !reply.value[0])) {
		ret->nvme_error = reply.result < 0 ? -reply.result : ENOENT;
		return 0;
	}
	if (r == 0)
		r = nvme_offer_parse(reply.value, &ret->nvme);
	return r < 0 ? err_set(a->err, -r,
			       "%s: the state of its controller cannot be told: %s",
			       BDF(&a->device->bdf), strerror(-r))
		     : 0;
}

static int look_at_vf(struct asker *a, const struct spec *spec, struct fact *fact)
{
	bool nvme = device_is_nvme(&fact->device);
	struct settings *ret = &fact->settings;
	struct wish room;
	const struct wish *wish = fact_wish(spec, fact, &room);
	int r = 0;

	if (!wish_has_vf(wish) && !wish_has(wish, KEY_VF_ATTRIBUTES) && !nvme)
		return 0;
	ret->vf = vf_index(a->root, &a->device->bdf);
	if (ret->vf < 0 || a->device->locked)
		return 0;
	if (wish_has_vf(wish))
		r = ask_vf(a, &a->device->bdf, ret);
	if (r >= 0 && wish_has(wish, KEY_VF_ATTRIBUTES))
		r = ask_vf_attributes(a, &wish->vf_attributes, ret);
	if (r >= 0 && nvme)
		r = ask_nvme(a, &a->device->bdf, 0, ret);
	return r;
}

int settings_look_coming(const struct root *root, struct child *looker,
			 const struct spec *spec, struct fact *fact, struct err *err)
{
	struct asker a = {root, looker, &fact->device, err};
	const struct bdf *pf = &fact->pf->device.bdf;
	struct wish room;
	const struct wish *wish = fact_wish(spec, fact, &room);
	int r = 0;

	/* As the kernel makes every new one (pci_pm_init). */
	(void)strcpy(fact->settings.power, "on");
	if (!fact->wanted)
		return 0;
	fact->settings.vf = (int)fact->vf_index;
	fact->settings.vf_coming = true;
	if (wish_has_vf(wish) || wish_has(wish, KEY_VF_ATTRIBUTES))
		r = ask_vf(&a, pf, &fact->settings);
	if (r == 0 && device_is_nvme(&fact->device))
		r = ask_nvme(&a, pf, pf_wanted(fact->pf), &fact->settings);
	return r;
}

const struct quirk *settings_quirk(const struct spec *spec, const struct fact *fact)
{
	const struct device *d = &fact->device;

	return fact->wanted
		       ? quirks_find(&spec->quirks, d->vendor, d->product, d->class_code)
		       : NULL;
}

static bool needs_methods(const struct spec *spec, const struct fact *fact)
{
	const struct reset_wish *reset = spec_reset(spec, (unsigned)fact->slot);
	const struct quirk *quirk = settings_quirk(spec, fact);

	return (fact->wanted && reset && reset->chain.n) ||
	       (quirk && (quirk->no_reset || quirk->avoid.n || quirk->method.n));
}

int settings_look(const struct root *root, struct child *looker, const struct spec *spec,
		  struct fact *fact, struct err *err)
{
	struct asker a = {root, looker, &fact->device, err};
	struct settings *s = &fact->settings;
	unsigned slot = (unsigned)fact->slot;
	const struct quirk *quirk = settings_quirk(spec, fact);
	bool rescan = fact->wanted && spec_rescan(spec, slot);
	int r = 0;

	/* vfio-pci leaves it "on" when it goes, whatever it was (vfio_pci_core.c). */
	if (!fact->device.on_vfio || spec_power(spec, slot))
		r = ASK(&a, "power/control", s->power);
	if (r >= 0 && (rescan || needs_methods(spec, fact))) {
		r = ASK(&a, "reset_method", s->methods);
		s->has_methods = r > 0;
	}
	if (r >= 0 &&
	    (rescan || spec_d3cold(spec, slot) || (quirk && quirk->d3cold >= 0)))
		r = ASK(&a, "d3cold_allowed", s->d3cold);
	if (r >= 0 && rescan)
		r = ASK(&a, "sriov_drivers_autoprobe", s->autoprobe);
	if (r >= 0 && fact->wanted && spec_bar_sizes(spec, slot))
		r = ask_bars(&a, spec_bar_sizes(spec, slot), s);
	if (r >= 0 && fact->wanted && !fact->declared)
		r = look_at_vf(&a, spec, fact);
	if (quirk && quirk->module[0]) {
		char path[LIMIT_NAME + 16];

		(void)snprintf(path, sizeof(path), "module/%s", quirk->module);
		s->has_module = sysfs_exists(root, path);
	}
	return r < 0 ? r : 0;
}
