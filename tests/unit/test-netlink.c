/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of rtnetlink and how its answers are read: a peer at the socket of a
 * moved root answers with what a kernel has answered.
 */
#include "unit.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/netlink.h"
#include "host/switch-look.h"
#include "host/vf-state.h"
#include "run/vf-set.h"

/* What Linux 6.12.117 in the lab told of igb with two virtual functions. */
static const char answer_link[] =
#include "igb-link.inc"
	;
/* And of a switch of Open vSwitch's and an interface on it. */
static const char answer_switch[] =
#include "openvswitch-links.inc"
	;
#define CARD "up enp4s0 52:54:00:1a:b0:01 "

static size_t bytes_of(const char *hex, unsigned char *buf, size_t size)
{
	size_t n = strlen(hex) / 2;

	assert_true(n <= size);
	for (size_t i = 0; i < n; i++) {
		char pair[3] = {hex[i * 2], hex[i * 2 + 1], '\0'};

		buf[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return n;
}

static void acknowledge(int fd, const struct nlmsghdr *request, int error)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr body;
	} ack = {.head = {.nlmsg_len = sizeof(ack),
			  .nlmsg_type = NLMSG_ERROR,
			  .nlmsg_seq = request->nlmsg_seq},
		 .body = {.error = -error, .msg = *request}};

	(void)!send(fd, &ack, sizeof(ack), 0);
}

/* One that is no switch comes first: without the module nothing is left out. */
static void serve_dump(int fd, const struct nlmsghdr *request)
{
	/* ifinfomsg, IFLA_LINKINFO, IFLA_INFO_KIND "openvswitch" */
	static const char want[] = "00000000000000000000000000000000"
				   "14001280"
				   "10000100"
				   "6f70656e7673776974636800";
	static const char *const answers[] = {answer_link, answer_switch};
	static _Alignas(struct nlmsghdr) unsigned char buf[16384];
	struct nlmsghdr done = {.nlmsg_len = NLMSG_LENGTH(sizeof(int)),
				.nlmsg_type = NLMSG_DONE,
				.nlmsg_seq = request->nlmsg_seq};

	if (request->nlmsg_len != bytes_of(want, buf, sizeof(buf)) + 16 ||
	    memcmp(request + 1, buf, request->nlmsg_len - 16) != 0)
		_exit(5);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		size_t size = bytes_of(answers[i], buf, sizeof(buf)), at = 0;

		while (at < size) {
			struct nlmsghdr *m = (struct nlmsghdr *)(buf + at);

			m->nlmsg_seq = request->nlmsg_seq;
			at += NLMSG_ALIGN(m->nlmsg_len);
		}
		(void)!send(fd, buf, size, 0);
	}
	memset(buf, 0, done.nlmsg_len);
	memcpy(buf, &done, sizeof(done));
	(void)!send(fd, buf, done.nlmsg_len, 0);
}

/* Requests of the kind that is expected; anything else ends the peer with its number. */
static void serve(int fd, const char *expected_set, int error)
{
	static _Alignas(struct nlmsghdr) unsigned char buf[4096], answer[16384];
	struct nlmsghdr *request = (struct nlmsghdr *)buf;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		if (request->nlmsg_len != (size_t)n)
			_exit(2);
		if ((request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
			serve_dump(fd, request);
			continue;
		}
		if (request->nlmsg_type == RTM_GETLINK) {
			size_t size = bytes_of(answer_link, answer, sizeof(answer));

			((struct nlmsghdr *)answer)->nlmsg_seq = request->nlmsg_seq;
			(void)!send(fd, answer, size, 0);
			acknowledge(fd, request, 0);
			continue;
		}
		if (request->nlmsg_type != RTM_SETLINK)
			_exit(3);
		if ((size_t)n != bytes_of(expected_set, answer, sizeof(answer)) + 16 ||
		    memcmp(buf + 16, answer, (size_t)n - 16) != 0)
			_exit(4);
		acknowledge(fd, request, error);
	}
}

struct peer {
	pid_t pid;
};

static struct peer start(const struct scratch *s, const char *expected_set, int error)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct peer peer;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/run/netlink", s->path);
	scratch_mkdir(s, "/run");
	(void)unlink(at.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	peer.pid = fork();
	if (peer.pid == 0) {
		int connection = accept(fd, NULL, NULL);

		serve(connection, expected_set, error);
		_exit(0);
	}
	close(fd);
	return peer;
}

