/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sha1.h"
#include "spec/vmedit.h"
#include "spec/vmoption.h"
#include "spec/vmstore.h"
#include "unit.h"

static struct vmfile parse(const char *text)
{
	struct vmfile vm;
	struct err err;

	assert_int_equal(vmfile_parse(text, strlen(text), "100.conf", &vm, &err), 0);
	return vm;
}

/* What a rewrite makes of @text, which the caller frees. */
static char *rewrite(const char *text)
{
	struct vmfile vm = parse(text);
	struct vmtext out;
	struct err err;

	assert_int_equal(vmfile_write(&vm, &out, &err), 0);
	vmfile_free(&vm);
	return out.data;
}

static void a_rewrite_is_canonical(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{"", ""},
		{"\n\n", ""},
		{"name: a\nboot: order=net0", "boot: order=net0\nname: a\n"},
		{"cores:  2 \r\n#b\r\n", "#b\ncores: 2\n"},
		{"onboot: yes\ncores: 007\n", "cores: 7\nonboot: 1\n"},
		{"cdrom: none\n", "ide2: none\n"},
		{"smp: 4\ncores: 2\n", "sockets: 4\n"},
		{"bios: \"ovmf\"\n", "bios: ovmf\n"},
		{"description: a%0Ab%3A\n", "#a\n#b%3A\n"},
		{"# \xc3\xa4\t:%\n#\n", "# %C3%A4%09%3A%\n"},
		{"#a\xe2\x80\x83\n#\xc2\xa0\n", "#a\n"},
		{"#\xff%e2%82\n", "#%EF%BF%BD%EF%BF%BD\n"},
		{"#0\n", ""},
		{"[b1]\nname: x\n[a1]\n#c\n", "\n[a1]\n#c\n\n[b1]\nname: x\n"},
		{"[pending]\n#\ndelete: a b\n", "\n[PENDING]\n#\ndelete: a b\n"},
		{"[special:fleecing]\nfleecing-images: a1:b\n[PENDING]\nname: x\n",
		 "\n[PENDING]\nname: x\n\n[special:fleecing]\nfleecing-images: a1:b\n"},
		{"[special:cloudinit]\nname: x\n", ""},
		{"ide0: a1:cloudinit\n[special:cloudinit]\nfoo: x\n",
		 "ide0: a1:cloudinit\n\n[special:cloudinit]\nfoo: x\n"},
		{"unused0: a1:b\nunused1: a1:c\nscsi0: a1:b\n",
		 "scsi0: a1:b\nunused1: a1:c\n"},
		{"xsnapstate: delete\n[a1]\nsnapstate: prepare\n",
		 "\n[a1]\nsnapstate: prepare\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *after = rewrite(rows[i].before), *again = rewrite(after);

		assert_string_equal(after, rows[i].after);
		assert_string_equal(again, rows[i].after);
		free(after);
		free(again);
	}
}

static void what_a_rewrite_loses_is_named(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"junk", "not of the form"},
		{" name: x", "not of the form"},
		{"name:", "not of the form"},
		{"Name: x", "not of the form"},
		{"foo: 1", "no such option"},
		{"scsi31: none", "no such option"},
		{"cores: two", "cores: 'two' is no whole number"},
		{"onboot: y", "onboot: 'y' is not yes or no"},
		{"memory: 512\rx", "a line end is within"},
		{"name: a_b", "name: 'a_b' has the wrong form"},
		{"hostpci0: 01:00.0,pice=1", "hostpci0: unknown option 'pice'"},
		{"net0: virtio,bridge=a,tag=5000", "out of range"},
		{"net0: bridge=a", "'model' is missing"},
		{"ipconfig0: gw=10.0.0.1", "'gw' needs 'ip'"},
		{"vga: NONE", "'type' is 'NONE', not one of"},
		{"delete: name", "[PENDING] only"},
		{"[special:foo]", "an unknown section"},
		{"[x]", "an unknown section"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[200];
		struct vmfile vm;

		(void)snprintf(text, sizeof(text), "agent: 1\n\n%s\n", rows[i].line);
		vm = parse(text);
		if (vm.dropped.n != 1)
			fail_msg("'%s': %zu notes", rows[i].line, vm.dropped.n);
		assert_contains(vm.dropped.text[0], "100.conf:3: ");
		assert_contains(vm.dropped.text[0], rows[i].why);
		vmfile_free(&vm);
	}
}

static void sections_that_come_again_lose_the_first(void **state)
{
	struct vmfile vm = parse("[PENDING]\nname: a\n[s1]\nname: b\n[PENDING]\n"
				 "cores: 1\n[s1]\n");

	(void)state;
	assert_int_equal(vm.dropped.n, 2);
	assert_null(vmfile_get(&vm.pending, "name"));
	assert_non_null(vmfile_get(&vm.pending, "cores"));
	assert_int_equal(vmfile_find(&vm.snapshots, "s1")->n, 0);
	vmfile_free(&vm);
}

