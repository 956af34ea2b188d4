/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "host/pci-name.h"
#include "report/report.h"
#include "run/journal.h"

static const char *prefix(enum report_style style)
{
	return style == REPORT_HOOK ? "hostpci: " : "";
}

/* "pre-start", of a hook of one kind "mdev pre-start". */
enum { WHAT_TEXT = 32 };
#define WHAT(o) what_text((o), (char[WHAT_TEXT]){0})
static const char *what_text(const struct outcome *o, char buf[static WHAT_TEXT])
{
	(void)snprintf(buf, WHAT_TEXT, "%s%s%s", scope_words[o->scope],
		       o->scope ? " " : "", o->what);
	return buf;
}

void report_findings(const struct findings *findings, enum report_style style, FILE *out)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->item[i];
		bool elsewhere = strcmp(f->what, f->device) != 0;

		/* A start that is fine does not list what does not matter. */
		if (style == REPORT_HOOK && f->grade == GRADE_TELL && !f->allowed &&
		    !findings->refused)
			continue;
		(void)fprintf(out, "%s  [%s] ", prefix(style), grade_words[f->grade]);
		/* One about a line of the configuration names it itself. */
		if (f->slot >= 0 && f->device[0])
			(void)fprintf(out, "hostpci%d ", f->slot);
		(void)fprintf(out, "%s%s%s%s%s%s\n", f->device,
			      elsewhere && f->device[0] ? ": " : "",
			      elsewhere ? f->what : "",
			      f->device[0] || f->what[0] ? " " : "", f->why,
			      f->allowed	     ? " (the policy allows it)"
			      : !f->passing	     ? ""
			      : style == REPORT_HOOK ? " (just going, but too slow)"
						     : " (just going: a start waits)");
		if (f->cure[0])
			(void)fprintf(out, "%s          what to do: %s\n", prefix(style),
				      f->cure);
	}
}

static void print_write(const struct step *step, const char *indent, FILE *out)
{
	struct step_write write = {0};
	char path[CHILD_PATH];

	if (!step_ops(step)->write(step, &write))
		(void)fprintf(out, "%s    nothing to write\n", indent);
	else if (write.module)
		(void)fprintf(out, "%s    modprobe %s\n", indent, write.value);
	else if (write.netlink)
		(void)fprintf(out, "%s    rtnetlink, by its card: %s\n", indent,
			      write.value);
	else if (write.nvme)
		(void)fprintf(out, "%s    nvme virt-mgmt, by its card: %s\n", indent,
			      write.value);
	else
		(void)fprintf(out, "%s    echo %s%s> %s\n", indent,
			      write.value[0] == '\n' ? "" : write.value,
			      write.value[0] == '\n' ? "" : " ", write.path);
	if (write.awake)
		(void)fprintf(out, "%s    echo on > %s\n", indent,
			      step_awake_path(&write, path));
}

static void print_step_head(const struct step *step, FILE *out)
{
	char text[STEP_WORDS];

	step_ops(step)->describe(step, text, sizeof(text));
	if (step->kind == STEP_MODULE)
		(void)fprintf(out, "%s", text);
	else
		(void)fprintf(out, "%s: %s", STEP_DEVICE(step), text);
}

static size_t count_lanes(const struct deeds *deeds)
{
	size_t lanes = 0;

	for (size_t i = 0; i < deeds->n; i++) {
		size_t k = 0;

		while (deeds->item[k].step.lane != deeds->item[i].step.lane)
			k++;
		lanes += k == i;
	}
	return lanes;
}

