#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual functions of an NVMe controller: queues, interrupts, and online.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"
HOST=pool

# made [LINE...]: the controller has its four functions, and a machine is to get the second.
made() {
	hostpci_exits 0 sriov set 03:00.0 4
	now_is_before
	: >"$SIM/log"
	config 100 'hostpci0: 03:00.2'
	policy 100 'return = "host";' "$@"
}
virt() { echo "$ROOT/sys/nvme-virt/0000:03:00.0"; }
# is FUNCTION STATE QUEUES INTERRUPTS
is() { grep -qx "$*" "$(virt)" || fail "not '$*': $(grep "^$1 " "$(virt)")"; }
managed() { awk -F'\t' '$1 == "write" && $5 ~ /nvme-virt$/ { printf "%s, ", $6 }' "$SIM/log"; }
managed_is() { [[ $(managed) == "$1" ]] || fail "managed: $(managed)"; }

it "an equal part of all, and back"
made
hostpci_exits 0 plan 100
says 'hostpci0 0000:03:00.2: put its controller online with 2 queues, 1 interrupts'
says 'nvme virt-mgmt, by its card: 1 nvme online:2:1'
hook_exits 0 100 pre-start
is 1 online 2 1
is 0 offline 0 0
managed_is 'queues 2, interrupts 1, online, '
hostpci_exits 0 status 100
: >"$SIM/log"
hook_exits 0 100 pre-start # once more, without a stop
managed_is ''
hook_exits 0 100 post-stop
says 'put its controller offline'
has_no_journal 100
as_before

it "functions that are made for the machine, on the plan and in the start"
echo 'sriov = ( { pf = "03:00.0"; vfs = 2; temporary = true; nvme-queues = 2; } );' \
	>"$ROOT/etc/hostpci/hostpci.conf"
config 100 'hostpci0: 03:00.2'
policy 100 'return = "host";'
now_is_before
hostpci_exits 0 plan 100
says 'put its controller online with 2 queues, 1 interrupts'
hook_exits 0 100 pre-start
is 1 online 2 1
hook_exits 0 100 post-stop
as_before

it "numbers by policy; what the controller cannot give to one is refused before anything is written"
made 'hostpci0 = { nvme-queues = 3; };'
hostpci_exits 78 plan 100
hook_exits 78 100 pre-start
says 'nvme-queues: 3 are more than the 2 that its controller can give to one: correct the policy'
managed_is ''
as_before

it "what others have is not there"
made
sed -i 's/^queues .*/queues 8 0 7/; s/^interrupts .*/interrupts 4 0 3/; s/^0 .*/0 online 7 3/' "$(virt)"
now_is_before
hook_exits 1 100 pre-start
says 'left for it: its physical function or other virtual ones have them'
as_before

it "the physical function keeps them for itself: told, and with a number in the policy refused"
made
sed -i 's/^queues .*/queues 8 8 2/' "$(virt)"
now_is_before
hook_exits 0 100 pre-start
says 'its controller stays offline, as it gets no queues and interrupts: its physical function has kept them'
managed_is ''
hook_exits 0 100 post-stop
as_before
made 'hostpci0 = { nvme-interrupts = 1; };'
hook_exits 1 100 pre-start
says 'hostpci0 0000:03:00.2: nvme-interrupts: its controller stays offline'
as_before

it "one that is online already is left so"
made
sed -i 's/^1 .*/1 online 2 1/' "$(virt)"
now_is_before
hook_exits 0 100 pre-start
managed_is ''
hook_exits 0 100 post-stop
as_before

it "one that is online with less than is asked for goes offline first, and gets back what it had"
made 'hostpci0 = { nvme-queues = 4; };'
sed -i 's/^queues .*/queues 16 0 8/; s/^1 .*/1 online 2 1/' "$(virt)"
now_is_before
hook_exits 0 100 pre-start
is 1 online 4 1
managed_is 'offline, queues 4, interrupts 1, online, '
hook_exits 0 100 post-stop
is 1 online 2 1
as_before

it "somebody else manages it as well"
made
hook_exits 0 100 pre-start
sed -i 's/^1 .*/1 online 2 2/' "$(virt)"
hook_exits 0 100 post-stop
says "somebody else has set it to 'online:2:2"
is 1 online 2 2

it "what the controller takes and does not do is seen"
made
rule 'nvme-virt online * lie'
hook_exits 1 100 pre-start
says 'its controller is offline:2:1 .queues, interrupts. instead'
as_before

it "a controller without such management: nothing is done, and what policy asks is refused"
made
sed -i '/^[0-9]/d' "$(virt)"
now_is_before
hook_exits 0 100 pre-start
says_not 'controller'
hook_exits 0 100 post-stop
made 'hostpci0 = { nvme-queues = 2; };'
hook_exits 1 100 pre-start
says 'nvme-queues: its controller cannot be managed: .* has no virtualization management'
as_before

it "the physical function is on another driver"
made
mv "$ROOT"/sys/devices/pci0000:00/*/0000:03:00.0/nvme "$DIR/$cases/nvme"
now_is_before
hook_exits 0 100 pre-start
says 'its controller cannot be managed: its physical function is not on the driver nvme'
hook_exits 0 100 post-stop
as_before

it "the physical function loses its driver while the machine runs: nothing is left to take back"
made
hook_exits 0 100 pre-start
mv "$ROOT"/sys/devices/pci0000:00/*/0000:03:00.0/nvme "$DIR/$cases/nvme"
hook_exits 0 100 post-stop
has_no_journal 100

it "and between the look and the step: in words"
made
rule 'drivers/vfio-pci/bind * 1 hang go'
(
	until [[ $(driver 03:00.2) == vfio-pci ]]; do sleep 0.01; done
	mv "$ROOT"/sys/devices/pci0000:00/*/0000:03:00.0/nvme "$DIR/$cases/nvme"
	: >"$SIM/go"
) &
hook_exits 1 100 pre-start
wait
says 'put its controller online .*its physical function is not on the driver nvme any more'
driver_is 03:00.2 nvme
has_no_journal 100

it "a network card has no queues of this kind"
hostpci_exits 0 sriov set 01:00.0 2
now_is_before
config 100 'hostpci0: 01:10.0'
policy 100 'hostpci0 = { nvme-queues = 2; };'
hook_exits 78 100 pre-start
says 'nvme-queues: it is no virtual function of an NVMe controller: take it out of the policy'
as_before
finish
