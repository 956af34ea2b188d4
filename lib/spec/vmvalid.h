/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* The forms that Proxmox gives names to (pve-common, PVE::JSONSchema, register_format).
 */
bool valid_config_id(const char *s);
bool valid_storage_id(const char *s);
bool valid_volume(const char *s);
bool valid_volume_list(const char *s);
bool valid_volume_or_path(const char *s); /* none, cdrom and absolute paths as well */
bool valid_url_encoded(const char *s);
bool valid_dns_name(const char *s);
bool valid_address_list(const char *s);
bool valid_ipv4(const char *s);
bool valid_ipv6(const char *s);
bool valid_ipv4_config(const char *s); /* dhcp, manual, or ADDRESS/BITS */
bool valid_ipv6_config(const char *s);
bool valid_tag_list(const char *s);
bool valid_cpu_set(const char *s);
bool valid_startup(const char *s);
bool valid_hotplug(const char *s);
bool valid_boot_disk(const char *s);
bool valid_boot_devices(const char *s);
bool valid_cpu_type(const char *s);
bool valid_phys_bits(const char *s);