static void end(const struct peer *peer)
{
	int status;

	assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define PCI  "/sys/bus/pci/devices/"
#define PF   "/sys/devices/0000:04:00.0"
#define VF   "/sys/devices/0000:04:10.0"
#define PATH PCI "0000:04:10.0"

static void make_card(const struct scratch *s)
{
	scratch_put(s, PF "/net/enp4s0/ifindex", "5\n");
	scratch_mkdir(s, VF);
	scratch_link(s, "../0000:04:00.0", VF "/physfn");
	scratch_link(s, "../../../devices/0000:04:00.0", PCI "0000:04:00.0");
	scratch_link(s, "../../../devices/0000:04:10.0", PATH);
	scratch_link(s, "../0000:04:10.0", PF "/virtfn0");
}

static void reopen(struct scratch *s)
{
	struct err err;

	root_close(&s->root);
	assert_int_equal(root_open(s->path, &s->root, &err), 0);
}

static void what_a_card_has_set_is_read(void **state)
{
	static const char *const rows[][2] = {
		{"0", "0 " CARD "02:00:00:00:00:77 0:0:802.1Q off on 500 0 auto"},
		{"1", "1 " CARD "00:00:00:00:00:00 0:0:802.1Q on off 0 0 auto"},
		{"0 mac", "02:00:00:00:00:77"},
		{"0 vlan", "0:0:802.1Q"},
		{"0 trust", "on"},
	};
	struct scratch *s = *state;
	struct bdf vf = {0, 4, 0x10, 0};
	char buf[1024];

	make_card(s);
	reopen(s);
	assert_int_equal(vf_index(&s->root, &vf), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct peer peer = start(s, "", 0);

		assert_int_equal(vf_look(&s->root, PATH, rows[i][0], buf, sizeof(buf)),
				 0);
		assert_string_equal(buf, rows[i][1]);
		end(&peer);
	}
}

static void what_is_not_there(void **state)
{
	struct scratch *s = *state;
	struct vf_state known;
	struct peer peer;
	char buf[1024];

	make_card(s);
	reopen(s);
	/* A moved root without a peer has no network. */
	assert_int_equal(vf_look(&s->root, PATH, "0", buf, sizeof(buf)), -ENOENT);
	/* One that is still to be made: what is known of its card. */
	peer = start(s, "", 0);
	assert_int_equal(vf_look(&s->root, PCI "0000:04:00.0", "7", buf, sizeof(buf)), 0);
	end(&peer);
	assert_int_equal(vf_state_parse(buf, &known), 0);
	assert_true(known.up);
	assert_string_equal(known.permanent, "52:54:00:1a:b0:01");
	assert_string_equal(known.value[VF_MAC], "");
	peer = start(s, "", 0);
	assert_int_equal(vf_look(&s->root, PATH, "7 mac", buf, sizeof(buf)), -ENODATA);
	end(&peer);
	for (size_t i = 0; i < 3; i++) {
		static const char *const wrong[] = {"", "x", "0 colour"};

		assert_int_equal(vf_look(&s->root, PATH, wrong[i], buf, sizeof(buf)),
				 -EINVAL);
	}
}

/* ifinfomsg of interface 5, IFLA_VFINFO_LIST, IFLA_VF_INFO, then the setting. */
#define INTERFACE  \
	"00000000" \
	"05000000" \
	"00000000" \
	"00000000"
#define ZEROS "0000000000000000000000000000000000000000000000000000" /* of 32 bytes */

static void what_is_set_is_asked_for(void **state)
{
	static const struct {
		const char *change, *message;
		int error;
	} rows[] = {
		{"0 mac 02:00:00:00:00:77",
		 INTERFACE "30001680"
			   "2c000180"
			   "28000100"
			   "00000000"
			   "020000000077" ZEROS,
		 0},
		{"0 trust on",
		 INTERFACE "14001680"
			   "10000180"
			   "0c000900"
			   "00000000"
			   "01000000",
		 EOPNOTSUPP},
		{"0 spoof-check off",
		 INTERFACE "14001680"
			   "10000180"
			   "0c000400"
			   "00000000"
			   "00000000",
		 EPERM},
		{"0 link-state disable",
		 INTERFACE "14001680"
			   "10000180"
			   "0c000500"
			   "00000000"
			   "02000000",
		 EOPNOTSUPP},
		/* The other rate stays. */
		{"0 min-rate 10",
		 INTERFACE "18001680"
			   "14000180"
			   "10000600"
			   "00000000"
			   "0a000000"
			   "f4010000",
		 EINVAL},
		{"0 vlan 5:3:802.1ad",
		 INTERFACE "20001680"
			   "1c000180"
			   "18000c80"
			   "14000100"
			   "00000000"
			   "05000000"
			   "03000000"
			   "88a80000",
		 EPROTONOSUPPORT},
	};
	struct scratch *s = *state;

	make_card(s);
	reopen(s);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct peer peer = start(s, rows[i].message, rows[i].error);
		int r = vf_set(&s->root, PATH, rows[i].change);

		end(&peer);
		if (r != -rows[i].error)
			fail_msg("%s: %d, not %d", rows[i].change, r, -rows[i].error);
	}
	assert_int_equal(vf_set(&s->root, PATH, "0 mac x"), -EINVAL);
}

static void what_is_of_open_vswitch(void **state)
{
	struct scratch *s = *state;
	struct peer peer;
	char buf[1024];

	/* A moved root without a peer has no network. */
	assert_int_equal(switch_look(&s->root, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	peer = start(s, "", 0);
	assert_int_equal(switch_look(&s->root, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "ovs-system\nlabovs\n");
	end(&peer);
	assert_true(switch_lists(buf, "labovs"));
	assert_false(switch_lists(buf, "ovs"));
	assert_false(switch_lists(buf, "system"));
	peer = start(s, "", 0);
	assert_int_equal(switch_look(&s->root, buf, sizeof("ovs-system")), -ENOSPC);
	end(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_a_card_has_set_is_read),
		scratch_test(what_is_not_there),
		scratch_test(what_is_set_is_asked_for),
		scratch_test(what_is_of_open_vswitch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
