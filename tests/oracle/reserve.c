/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reserve ROOT VMID get | reserve ROOT VMID drop [ADDRESS...]
 * reserve ROOT VMID time|pid NUMBER [ADDRESS...]
 * One step on the reservation file below ROOT, for run-reserve. */
#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "run/reservation.h"

static int fail(const struct err *err)
{
	(void)fprintf(stderr, "%s\n", err->msg);
	return err->code == EBUSY ? 1 : 2;
}

static int get(const struct root *root, uint32_t vmid)
{
	_cleanup_free_ struct bdf *list = NULL;
	struct err err;
	size_t n = 0;

	if (reservation_list(root, vmid, false, &list, &n, &err) < 0)
		return fail(&err);
	for (size_t i = 0; i < n; i++)
		(void)printf("%s\n", BDF(&list[i]));
	return 0;
}

static int step(const struct root *root, uint32_t vmid, int argc, char **argv)
{
	bool drop = !strcmp(argv[0], "drop");
	struct reservation who = {.vmid = vmid, .timeout_s = -1};
	struct notes notes = {0};
	struct bdf bdf[64];
	uint64_t number = 0;
	struct err err;
	size_t n = 0;
	int r;

	if (!drop && (argc < 2 || number_parse(argv[1], INT32_MAX, &number) < 0))
		return 2;
	if (!strcmp(argv[0], "pid"))
		who.pid = (pid_t)number;
	else
		who.timeout_s = (int)number;
	for (int i = drop ? 1 : 2; i < argc && n < ARRAY_SIZE(bdf); i++)
		if (bdf_parse(argv[i], &bdf[n++]) < 0)
			return 2;
	r = drop ? reservation_drop(root, vmid, n ? bdf : NULL, n, &err)
		 : reservation_take(root, &who, bdf, n, &notes, &err);
	for (size_t i = 0; i < notes.n; i++)
		(void)printf("%s\n", notes.text[i]);
	notes_free(&notes);
	return r < 0 ? fail(&err) : 0;
}

int main(int argc, char **argv)
{
	struct root root;
	struct err err;
	uint64_t vmid;
	int code;

	if (argc < 4 || number_parse(argv[2], UINT32_MAX, &vmid) < 0)
		return 2;
	if (root_open(argv[1], &root, &err) < 0)
		return fail(&err);
	code = !strcmp(argv[3], "get") ? get(&root, (uint32_t)vmid)
				       : step(&root, (uint32_t)vmid, argc - 3, argv + 3);
	root_close(&root);
	return code;
}
