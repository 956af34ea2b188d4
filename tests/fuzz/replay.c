/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a target over files and folders of inputs: where there is no libFuzzer, and as a
 * test of everything that was ever found. */
#include <dirent.h>
#include <sys/stat.h>

#include "target.h"

static unsigned long inputs;

static void replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "re");
	size_t size;

	HOLDS(f);
	size = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	(void)LLVMFuzzerTestOneInput(data, size);
	inputs++;
}

static void replay(const char *path)
{
	DIR *dir = opendir(path);
	char name[4096];
	struct dirent *e;

	if (!dir) {
		replay_file(path);
		return;
	}
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		replay_file(name);
	}
	(void)closedir(dir);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	(void)printf("%lu inputs\n", inputs);
	return inputs == 0; /* a corpus that is not there proves nothing */
}