static void options_keep_what_proxmox_keeps(void **state)
{
	static const char *const good[] = {
		"hotplug: 0",
		"hotplug: network,usb",
		"startup: order=1,up=2,down=3",
		"affinity: 0,5,8-11",
		"tags: a;B,c",
		"cpu: host,flags=+aes;-pcid",
		"cpu: cputype=EPYC-Rome-v4,phys-bits=host",
		"machine: pc-q35-9.2+pve1,viommu=intel",
		"net31: e1000=AA:BB:CC:00:00:01,mtu=1500,trunks=1;2-4",
		"numa0: cpus=0-3;8,memory=512,policy=bind",
		"usb13: host=1-1.2,usb3=yes",
		"scsi30: /dev/sda,ssd=1,wwn=0x5000c500a0b1c2d3,iops_rd_length=3",
		"ipconfig0: ip=10.0.0.2/24,gw=10.0.0.1,ip6=auto",
		"nameserver: 1.1.1.1 ns.example.org,fd00::1",
		"ostype: anything",
		"cpulimit: 1.50",
		"smbios1: base64=1,serial=QUJD",
	};
	static const char *const bad[] = {
		"hotplug: fan",
		"startup: soon",
		"affinity: 5-3",
		"tags: a!",
		"cpu: host,flags=+avx",
		"cpu: Z80",
		"machine: pc-q35",
		"net0: e1000=AA:BB:CC:00:00:01,model=virtio,bad=1",
		"net0: e1000=AB:BB:CC:00:00:01,virtio=AA:BB:CC:00:00:01",
		"usb0: host=1,usb3=1",
		"scsi0: /dev/sda,queues=1",
		"ipconfig0: ip=10.0.0.2/33",
		"agent: on",
		"cpulimit: .5",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good) + ARRAY_SIZE(bad); i++) {
		const char *line =
			i < ARRAY_SIZE(good) ? good[i] : bad[i - ARRAY_SIZE(good)];
		struct vmfile vm = parse(line);

		if (vm.dropped.n != (i >= ARRAY_SIZE(good)))
			fail_msg("'%s': %zu notes", line, vm.dropped.n);
		vmfile_free(&vm);
	}
}

/* @before after @edit; NULL: nothing was written. The caller frees it. */
static char *edited(const struct vmedit *edit, const char *before, int want)
{
	struct vmtext text = {.size = strlen(before)}, after = {0};
	struct notes notes = {0};
	struct err err;

	text.data = strdup(before);
	assert_int_equal(vmedit_check(edit, &err), 0);
	assert_int_equal(vmedit_apply(edit, &text, "100.conf", &after, &notes, &err),
			 want);
	notes_free(&notes);
	vmtext_free(&text);
	return after.data;
}

