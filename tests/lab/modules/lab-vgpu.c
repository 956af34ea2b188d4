/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VFIO driver of a virtual function that behaves as NVIDIA's does since Linux 6.8: the
 * function keeps its driver and is given away as it is, once a vGPU type was chosen in
 * nvidia/current_vgpu_type. For a VF of the igb or NVMe card that QEMU has (by
 * driver_override).
 *
 *   creatable_vgpu_types  a header and lines "ID : name": what there is room for on the
 *                         physical function; nothing while this function has a type
 *   current_vgpu_type     the number; 0: none. EPERM while somebody has the device open,
 *                         and for `linger` milliseconds after that. Another type only
 *                         after 0.
 *   vgpu_params           KEY=VALUE, before it is opened; gone with the type
 *
 * It cannot be opened without a type. Each physical function has room for `room` units,
 * of which a type takes one, two or four.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#define LAB_PARAMS 128

static unsigned int room = 4;
module_param(room, uint, 0644);
MODULE_PARM_DESC(room, "units that each physical function has room for");

static unsigned int linger;
module_param(linger, uint, 0644);
MODULE_PARM_DESC(linger, "milliseconds for which a type stays busy after the last close");

static const struct {
	unsigned int id, units;
	const char *name;
} types[] = {
	{557, 1, "LAB L4-1Q"},
	{558, 2, "LAB L4-2Q"},
	{559, 4, "LAB L4-4Q"},
};

struct vgpu {
	struct vfio_pci_core_device core; /* first: what drvdata points to */
	struct list_head next;
	unsigned int type; /* index + 1; 0: none */
	unsigned int opened;
	unsigned long closed; /* jiffies of the last close */
	bool lingers;
	char params[LAB_PARAMS];
};

static LIST_HEAD(vgpus);
static DEFINE_MUTEX(lock); /* of the list and all in it */

static struct vgpu *vgpu_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static unsigned int room_left(struct vgpu *vgpu)
{
	unsigned int used = 0;
	struct vgpu *other;

	list_for_each_entry(other, &vgpus,
			    next) if (other->type && pci_physfn(other->core.pdev) ==
							     pci_physfn(vgpu->core.pdev))
		used += types[other->type - 1].units;
	return used < room ? room - used : 0;
}

static bool is_busy(struct vgpu *vgpu)
{
	if (vgpu->lingers &&
	    time_after_eq(jiffies, vgpu->closed + msecs_to_jiffies(linger)))
		vgpu->lingers = false;
	return vgpu->opened || vgpu->lingers;
}

static ssize_t creatable_vgpu_types_show(struct device *dev,
					 struct device_attribute *attr, char *buf)
{
	struct vgpu *vgpu = vgpu_of(dev);
	unsigned int left;
	ssize_t n = 0;

	mutex_lock(&lock);
	left = vgpu->type ? 0 : room_left(vgpu);
	mutex_unlock(&lock);
	if (left)
		n = sysfs_emit(buf, "ID    : vGPU Name\n");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].units <= left)
			n += sysfs_emit_at(buf, n, "%-5u : %s\n", types[i].id,
					   types[i].name);
	return n;
}
static DEVICE_ATTR_RO(creatable_vgpu_types);

static ssize_t current_vgpu_type_show(struct device *dev, struct device_attribute *attr,
				      char *buf)
{
	unsigned int type = vgpu_of(dev)->type;

	return sysfs_emit(buf, "%u\n", type ? types[type - 1].id : 0);
}

/* @id: 0 is none. */
static int set_type(struct vgpu *vgpu, unsigned int id)
{
	if (is_busy(vgpu))
		return -EPERM;
	if (!id) {
		vgpu->type = 0;
		vgpu->params[0] = '\0';
		return 0;
	}
	for (unsigned int i = 0; !vgpu->type && i < ARRAY_SIZE(types); i++)
		if (types[i].id == id && types[i].units <= room_left(vgpu)) {
			vgpu->type = i + 1;
			return 0;
		}
	return -EINVAL;
}

static ssize_t current_vgpu_type_store(struct device *dev, struct device_attribute *attr,
				       const char *buf, size_t count)
{
	unsigned int id;
	int r = kstrtouint(buf, 0, &id);

	if (r)
		return r;
	mutex_lock(&lock);
	r = set_type(vgpu_of(dev), id);
	mutex_unlock(&lock);
	return r ? r : count;
}
static DEVICE_ATTR_RW(current_vgpu_type);

