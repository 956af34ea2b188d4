#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lab: iommu=off
#
# Without an IOMMU no device can be given away, and the hook says what to switch on.

# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/../lib.sh"

vm_config 120 "hostpci0: $LAB_EDU" "hostpci1: $LAB_IGB0"
expect_refused 1 hook 120 pre-start
last_output
expect_match 'never\] IOMMU is not at work'
expect_match 'what to do: .*VT-d or AMD-Vi.*intel_iommu=on'
expect_refused 1 hostpci plan 120
expect_match 'IOMMU is not at work'
vm_forget 120
