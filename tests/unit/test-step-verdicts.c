/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How every kind of step judges what it sees, before and after its write. */
#include "step-make.h"

#define MAC_FOUND "3 mac 00:00:00:00:00:00"
#define MAC_WANT  "3 mac 02:00:00:00:00:01"

#define NVME_FOUND "3 nvme offline:0:0"
#define NVME_WANT  "3 nvme online:2:1"

static const struct {
	enum step_kind kind;
	enum step_direction direction;
	const char *found, *want, *seen;
	bool written;
	enum step_verdict verdict;
} verdicts[] = {
	{STEP_UNBIND, STEP_DO, "nvme", "", "nvme", false, STEP_GO},
	{STEP_UNBIND, STEP_DO, "nvme", "", "", false, STEP_REACHED},
	{STEP_UNBIND, STEP_DO, "nvme", "", "nvme", true, STEP_GO}, /* a lie */
	{STEP_UNBIND, STEP_DO, "nvme", "", "", true, STEP_REACHED},
	{STEP_UNBIND, STEP_DO, "nvme", "", "vfio-pci", false, STEP_FOREIGN},
	{STEP_UNBIND, STEP_UNDO, "nvme", "", "nvme", false, STEP_REACHED},
	{STEP_UNBIND, STEP_UNDO, "nvme", "", "", false, STEP_GO},
	{STEP_UNBIND, STEP_UNDO, "nvme", "", "other", false, STEP_FOREIGN},
	{STEP_BIND, STEP_DO, "", "vfio-pci", "", false, STEP_GO},
	{STEP_BIND, STEP_DO, "", "vfio-pci", "", true, STEP_GO},
	{STEP_BIND, STEP_DO, "", "vfio-pci", "vfio-pci", true, STEP_REACHED},
	{STEP_BIND, STEP_DO, "", "vfio-pci", "nvme", false, STEP_FOREIGN},
	{STEP_BIND, STEP_UNDO, "", "vfio-pci", "vfio-pci", false, STEP_GO},
	{STEP_BIND, STEP_UNDO, "", "vfio-pci", "", false, STEP_REACHED},
	/* Not on our driver any more: nothing of ours is there. */
	{STEP_BIND, STEP_UNDO, "", "vfio-pci", "nvme", false, STEP_REACHED},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", "(null)", false, STEP_GO},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", "", false, STEP_GO},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", "vfio-pci", false, STEP_REACHED},
	{STEP_OVERRIDE, STEP_DO, "", "vfio-pci", "igb", false, STEP_FOREIGN},
	{STEP_OVERRIDE, STEP_UNDO, "", "vfio-pci", "vfio-pci", false, STEP_GO},
	{STEP_OVERRIDE, STEP_UNDO, "", "vfio-pci", "(null)", false, STEP_REACHED},
	{STEP_OVERRIDE, STEP_UNDO, "igb", "vfio-pci", "igb", false, STEP_REACHED},
	{STEP_OVERRIDE, STEP_UNDO, "igb", "vfio-pci", "(null)", false, STEP_FOREIGN},
	{STEP_OVERRIDE, STEP_DO, "igb", "vfio-pci", "(null)", false, STEP_GO},
	{STEP_RESET, STEP_DO, "", "", "yes", false, STEP_GO},
	{STEP_RESET, STEP_DO, "", "", IDENTITY " vfio", true, STEP_REACHED},
	{STEP_RESET, STEP_DO, "", "", "", false, STEP_FOREIGN}, /* on no vfio */
	/* It did not come back. */
	{STEP_RESET, STEP_DO, "", "", "ffff:ffff group 14 vfio", true, STEP_FOREIGN},
	{STEP_RESET, STEP_UNDO, "", "", IDENTITY, false, STEP_REACHED},
	{STEP_KEEP, STEP_DO, "auto", "power", "on", false, STEP_REACHED},
	{STEP_KEEP, STEP_UNDO, "auto", "power", "on", false, STEP_GO},
	{STEP_KEEP, STEP_UNDO, "auto", "power", "on", true, STEP_GO}, /* a lie */
	{STEP_KEEP, STEP_UNDO, "auto", "power", "auto", false, STEP_REACHED},
	{STEP_KEEP, STEP_UNDO, "igb", "driver_override", "(null)", false, STEP_GO},
	{STEP_KEEP, STEP_UNDO, "", "driver_override", "(null)", false, STEP_REACHED},
	{STEP_KEEP, STEP_UNDO, "pm bus", "reset_method", "pm", false, STEP_GO},
	{STEP_KEEP, STEP_UNDO, "pm bus", "reset_method", "pm", true, STEP_REACHED},
	{STEP_POWER, STEP_DO, "auto", "on", "auto", false, STEP_GO},
	{STEP_POWER, STEP_DO, "auto", "on", "on", false, STEP_REACHED},
	{STEP_POWER, STEP_DO, "auto", "on", "auto", true, STEP_GO}, /* a lie */
	{STEP_POWER, STEP_UNDO, "auto", "on", "on", false, STEP_GO},
	{STEP_POWER, STEP_UNDO, "auto", "on", "auto", false, STEP_REACHED},
	{STEP_D3COLD, STEP_DO, "1", "0", "1", false, STEP_GO},
	{STEP_D3COLD, STEP_DO, "1", "0", "0", true, STEP_REACHED},
	{STEP_D3COLD, STEP_UNDO, "1", "0", "0", false, STEP_GO},
	{STEP_D3COLD, STEP_UNDO, "1", "0", "1", true, STEP_REACHED},
	{STEP_REMOVE, STEP_DO, IDENTITY, "", IDENTITY, false, STEP_GO},
	{STEP_REMOVE, STEP_DO, IDENTITY, "", "", true, STEP_REACHED},
	{STEP_REMOVE, STEP_UNDO, IDENTITY, "", "", false, STEP_GO},
	{STEP_REMOVE, STEP_UNDO, IDENTITY, "", IDENTITY, false, STEP_REACHED},
	{STEP_REMOVE, STEP_UNDO, IDENTITY, "", "8086:10c9 group 3", true, STEP_REACHED},
	{STEP_REMOVE, STEP_UNDO, IDENTITY, "", "ffff:ffff group 3", true, STEP_GO},
	{STEP_RESCAN, STEP_DO, IDENTITY, "", "", false, STEP_GO},
	{STEP_RESCAN, STEP_DO, IDENTITY, "", "", true, STEP_GO}, /* it did not come */
	{STEP_RESCAN, STEP_DO, IDENTITY, "", IDENTITY, true, STEP_REACHED},
	{STEP_RESCAN, STEP_DO, IDENTITY, "", IDENTITY " vfio", true, STEP_REACHED},
	{STEP_RESCAN, STEP_DO, IDENTITY, "", IDENTITY "0", true, STEP_FOREIGN},
	{STEP_RESCAN, STEP_DO, IDENTITY, "", "8086:1521 group 14", true, STEP_FOREIGN},
	{STEP_RESCAN, STEP_UNDO, IDENTITY, "", "", false, STEP_REACHED},
	{STEP_EVICT, STEP_DO, "nvme", "", "nvme", false, STEP_GO},
	{STEP_EVICT, STEP_DO, "nvme", "", "other", false, STEP_GO},
	{STEP_EVICT, STEP_DO, "nvme", "", "", true, STEP_REACHED},
	{STEP_EVICT, STEP_DO, "nvme", "", "vfio-pci", false, STEP_REACHED},
	{STEP_EVICT, STEP_UNDO, "nvme", "", "", false, STEP_REACHED},
	{STEP_BAR, STEP_DO, "1:8", "1:14", "8", false, STEP_GO},
	{STEP_BAR, STEP_DO, "1:8", "1:14", "14", true, STEP_REACHED},
	{STEP_BAR, STEP_DO, "1:8", "1:14", "8", true, STEP_GO}, /* a lie */
	{STEP_BAR, STEP_DO, "1:8", "1:14", "9", false, STEP_FOREIGN},
	{STEP_BAR, STEP_UNDO, "1:8", "1:14", "14", false, STEP_GO},
	{STEP_BAR, STEP_UNDO, "1:8", "1:14", "8", true, STEP_REACHED},
	{STEP_BAR, STEP_UNDO, "1:8", "1:14", "", false, STEP_FOREIGN},
	{STEP_REPROBE, STEP_DO, "pm bus", "default", "pm bus", false, STEP_GO},
	{STEP_REPROBE, STEP_DO, "pm bus", "default", "pm", true, STEP_REACHED},
	{STEP_REPROBE, STEP_UNDO, "pm bus", "default", "pm", false, STEP_GO},
	{STEP_REPROBE, STEP_UNDO, "pm bus", "default", "pm bus", false, STEP_REACHED},
	{STEP_REPROBE, STEP_UNDO, "pm bus", "default", "pm", true, STEP_REACHED},
	{STEP_METHODS, STEP_DO, "", "bus flr", "flr pm bus", false, STEP_GO},
	{STEP_METHODS, STEP_DO, "", "bus flr", "bus flr", true, STEP_REACHED},
	{STEP_METHODS, STEP_DO, "", "bus flr", "bus", false, STEP_REACHED},
	{STEP_METHODS, STEP_DO, "", "bus flr", "flr pm bus", true, STEP_GO}, /* a lie */
	{STEP_METHODS, STEP_DO, "", "flr", "pm", false, STEP_FOREIGN},
	{STEP_METHODS, STEP_DO, "", "flr", "", false, STEP_FOREIGN},
	{STEP_METHODS, STEP_DO, "", "", "pm", false, STEP_GO},
	{STEP_METHODS, STEP_DO, "", "", "", true, STEP_REACHED},
	{STEP_METHODS, STEP_UNDO, "", "flr", "pm", false, STEP_REACHED},
	{STEP_NUMVFS, STEP_DO, "0", "7", "0", false, STEP_GO},
	{STEP_NUMVFS, STEP_DO, "0", "7", "7", false, STEP_REACHED},
	{STEP_NUMVFS, STEP_DO, "0", "7", "7 late 2", true, STEP_REACHED},
	{STEP_NUMVFS, STEP_DO, "0", "7", "7 links 5", true, STEP_GO}, /* not all there */
	{STEP_NUMVFS, STEP_DO, "0", "7", "5", true, STEP_FOREIGN},    /* a part */
	{STEP_NUMVFS, STEP_DO, "0", "7", "3", false, STEP_FOREIGN},
	{STEP_NUMVFS, STEP_DO, "3", "0", "3", false, STEP_GO},
	{STEP_NUMVFS, STEP_UNDO, "0", "7", "7", false, STEP_GO},
	{STEP_NUMVFS, STEP_UNDO, "0", "7", "0", true, STEP_REACHED},
	{STEP_NUMVFS, STEP_UNDO, "0", "7", "4", false, STEP_FOREIGN},
	{STEP_AUTOPROBE, STEP_DO, "1", "0", "1", false, STEP_GO},
	{STEP_AUTOPROBE, STEP_DO, "1", "0", "0", true, STEP_REACHED},
	{STEP_AUTOPROBE, STEP_UNDO, "1", "0", "0", false, STEP_GO},
	{STEP_VF, STEP_DO, MAC_FOUND, MAC_WANT, "00:00:00:00:00:00", false, STEP_GO},
	{STEP_VF, STEP_DO, MAC_FOUND, MAC_WANT, "02:00:00:00:00:01", true, STEP_REACHED},
	{STEP_VF, STEP_DO, MAC_FOUND, MAC_WANT, "00:00:00:00:00:00", true, STEP_GO},
	/* The driver that had the function may have made up one. */
	{STEP_VF, STEP_DO, MAC_FOUND, MAC_WANT, "02:00:00:00:00:09", false, STEP_GO},
	{STEP_VF, STEP_DO, MAC_WANT, MAC_WANT, "02:00:00:00:00:01", false, STEP_GO},
	{STEP_VF, STEP_DO, "3 trust off", "3 trust on", "on", false, STEP_REACHED},
	{STEP_VF, STEP_DO, "3 vlan 0:0:802.1Q", "3 vlan 5:0:802.1Q", "6:0:802.1Q", false,
	 STEP_FOREIGN},
	{STEP_VF, STEP_DO, MAC_FOUND, MAC_WANT, "00:00:00:00:00:00 down eth0", false,
	 STEP_FOREIGN},
	{STEP_VF, STEP_UNDO, MAC_FOUND, MAC_WANT, "02:00:00:00:00:01", false, STEP_GO},
	/* The card was told none: what was found was the driver's own. */
	{STEP_VF, STEP_UNDO, MAC_WANT, "3 mac 02:00:00:00:00:07", "00:00:00:00:00:00",
	 false, STEP_REACHED},
	/* A guest may change its own. */
	{STEP_VF, STEP_UNDO, MAC_FOUND, MAC_WANT, "02:00:00:00:00:09", false, STEP_GO},
	{STEP_VF, STEP_UNDO, MAC_FOUND, MAC_WANT, "00:00:00:00:00:00", true,
	 STEP_REACHED},
	{STEP_VF, STEP_UNDO, MAC_FOUND, MAC_WANT, "02:00:00:00:00:00", true,
	 STEP_REACHED},
	{STEP_VF, STEP_UNDO, MAC_FOUND, MAC_WANT, "00:00:00:00:00:00 down eth0", true,
	 STEP_REACHED},
	{STEP_VF, STEP_UNDO, "3 trust off", "3 trust on", "on", false, STEP_GO},
	{STEP_VF, STEP_UNDO, "3 vlan 0:0:802.1Q", "3 vlan 5:0:802.1Q", "6:0:802.1Q",
	 false, STEP_FOREIGN},
	{STEP_VF_ATTRIBUTE, STEP_DO, "3 profile/x 10", "3 profile/x 20", "10", false,
	 STEP_GO},
	{STEP_VF_ATTRIBUTE, STEP_DO, "3 profile/x 10", "3 profile/x 20", "11", false,
	 STEP_FOREIGN},
	{STEP_VF_ATTRIBUTE, STEP_DO, "3 profile/x low", "3 profile/x high",
	 "[low] normal high", false, STEP_GO},
	{STEP_VF_ATTRIBUTE, STEP_DO, "3 profile/x low", "3 profile/x high",
	 "low normal [high]", true, STEP_REACHED},
	{STEP_VF_ATTRIBUTE, STEP_UNDO, "3 profile/x 10", "3 profile/x 20", "20", false,
	 STEP_GO},
	{STEP_VF_ATTRIBUTE, STEP_UNDO, "3 profile/x 10", "3 profile/x 20", "30", false,
	 STEP_FOREIGN},
	{STEP_VFS_ATTRIBUTE, STEP_DO, "3 p/x 5", "3 p/x 20", "5", false, STEP_GO},
	{STEP_VFS_ATTRIBUTE, STEP_DO, "3 p/x 5", "3 p/x 20", "20", true, STEP_REACHED},
	{STEP_VFS_ATTRIBUTE, STEP_DO, "3 p/x 5", "3 p/x 20", "5", true, STEP_GO},
	/* It goes with the functions, before they are made anew and after. */
	{STEP_VFS_ATTRIBUTE, STEP_DO, "3 p/x 5", "3 p/x 20", "0", false, STEP_GO},
	{STEP_VFS_ATTRIBUTE, STEP_UNDO, "3 p/x 5", "3 p/x 20", "0", false, STEP_GO},
	{STEP_VFS_ATTRIBUTE, STEP_UNDO, "3 p/x low", "3 p/x high", "[low] high", true,
	 STEP_REACHED},
	{STEP_NVME, STEP_DO, NVME_FOUND, NVME_WANT, "offline:0:0 2 1", false, STEP_GO},
	{STEP_NVME, STEP_DO, NVME_FOUND, NVME_WANT, "online:2:1 2 1", false,
	 STEP_REACHED},
	{STEP_NVME, STEP_DO, NVME_FOUND, NVME_WANT, "offline:2:0 2 -", false,
	 STEP_FOREIGN},
	{STEP_NVME, STEP_DO, NVME_FOUND, NVME_WANT, "", false, STEP_FOREIGN},
	{STEP_NVME, STEP_UNDO, NVME_FOUND, NVME_WANT, "", false, STEP_REACHED},
	{STEP_NVME, STEP_UNDO, NVME_FOUND, NVME_WANT, "online:2:1 2 1", false, STEP_GO},
	/* Ended among its commands. */
	{STEP_NVME, STEP_UNDO, NVME_FOUND, NVME_WANT, "offline:2:0 2 1", false, STEP_GO},
	{STEP_NVME, STEP_UNDO, NVME_FOUND, NVME_WANT, "offline:0:0 2 1", true,
	 STEP_REACHED},
	{STEP_NVME, STEP_UNDO, NVME_FOUND, NVME_WANT, "online:4:2 2 1", false,
	 STEP_FOREIGN},
	{STEP_VGPU_TYPE, STEP_DO, "0", "557", "0 557 557 (L4-1Q)", false, STEP_GO},
	{STEP_VGPU_TYPE, STEP_DO, "0", "557", "557 0 ", false, STEP_REACHED},
	{STEP_VGPU_TYPE, STEP_DO, "0", "557", "557 0 ", true, STEP_REACHED},
	{STEP_VGPU_TYPE, STEP_DO, "0", "557", "0 557 557 (L4-1Q)", true,
	 STEP_GO}, /* lie */
	{STEP_VGPU_TYPE, STEP_DO, "0", "557", "0 0 558 (L4-2Q)", false, STEP_FOREIGN},
	{STEP_VGPU_TYPE, STEP_DO, "0", "557", "558 0 ", false, STEP_FOREIGN},
	{STEP_VGPU_TYPE, STEP_DO, "0", "557", "", false, STEP_FOREIGN}, /* no driver */
	{STEP_VGPU_TYPE, STEP_DO, "0", "L4-1Q", "0 557 557 (L4-1Q)", false, STEP_GO},
	{STEP_VGPU_TYPE, STEP_DO, "0", "L4-1Q", "557 0 ", true, STEP_REACHED},
	{STEP_VGPU_TYPE, STEP_DO, "0", "L4-1Q", "557 0 ", false, STEP_FOREIGN},
	{STEP_VGPU_TYPE, STEP_UNDO, "0", "557", "557 0 ", false, STEP_GO},
	{STEP_VGPU_TYPE, STEP_UNDO, "0", "557", "0 557 557 (L4-1Q)", true, STEP_REACHED},
	{STEP_VGPU_TYPE, STEP_UNDO, "0", "557", "558 0 ", false, STEP_FOREIGN},
	{STEP_VGPU_TYPE, STEP_UNDO, "0", "L4-1Q", "557 0 ", false, STEP_GO},
	{STEP_VGPU_TYPE, STEP_UNDO, "0", "557", "", false, STEP_REACHED},
	{STEP_VGPU_TYPE, STEP_DO, "558", "0", "558 0 ", false, STEP_GO},
	{STEP_VGPU_TYPE, STEP_DO, "558", "0", "0 0 557 (L4-1Q)", true, STEP_REACHED},
	{STEP_VGPU_TYPE, STEP_DO, "558", "0", "557 0 ", false, STEP_FOREIGN},
	{STEP_VGPU_TYPE, STEP_UNDO, "558", "0", "0 558 558 (L4-2Q)", false, STEP_GO},
	{STEP_VGPU_TYPE, STEP_UNDO, "558", "0", "558 0 ", true, STEP_REACHED},
	{STEP_VGPU_TYPE, STEP_UNDO, "558", "0", "558 0 ", false, STEP_REACHED},
	{STEP_VGPU_TYPE, STEP_UNDO, "558", "0", "0 0 557 (L4-1Q)", false, STEP_FOREIGN},
	{STEP_VGPU_TYPE, STEP_UNDO, "558", "0", "557 0 ", false, STEP_FOREIGN},
	{STEP_MODULE, STEP_DO, "", "vfio-pci", "", false, STEP_GO},
	{STEP_MODULE, STEP_DO, "", "vfio-pci", "yes", false, STEP_REACHED},
	{STEP_MODULE, STEP_DO, "", "vfio-pci", "", true, STEP_GO},
	{STEP_MODULE, STEP_UNDO, "", "vfio-pci", "yes", false, STEP_REACHED},
};