/* What differs from @before, NULL for the first: the stage, the lane. */
static void print_lane(const struct step *before, const struct step *step, FILE *out)
{
	bool undo = step->direction == STEP_UNDO;

	if (!undo && step->stage < _STAGE_MAX &&
	    (!before || before->direction == STEP_UNDO || before->stage != step->stage))
		(void)fprintf(out, "    %s\n", plan_stage_words[step->stage]);
	else if (before && before->lane == step->lane)
		return;
	if (step->lane >= LANE_COMING)
		(void)fprintf(out, "      lane of %s, whose group is not known yet\n",
			      BDF(&step->bdf));
	else if (step->lane >= 0)
		(void)fprintf(out, "      lane of IOMMU group %d\n", step->lane);
	else if (step->kind != STEP_MODULE)
		(void)fprintf(out, "      lane of what is in no IOMMU group\n");
}

/* By stage and lane, if there is more than one lane. */
static void print_steps(const struct outcome *o, FILE *out)
{
	size_t lanes = count_lanes(&o->deeds);
	const char *indent = lanes > 1 ? "        " : "    ";

	if (lanes > 1)
		(void)fprintf(out,
			      "    %zu lanes go side by side; a stage begins when those "
			      "before it are over on its PCI bus\n",
			      lanes);
	for (size_t i = 0; i < o->deeds.n; i++) {
		const struct step *step = &o->deeds.item[i].step;

		if (lanes > 1)
			print_lane(i ? &o->deeds.item[i - 1].step : NULL, step, out);
		(void)fprintf(out, "%s%zu. ", indent, i + 1);
		print_step_head(step, out);
		(void)fputs(step->spare ? ", or else\n" : "\n", out);
		print_write(step, indent, out);
	}
}

static void print_shown(const struct root *root, const struct shown *s, FILE *out)
{
	const struct device *d = &s->device;
	char name[160], group[16];

	if (uuid_is_set(&s->mdev)) {
		(void)fprintf(out, "  hostpci%d mdev %s, %s on %s%s\n", s->slot,
			      s->mdev.text, s->type, s->parent,
			      s->left ? ": Proxmox makes it" : "");
		return;
	}
	if (!s->wanted && d->bridge)
		return;
	(void)snprintf(group, sizeof(group), "%d", d->group);
	if (d->group < 0)
		(void)snprintf(group, sizeof(group), "none");
	(void)pci_name(root, d->vendor, d->product, name, sizeof(name));
	(void)fprintf(out,
		      "  hostpci%d %s [%04x:%04x]%s%s, driver %s, IOMMU group %s%s\n",
		      s->slot, BDF(&d->bdf), d->vendor, d->product, name[0] ? " " : "",
		      name, d->driver[0] ? d->driver : "none", group,
		      s->wanted ? "" : " (comes along)");
}

static void print_plan(const struct root *root, const struct outcome *o, FILE *out)
{
	size_t writes = 0;

	for (size_t i = 0; i < o->deeds.n; i++) {
		struct step_write write = {0};
		const struct step *step = &o->deeds.item[i].step;

		writes += step_ops(step)->write(step, &write);
		writes += write.awake;
	}
	for (size_t i = 0; i < o->shown_n; i++)
		print_shown(root, &o->shown[i], out);
	if (o->findings.refused || o->err.code)
		return;
	(void)fprintf(out, "  %zu write%s", writes, writes == 1 ? "" : "s");
	/* One that keeps a value writes only when it is taken back. */
	if (writes < o->deeds.n)
		(void)fprintf(out, " in %zu step%s", o->deeds.n,
			      o->deeds.n == 1 ? "" : "s");
	(void)fprintf(out, "%s\n", o->deeds.n ? ":" : ", nothing to do");
	print_steps(o, out);
}

