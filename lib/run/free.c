/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/free.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "base/say.h"
#include "run/program.h"

static bool is_held(const struct findings *findings, unsigned slot)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->item[i];

		if (f->held && f->grade != GRADE_TELL && f->slot == (int)slot)
			return true;
	}
	return false;
}

/*
 * True if the commands are for nothing: somebody's use can end, and a command may free
 * more than its own device, but what is not there or cannot be stays so.
 */
static bool is_hopeless(struct session *s)
{
	const struct findings *findings = &s->outcome->findings;

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->item[i];

		if (f->grade != GRADE_NEVER || f->held || f->passing)
			continue;
		notes_add(&s->outcome->notes,
			  "free: no command is run, as the start is refused for good: %s "
			  "%s",
			  f->device[0] ? f->device : f->what, f->why);
		return true;
	}
	return false;
}

static void say_words(const struct text_list *words, char *buf, size_t size)
{
	const char *text = words->text;

	buf[0] = '\0';
	for (unsigned i = 0; i < words->n; i++) {
		say_more(buf, size, "%s%s", i ? " " : "", text);
		text += strlen(text) + 1;
	}
}

static void take_line(void *context, const char *line)
{
	char text[256];

	SAY(text, "%s", line);
	notes_add(context, "free: | %s", text);
}

/* False: it could not be started. */
static bool run(struct session *s, const struct text_list *words, const char *text)
{
	struct notes *notes = &s->outcome->notes;
	struct program_end end;
	struct err err;

	if (program_run(s->root, words, s->request->vmid, &s->cancel, take_line, notes,
			&end, &err) < 0) {
		notes_add(&s->outcome->warnings, "free: %s", err.msg);
		return false;
	}
	if (end.late)
		notes_add(&s->outcome->warnings, "free: %s: killed after %d ms", text,
			  end.ms);
	else if (WIFSIGNALED(end.status))
		notes_add(&s->outcome->warnings, "free: %s: ended by signal %d", text,
			  WTERMSIG(end.status));
	else
		notes_add(notes, "free: %s: exit code %d (%d ms)", text,
			  WEXITSTATUS(end.status), end.ms);
	return true;
}

static void would_run(struct session *s, const struct text_list *words, const char *text)
{
	struct err err;

	if (program_check(s->root, words, &err) < 0)
		notes_add(&s->outcome->warnings, "free: %s", err.msg);
	else
		notes_add(&s->outcome->notes,
			  "free: a start would run %s, and look again", text);
}

int free_devices(struct session *session, const struct spec *spec, struct err *err)
{
	struct outcome *o = session->outcome;
	bool shared, ran_shared = false, ran = false;
	char text[256];
	int n = 0;

	for (unsigned i = 0; i < LIMIT_SLOTS; i++) {
		const struct text_list *words = spec_free_command(spec, i, &shared);

		if (!words || !is_held(&o->findings, i) || (shared && ran_shared))
			continue;
		if (!n && is_hopeless(session))
			return 0;
		ran_shared |= shared;
		n++;
		say_words(words, text, sizeof(text));
		if (session->request->dry) {
			would_run(session, words, text);
			continue;
		}
		session_unlock(session);
		ran |= run(session, words, text);
		if (cancel_asked(&session->cancel))
			return err_set(err, EINTR, "interrupted");
	}
	if (!n || session->request->dry)
		return n;
	if (ran)
		notes_add(&o->notes, "free: what a command has done is not taken back");
	return session_relock(session, err) < 0 ? -err->code : n;
}
