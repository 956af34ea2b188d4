/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/machine.h"

#include "base/clock.h"
#include "run/chain.h"

static const char *const change_words[] = {
	[CHANGE_PRE_START] = "pre-start", [CHANGE_POST_START] = "post-start",
	[CHANGE_PRE_STOP] = "pre-stop",	  [CHANGE_POST_STOP] = "post-stop",
	[CHANGE_RELEASE] = "release",	  [CHANGE_SWEEP] = "sweep",
};

int machine_change(const struct request *request, struct outcome *ret)
{
	struct session session = {
		.request = request,
		.root = request->root,
		.outcome = ret,
		.cancel = CANCEL_NONE,
		.lock = -1,
		.patience_ms =
			request->change == CHANGE_SWEEP ? LIMIT_SWEEP_MS : LIMIT_LOCK_MS,
	};
	int64_t begin = clock_ms();
	int r = 0;

	*ret = (struct outcome){
		.vmid = request->vmid,
		.scope = request->scope,
		.what = change_words[request->change],
		.dry = request->dry,
	};
	switch (request->change) {
	case CHANGE_PRE_START:
		r = start_run(&session);
		break;
	case CHANGE_POST_START:
		r = post_start_run(&session);
		chain_phase(&session);
		break;
	case CHANGE_PRE_STOP: /* not always called: nothing of ours may depend on it */
		chain_phase(&session);
		break;
	case CHANGE_POST_STOP:
		chain_phase(&session);
		r = stop_run(&session);
		break;
	case CHANGE_RELEASE:
		r = stop_run(&session);
		break;
	case CHANGE_SWEEP:
		r = sweep_run(&session);
		break;
	}
	session_end(&session);
	ret->ms = (int)(clock_ms() - begin);
	return r;
}