static void each_look_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct step s = make(verdicts[i].kind, verdicts[i].direction,
				     verdicts[i].found, verdicts[i].want);

		if (step_ops(&s)->judge(&s, verdicts[i].seen, verdicts[i].written) !=
		    verdicts[i].verdict)
			fail_msg("%s %s, seen '%s', %swritten", step_ops(&s)->name,
				 verdicts[i].direction == STEP_DO ? "do" : "undo",
				 verdicts[i].seen, verdicts[i].written ? "" : "not ");
	}
}

/* A write that failed, or was cut off, may have made some of them. */
static void what_was_made_in_part_is_taken_back(void **state)
{
	struct step s = make(STEP_NUMVFS, STEP_UNDO, "0", "7");

	(void)state;
	s.partly = true;
	assert_int_equal(step_ops(&s)->judge(&s, "5", false), STEP_GO);
	assert_int_equal(step_ops(&s)->judge(&s, "9", false), STEP_FOREIGN);
	assert_true(step_ops(&s)->spares_vfs(&s));
	s.direction = STEP_DO;
	assert_false(step_ops(&s)->spares_vfs(&s));
}

/* Before the override was written, a rescan has lost what the host had set. */
static void what_a_rescan_lost_is_nobody_elses(void **state)
{
	struct step s = make(STEP_OVERRIDE, STEP_UNDO, "igb", "vfio-pci");

	(void)state;
	s.partly = true;
	assert_int_equal(step_ops(&s)->judge(&s, "(null)", false), STEP_GO);
	assert_int_equal(step_ops(&s)->judge(&s, "other", false), STEP_FOREIGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_look_is_judged),
		cmocka_unit_test(what_a_rescan_lost_is_nobody_elses),
		cmocka_unit_test(what_was_made_in_part_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
