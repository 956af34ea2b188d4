/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver that does what some in the wild do: its remove() waits, and cannot be killed,
 * until nobody has its character device open. For QEMU's `edu` device, which has no
 * driver of its own. /dev/lab-hold is there while it is bound.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/wait.h>

static atomic_t openers = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(closed);

static int hold_open(struct inode *inode, struct file *file)
{
	atomic_inc(&openers);
	return 0;
}

static int hold_release(struct inode *inode, struct file *file)
{
	if (atomic_dec_and_test(&openers))
		wake_up(&closed);
	return 0;
}

static const struct file_operations hold_fops = {
	.owner = THIS_MODULE,
	.open = hold_open,
	.release = hold_release,
};

/* One device is enough, the first: the node can be there once. */
static bool bound;
static struct miscdevice hold_node = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "lab-hold",
	.fops = &hold_fops,
};

static int hold_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	int r = bound ? -ENODEV : misc_register(&hold_node);

	bound |= r == 0;
	return r;
}

static void hold_remove(struct pci_dev *device)
{
	misc_deregister(&hold_node);
	bound = false;
	wait_event(closed, atomic_read(&openers) == 0);
}

static const struct pci_device_id hold_ids[] = {
	{PCI_DEVICE(0x1234, 0x11e8)},
	{},
};
MODULE_DEVICE_TABLE(pci, hold_ids);

static struct pci_driver hold_driver = {
	.name = "lab-hold",
	.id_table = hold_ids,
	.probe = hold_probe,
	.remove = hold_remove,
};
module_pci_driver(hold_driver);

MODULE_DESCRIPTION("holds on to a device for hostpci's lab");
MODULE_LICENSE("GPL");