static void an_edit_is_made_as_qm_makes_it(void **state)
{
	static const struct {
		struct vmedit edit;
		const char *before, *after;
	} rows[] = {
		{{.set = {"01:00.0"}}, "name: a\n", "hostpci0: 01:00.0\nname: a\n"},
		{{.set = {""}}, "", "hostpci0:  \n"},
		{{.set = {"01:00.0"}},
		 "hostpci0: 01:00.0\n#x\n",
		 "#x\nhostpci0: 01:00.0\n"},
		{{.set = {"01:00.0"}, .running = true},
		 "name: a\n",
		 "name: a\n\n[PENDING]\nhostpci0: 01:00.0\n"},
		{{.remove = "hostpci0"}, "hostpci0: 01:00.0\n", ""},
		{{.remove = "hostpci0"}, "name: a\njunk\n", NULL},
		{{.remove = "hostpci0", .running = true},
		 "hostpci0: 01:00.0\nboot: order=hostpci0;net0\n",
		 "boot: order=hostpci0;net0\nhostpci0: 01:00.0\n\n[PENDING]\n"
		 "boot: order=net0\ndelete: hostpci0\n"},
		{{.remove = "hostpci0"},
		 "hostpci0: 01:00.0\nboot: order=hostpci0\n",
		 "boot:  \n"},
		{{.remove = "lock;hostpci1", .running = true},
		 "lock: backup\nhostpci1: 01:00.0\n",
		 "hostpci1: 01:00.0\n\n[PENDING]\ndelete: hostpci1\n"},
		{{.set = {"02:00.0"}, .running = true},
		 "hostpci0: 02:00.0\n[PENDING]\ndelete: !hostpci0,cores\nname: b\n",
		 "hostpci0: 02:00.0\nname: b\n"},
		{{.set = {"01:00.0"}},
		 "ide2: none,media=cdrom\nscsi0: a1:b\n"
		 "[PENDING]\ndelete: ide2\nscsi0: a1:b,ssd=1\n",
		 "hostpci0: 01:00.0\nscsi0: a1:b,ssd=1\n"},
		{{.revert = "hostpci0,hostpci1", .running = true},
		 "hostpci0: 02:00.0\n[PENDING]\nhostpci0: 01:00.0\nhostpci1: 01:00.0\n"
		 "cores: 2\n",
		 "hostpci0: 02:00.0\n\n[PENDING]\ncores: 2\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *after = edited(&rows[i].edit, rows[i].before, 0);

		if (rows[i].after)
			assert_string_equal(after, rows[i].after);
		else
			assert_null(after);
		free(after);
	}
}

static void what_only_qm_can_do_is_left_to_it(void **state)
{
	const struct vmedit set = {.set = {"01:00.0"}};
	const struct vmedit scsi = {.remove = "scsi0"};
	const struct vmedit memory = {.remove = "memory", .running = true};
	struct err err;

	(void)state;
	assert_null(edited(&set, "scsi0: a1:b\n[PENDING]\nscsi0: a1:c\n", -EOPNOTSUPP));
	assert_null(edited(&set, "scsi0: a1:b\n[PENDING]\ndelete: scsi0\n", -EOPNOTSUPP));
	assert_int_equal(vmedit_check(&scsi, &err), -EOPNOTSUPP);
	assert_int_equal(vmedit_check(&memory, &err), -EOPNOTSUPP);
	/* The writer fails where the reader did not look. */
	assert_null(edited(&set, "args: a\rb\n", -EINVAL));
}

static void wrong_parameters_are_refused(void **state)
{
	static const struct vmedit rows[] = {
		{.set = {"01:00.0,pice=1"}},
		{.remove = "foo"},
		{.revert = "foo"},
		{.set = {"01:00.0"}, .remove = "hostpci0"},
		{.set = {"01:00.0"}, .revert = "hostpci0"},
		{.remove = "hostpci0", .revert = "hostpci0"},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		err.msg[0] = '\0';
		assert_int_equal(vmedit_check(&rows[i], &err), -EINVAL);
		assert_true(err.msg[0]);
	}
}

static void a_file_is_replaced_in_one_step(void **state)
{
	struct scratch *s = *state;
	struct vmtext old = {0}, new = {(char[]){"name: b\n"}, 8};
	struct vmstore store;
	struct err err;
	char *text;

	scratch_put(s, "/etc/pve/nodes/n1/qemu-server/100.conf", "name: a\n");
	scratch_link(s, "nodes/n1/qemu-server", "/etc/pve/qemu-server");
	assert_int_equal(vmstore_read(&s->root, NULL, 100, &store, &old, &err), 0);
	assert_string_equal(old.data, "name: a\n");
	assert_int_equal(vmstore_replace(&s->root, &store, &new, &err), 0);
	text = scratch_get(s, "/etc/pve/nodes/n1/qemu-server/100.conf");
	assert_string_equal(text, "name: b\n");
	free(text);
	vmtext_free(&old);
	assert_int_equal(vmstore_read(&s->root, NULL, 101, &store, &old, &err), -ENOENT);
	assert_contains(err.msg, "there is no VM 101");
}

static void the_lock_is_proxmoxs(void **state)
{
	struct scratch *s = *state;
	struct err err;
	int lock = vmstore_lock(&s->root, 100, &err), other;

	assert_true(lock >= 0);
	other = root_openat(&s->root, "/var/lock/qemu-server/lock-100.conf", O_RDWR, 0);
	assert_true(other >= 0);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	close(lock);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
}

static void digests_are_sha1(void **state)
{
	char text[200], buf[SHA1_TEXT];

	(void)state;
	assert_string_equal(sha1_text("", 0, buf),
			    "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_string_equal(sha1_text("abc", 3, buf),
			    "a9993e364706816aba3e25717850c26c9cd0d89d");
	memset(text, 'a', sizeof(text));
	assert_string_equal(sha1_text(text, 200, buf),
			    "e61cfffe0d9195a525fc6cf06ca2d77119c24a40");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rewrite_is_canonical),
		cmocka_unit_test(what_a_rewrite_loses_is_named),
		cmocka_unit_test(sections_that_come_again_lose_the_first),
		cmocka_unit_test(options_keep_what_proxmox_keeps),
		cmocka_unit_test(an_edit_is_made_as_qm_makes_it),
		cmocka_unit_test(what_only_qm_can_do_is_left_to_it),
		cmocka_unit_test(wrong_parameters_are_refused),
		scratch_test(a_file_is_replaced_in_one_step),
		scratch_test(the_lock_is_proxmoxs),
		cmocka_unit_test(digests_are_sha1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
