/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PCI device that makes mediated devices, as graphics cards do: QEMU's `edu`, which has
 * no driver of its own. What is made is the serial card of the kernel's sample driver,
 * whose source (mtty.c) comes from Debian's linux-source when this is built; here are
 * only the parent, its room and its attributes.
 *
 * Each parent has room for `instances` ports. Type 1 takes one of them and type 2 two, so
 * that making one changes what is left of the other.
 */
#include <linux/module.h>
#include <linux/serial.h>
#include <linux/vfio.h>
#include <linux/xarray.h>

/* The sample registers a parent of its own when it is loaded: that part is left unused.
 */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma push_macro("module_init")
#pragma push_macro("module_exit")
#undef module_init
#undef module_exit
#define module_init(function)
#define module_exit(function)
#include "mtty.c"
#pragma pop_macro("module_init")
#pragma pop_macro("module_exit")

#define LAB_TYPES  2
#define LAB_PARAMS 128

static unsigned int instances = 5;
module_param(instances, uint, 0444);
MODULE_PARM_DESC(instances, "ports that each parent has room for");

struct lab_parent {
	struct mdev_parent parent;
	atomic_t left;
	struct mtty_type type[LAB_TYPES];
	struct mdev_type *types[LAB_TYPES];
};

/* What is in vgpu_params, by mediated device. */
static DEFINE_XARRAY(params);

static struct lab_parent *parent_of(struct mdev_type *type)
{
	return container_of(type->parent, struct lab_parent, parent);
}

static int ports_of(struct mdev_type *type)
{
	return container_of(type, struct mtty_type, type)->nr_ports;
}

static unsigned int lab_available(struct mdev_type *type)
{
	return atomic_read(&parent_of(type)->left) / ports_of(type);
}

static ssize_t lab_description(struct mdev_type *type, char *buf)
{
	return sysfs_emit(buf, "ports=%d, max_instance=%u\n", ports_of(type),
			  instances / ports_of(type));
}

static bool take_room(struct mdev_type *type)
{
	atomic_t *left = &parent_of(type)->left;
	int now = atomic_read(left);

	do {
		if (now < ports_of(type))
			return false;
	} while (!atomic_try_cmpxchg(left, &now, now - ports_of(type)));
	return true;
}

static int lab_probe(struct mdev_device *mdev)
{
	int r;

	if (!take_room(mdev->type))
		return -ENOSPC;
	r = mtty_probe(mdev);
	if (r)
		atomic_add(ports_of(mdev->type), &parent_of(mdev->type)->left);
	return r;
}

/* As long as somebody has it open, mtty_remove waits. */
static void lab_remove(struct mdev_device *mdev)
{
	mtty_remove(mdev);
	kfree(xa_erase(&params, (unsigned long)mdev));
	atomic_add(ports_of(mdev->type), &parent_of(mdev->type)->left);
}

static ssize_t vgpu_params_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	const char *text = xa_load(&params, (unsigned long)to_mdev_device(dev));

	return sysfs_emit(buf, "%s\n", text ? text : "");
}

/* Before it is opened, and as KEY=VALUE. */
static ssize_t vgpu_params_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct mdev_state *state = dev_get_drvdata(dev);
	char *text, *old;

	if (state->vdev.open_count)
		return -EPERM;
	if (count > LAB_PARAMS || (count > 1 && !strnchr(buf, count, '=')))
		return -EINVAL;
	text = kstrndup(buf, count, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	strim(text);
	old = xa_store(&params, (unsigned long)to_mdev_device(dev), text, GFP_KERNEL);
	if (xa_is_err(old)) {
		kfree(text);
		return xa_err(old);
	}
	kfree(old);
	return count;
}
static DEVICE_ATTR_RW(vgpu_params);

static struct attribute *lab_attributes[] = {
	&dev_attr_vgpu_params.attr,
	NULL,
};

static const struct attribute_group lab_group = {
	.name = "nvidia",
	.attrs = lab_attributes,
};

static const struct attribute_group *lab_groups[] = {
	&lab_group,
	NULL,
};

static struct mdev_driver lab_mdev = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.driver =
		{
			.name = "lab-mdev",
			.owner = THIS_MODULE,
			.mod_name = KBUILD_MODNAME,
			.dev_groups = lab_groups,
		},
	.probe = lab_probe,
	.remove = lab_remove,
	.get_available = lab_available,
	.show_description = lab_description,
};

static int parent_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	struct lab_parent *lab = kzalloc(sizeof(*lab), GFP_KERNEL);
	int r;

	if (!lab)
		return -ENOMEM;
	atomic_set(&lab->left, instances);
	memcpy(lab->type, mtty_types, sizeof(lab->type));
	lab->type[0].type.pretty_name = "LAB A1-1Q";
	lab->type[1].type.pretty_name = "LAB A1-2Q";
	for (int i = 0; i < LAB_TYPES; i++)
		lab->types[i] = &lab->type[i].type;
	pci_set_drvdata(device, lab);
	r = mdev_register_parent(&lab->parent, &device->dev, &lab_mdev, lab->types,
				 LAB_TYPES);
	if (r)
		kfree(lab);
	return r;
}

static void parent_remove(struct pci_dev *device)
{
	struct lab_parent *lab = pci_get_drvdata(device);

	mdev_unregister_parent(&lab->parent);
	kfree(lab);
}

static const struct pci_device_id parent_ids[] = {
	{PCI_DEVICE(0x1234, 0x11e8)},
	{},
};
MODULE_DEVICE_TABLE(pci, parent_ids);

static struct pci_driver parent_driver = {
	.name = "lab-mdev",
	.id_table = parent_ids,
	.probe = parent_probe,
	.remove = parent_remove,
};

static int __init lab_init(void)
{
	int r;

	/* The sample's own count of ports is of no matter here. */
	atomic_set(&mdev_avail_ports, INT_MAX);
	r = mdev_register_driver(&lab_mdev);
	if (r)
		return r;
	r = pci_register_driver(&parent_driver);
	if (r)
		mdev_unregister_driver(&lab_mdev);
	return r;
}

static void __exit lab_exit(void)
{
	pci_unregister_driver(&parent_driver);
	mdev_unregister_driver(&lab_mdev);
	xa_destroy(&params);
}

module_init(lab_init);
module_exit(lab_exit);