static ssize_t vgpu_params_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	return sysfs_emit(buf, "%s\n", vgpu_of(dev)->params);
}

static ssize_t vgpu_params_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct vgpu *vgpu = vgpu_of(dev);
	int r = 0;

	if (count >= LAB_PARAMS || (count > 1 && !strnchr(buf, count, '=')))
		return -EINVAL;
	mutex_lock(&lock);
	if (is_busy(vgpu) || !vgpu->type)
		r = -EPERM;
	else
		strim(strcpy(vgpu->params, buf));
	mutex_unlock(&lock);
	return r ? r : count;
}
static DEVICE_ATTR_RW(vgpu_params);

static struct attribute *vgpu_attributes[] = {
	&dev_attr_creatable_vgpu_types.attr,
	&dev_attr_current_vgpu_type.attr,
	&dev_attr_vgpu_params.attr,
	NULL,
};

static const struct attribute_group vgpu_group = {
	.name = "nvidia",
	.attrs = vgpu_attributes,
};

static const struct attribute_group *vgpu_groups[] = {
	&vgpu_group,
	NULL,
};

static int vgpu_open(struct vfio_device *device)
{
	struct vgpu *vgpu = container_of(device, struct vgpu, core.vdev);
	int r = 0;

	mutex_lock(&lock);
	if (vgpu->type)
		vgpu->opened++;
	else
		r = -ENODEV;
	mutex_unlock(&lock);
	if (r)
		return r;
	r = vfio_pci_core_enable(&vgpu->core);
	if (r) {
		mutex_lock(&lock);
		vgpu->opened--;
		mutex_unlock(&lock);
		return r;
	}
	vfio_pci_core_finish_enable(&vgpu->core);
	return 0;
}

static void vgpu_close(struct vfio_device *device)
{
	struct vgpu *vgpu = container_of(device, struct vgpu, core.vdev);

	vfio_pci_core_close_device(device);
	mutex_lock(&lock);
	vgpu->opened--;
	vgpu->closed = jiffies;
	vgpu->lingers = linger > 0;
	mutex_unlock(&lock);
}

static const struct vfio_device_ops vgpu_ops = {
	.name = "lab-vgpu",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = vgpu_open,
	.close_device = vgpu_close,
	.ioctl = vfio_pci_core_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.mmap = vfio_pci_core_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

static int vgpu_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	struct vgpu *vgpu = vfio_alloc_device(vgpu, core.vdev, &device->dev, &vgpu_ops);
	int r;

	if (IS_ERR(vgpu))
		return PTR_ERR(vgpu);
	dev_set_drvdata(&device->dev, &vgpu->core);
	mutex_lock(&lock);
	list_add(&vgpu->next, &vgpus);
	mutex_unlock(&lock);
	r = vfio_pci_core_register_device(&vgpu->core);
	if (r) {
		mutex_lock(&lock);
		list_del(&vgpu->next);
		mutex_unlock(&lock);
		vfio_put_device(&vgpu->core.vdev);
	}
	return r;
}

static void vgpu_remove(struct pci_dev *device)
{
	struct vgpu *vgpu = dev_get_drvdata(&device->dev);

	vfio_pci_core_unregister_device(&vgpu->core);
	mutex_lock(&lock);
	list_del(&vgpu->next);
	mutex_unlock(&lock);
	vfio_put_device(&vgpu->core.vdev);
}

static const struct pci_device_id vgpu_ids[] = {
	{PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x8086, 0x10ca)},
	{PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1b36, 0x0010)},
	{},
};
MODULE_DEVICE_TABLE(pci, vgpu_ids);

static struct pci_driver vgpu_driver = {
	.name = "lab-vgpu",
	.id_table = vgpu_ids,
	.probe = vgpu_probe,
	.remove = vgpu_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.dev_groups = vgpu_groups,
	.driver_managed_dma = true,
};
module_pci_driver(vgpu_driver);

MODULE_DESCRIPTION("a virtual function with vGPU types, for hostpci's lab");
MODULE_LICENSE("GPL");