/* One line a device: "hostpci0 0000:01:00.0: unbind from nvme, ...: 74 ms". */
static void print_done(const struct outcome *o, FILE *out)
{
	for (size_t i = 0; i < o->deeds.n; i++) {
		const struct deed *d = &o->deeds.item[i];
		bool last = i + 1 == o->deeds.n ||
			    !step_same_device(&d[1].step, &d->step) ||
			    d[1].rollback != d->rollback || d->step.kind == STEP_MODULE ||
			    d->text[0];
		char text[STEP_WORDS];
		int ms = d->ms;

		if (d->state != DEED_DONE && d->state != DEED_LEFT)
			continue;
		(void)fprintf(out, "%s  %s", prefix(REPORT_HOOK),
			      d->rollback ? "taken back: " : "");
		print_step_head(&d->step, out);
		while (!last && d->state == DEED_DONE && d[1].state == DEED_DONE) {
			d++, i++;
			step_ops(&d->step)->describe(&d->step, text, sizeof(text));
			(void)fprintf(out, ", %s", text);
			ms += d->ms;
			last = i + 1 == o->deeds.n ||
			       !step_same_device(&d[1].step, &d->step) ||
			       d[1].rollback != d->rollback;
		}
		(void)fprintf(out, d->text[0] ? " (%d ms): %s\n" : " (%d ms)%s\n", ms,
			      d->text);
	}
}

static void print_trouble(const struct outcome *o, FILE *out)
{
	for (size_t i = 0; i < o->deeds.n; i++) {
		const struct deed *d = &o->deeds.item[i];

		if (d->state != DEED_FAILED && d->state != DEED_STUCK)
			continue;
		(void)fprintf(out, "%s  [%s] ", prefix(REPORT_HOOK),
			      deed_words[d->state]);
		print_step_head(&d->step, out);
		(void)fprintf(out, ": %s\n", d->text);
	}
}

static void print_verdict(const struct outcome *o, enum report_style style, FILE *out)
{
	char text[sizeof(struct err)];
	const char *p = prefix(style);

	if (o->findings.refused)
		(void)fprintf(out, "%s%s %s: refused%s\n", p, OWNER(o->vmid), WHAT(o),
			      o->deeds.n && !o->dry ? "" : ", nothing was changed");
	else if (o->err.code)
		(void)fprintf(out, "%s%s %s: %s\n", p, OWNER(o->vmid), WHAT(o),
			      err_text(&o->err, text, sizeof(text)));
	if (o->err.code == EBADMSG) { /* no later run can read it either */
		(void)fprintf(out,
			      "%s  what to do: give back what the journal names as "
			      "hostpci-journal(5) says, then remove it\n",
			      p);
		return;
	}
	if (o->exit == EXIT_CODE_LEFT && o->standing != STANDING_UNKNOWN && !o->dry) {
		(void)fprintf(
			out,
			"%s  the host is not as it was; when the cause is gone: ", p);
		if (o->vmid)
			(void)fprintf(out, "hostpci release %u\n", o->vmid);
		else
			(void)fprintf(out, "hostpci sweep\n");
	}
	if (o->exit == EXIT_CODE_REFUSED && o->deeds.n && !o->dry)
		(void)fprintf(
			out,
			"%s  what had been done was taken back: the host is as before\n",
			p);
}

void report_text(const struct root *root, const struct outcome *outcome,
		 enum report_style style, FILE *out)
{
	const char *p = prefix(style), *indent = "";

	for (size_t i = 0; i < outcome->warnings.n; i++)
		(void)fprintf(out, "%swarning: %s\n", p, outcome->warnings.text[i]);
	if (style == REPORT_PLAN) {
		if (!outcome->err.code)
			(void)fprintf(out, "%s %s\n", OWNER(outcome->vmid),
				      WHAT(outcome));
		print_plan(root, outcome, out);
		indent = "  ";
	} else if (style == REPORT_HOOK && outcome->deeds.n) {
		(void)fprintf(out, "%s%s %s (%d ms)\n", p, OWNER(outcome->vmid),
			      WHAT(outcome), outcome->ms);
		print_done(outcome, out);
		print_trouble(outcome, out);
		indent = "  ";
	}
	for (size_t i = 0; i < outcome->notes.n; i++)
		(void)fprintf(out, "%s%s%s\n", p, indent, outcome->notes.text[i]);
	print_verdict(outcome, style, out);
	report_findings(&outcome->findings, style, out);
}
