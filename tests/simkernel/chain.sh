#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other hookscripts beside ours (policy: hooks): their order, and what their exit codes do.
# shellcheck disable=SC2016 # the variables are the scripts'
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/lib.sh"

# script NAME [LINE...]: a hookscript in local's snippets. It says its phase and which
# driver the card is on.
script() {
	local file=$ROOT/var/lib/vz/snippets/$1
	mkdir -p "${file%/*}"
	printf '%s\n' '#!/bin/bash' \
		"echo \"$1 \$# \$1 \$2 \$(basename \"\$(readlink $ROOT/sys/bus/pci/devices/0000:02:00.0/driver)\") \$PWD\" >>$DIR/$cases/said" \
		'echo "out of ${0##*/}"' 'echo "err of ${0##*/}" >&2' "${@:2}" >"$file"
	chmod +x "$file"
}
# said LINE...: exactly these were called, in this order.
said() {
	diff <(printf '%s\n' "$@") <(sed "s| $PWD\$||" "$DIR/$cases/said" 2>/dev/null) ||
		fail "the scripts were not called so"
	: >"$DIR/$cases/said"
}
not_called() { [[ ! -s $DIR/$cases/said ]] || fail "called: $(<"$DIR/$cases/said")"; }

it "they run in order: after ours when it starts, before ours when it stops"
config 100 'hostpci0: 02:00.0'
policy 100 'hooks = [ "local:snippets/b.sh", "local:snippets/a.sh" ];'
script a.sh
script b.sh
hook_exits 0 100 pre-start
says '^out of a.sh$'
says '^err of b.sh$'
said 'b.sh 2 100 pre-start vfio-pci' 'a.sh 2 100 pre-start vfio-pci'
hook_exits 0 100 post-start
said 'b.sh 2 100 post-start vfio-pci' 'a.sh 2 100 post-start vfio-pci'
hook_exits 0 100 pre-stop
said 'b.sh 2 100 pre-stop vfio-pci' 'a.sh 2 100 pre-stop vfio-pci'
hook_exits 0 100 post-stop
said 'b.sh 2 100 post-stop vfio-pci' 'a.sh 2 100 post-stop vfio-pci'
has_no_journal 100
as_before

# What a command finds: its descriptors (one is of ls), and the signals that are blocked, or
# ignored.
tell_all='echo "has $(ls /proc/self/fd | tr "\n" " "): $(sed -n "s/^Sig\(Blk\|Ign\):\t//p" /proc/self/status | tr "\n" " ")"'

it "they get what we got, and nothing of ours; a command that frees gets nothing else"
config 100 'hostpci0: 03:00.0'
policy 100 'hooks = "local:snippets/a.sh";' 'free = [ "/usr/bin/free-it" ];'
script a.sh "$tell_all"
mkdir -p "$ROOT/usr/bin"
printf '%s\n' '#!/bin/sh' "$tell_all" >"$ROOT/usr/bin/free-it"
chmod +x "$ROOT/usr/bin/free-it"
ours=$(bash -c "$tell_all" </dev/null)
sleep 60 3<"$ROOT/dev/dri/card0" &
holder=$!
until [[ -e /proc/$holder/fd/3 ]]; do sleep 0.01; done
trap '' PIPE # as whoever calls us may have it
hook_exits 1 100 pre-start
trap - PIPE
says 'free: \| has 0 1 2 3 : 0000000000000000 0000000000000000 $'
kill $holder
wait $holder 2>/dev/null
for phase in pre-start post-start pre-stop post-stop; do
	hook_exits 0 100 $phase
	says "^$ours\$"
done
has_no_journal 100
as_before

it "a machine without devices runs them, too"
config 100 'memory: 512'
policy 100 'hooks = "local:snippets/a.sh";'
script a.sh
for phase in pre-start post-start pre-stop post-stop; do
	hook_exits 0 100 $phase
	said "a.sh 2 100 $phase igb"
done
has_no_journal 100
writes_are 0

it "a full path, and the environment as it is"
config 100 'hostpci0: 02:00.0'
policy 100 'hooks = [ "/opt/x y.sh" ];'
script a.sh 'echo "mark $MARK" >&2'
mkdir -p "$ROOT/opt"
cp "$ROOT/var/lib/vz/snippets/a.sh" "$ROOT/opt/x y.sh"
run env MARK=7 "$HOOK" 100 pre-start
[[ $rc -eq 0 ]] || fail "exits $rc"
says '^mark 7$'
said 'a.sh 2 100 pre-start vfio-pci'
hook_exits 0 100 post-stop
as_before

it "it holds no descriptor of ours, and no signal is blocked"
config 100 'hostpci0: 02:00.0'
policy 100 'hooks = [ "local:snippets/a.sh" ];'
script a.sh 'cd /proc/$$/fd; echo fds *' 'grep SigBlk /proc/self/status'
run "$ROOT/var/lib/vz/snippets/a.sh" 100 pre-start
want=$(grep ^fds "$DIR/$cases/out")
hook_exits 0 100 pre-start
says "^$want$"
says '^SigBlk:.*0000$' # SIGHUP, SIGINT and SIGTERM are among these

it "a pre-start that fails leaves the host as before"
config 100 'hostpci0: 02:00.0' 'hostpci1: 01:00.0'
policy 100 'hooks = [ "local:snippets/a.sh", "local:snippets/b.sh" ];'
script a.sh 'exit 3'
script b.sh
hook_exits 1 100 pre-start
says "hooks: script 'local:snippets/a.sh' failed: exit code 3"
says 'the host is as before'
said 'a.sh 2 100 pre-start vfio-pci'
has_no_journal 100
as_before

it "without devices it fails the start as well"
config 100 'memory: 512'
policy 100 'hooks = [ "local:snippets/a.sh" ];'
script a.sh 'kill -9 $$'
hook_exits 1 100 pre-start
says 'was ended by signal 9'

it "in the other phases a failure is a warning, and the rest is done"
config 100 'hostpci0: 02:00.0'
policy 100 'hooks = [ "local:snippets/a.sh", "local:snippets/b.sh" ];'
script a.sh '[ $2 = pre-start ] || exit 9'
script b.sh
hook_exits 0 100 pre-start
: >"$DIR/$cases/said"
for phase in post-start pre-stop post-stop; do
	hook_exits 0 100 $phase
	says "warning: hooks: script 'local:snippets/a.sh' failed: exit code 9"
	said "a.sh 2 100 $phase vfio-pci" "b.sh 2 100 $phase vfio-pci"
done
as_before

it "one that is missing or not executable: nothing is touched at pre-start"
config 100 'hostpci0: 02:00.0'
policy 100 'hooks = [ "local:snippets/a.sh", "local:snippets/none.sh" ];'
script a.sh
hook_exits 78 100 pre-start
says "script 'local:snippets/none.sh' does not exist"
writes_are 0
not_called
hostpci_exits 78 plan 100
script none.sh
chmod -x "$ROOT/var/lib/vz/snippets/none.sh"
hook_exits 78 100 pre-start
says "script 'local:snippets/none.sh' is not executable"
not_called
policy 100 'hooks = [ "other:snippets/a.sh" ];'
hook_exits 78 100 pre-start
says "storage 'other' does not exist"
as_before

it "later phases warn of it, and go on"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
policy 100 'hooks = [ "local:snippets/none.sh", "local:snippets/a.sh" ];'
script a.sh
hook_exits 0 100 post-stop
says "warning: hooks: script 'local:snippets/none.sh' does not exist"
said 'a.sh 2 100 post-stop vfio-pci'
as_before

it "a policy that cannot be read keeps no device from going back"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
policy 100 'hooks = '
hook_exits 0 100 post-stop
says 'warning: /etc/hostpci/vm/100.conf:1: no hooks are run: '
as_before

it "SIGTERM is passed on, and what was done is taken back"
config 100 'hostpci0: 02:00.0'
policy 100 'hooks = [ "local:snippets/a.sh" ];'
script a.sh "trap 'echo trapped >>$DIR/$cases/said; exit 0' TERM" \
	"touch $DIR/$cases/ready" 'while :; do sleep 0.05; done'
SIMKERNEL=$SIM LD_PRELOAD=$SHIM HOSTPCI_ROOT=$ROOT "$HOOK" 100 pre-start >"$DIR/$cases/out" 2>&1 &
pid=$!
until [[ -e $DIR/$cases/ready ]]; do sleep 0.02; done
driver_is 02:00.0 vfio-pci
kill $pid
wait $pid
[[ $? -eq 1 ]] || fail "it does not exit 1"
says 'interrupted while'
said 'a.sh 2 100 pre-start vfio-pci' trapped
as_before

it "ours is not called by itself"
config 100 'hostpci0: 02:00.0'
policy 100 'hooks = [ "local:snippets/hostpci-hook" ];'
hook_exits 78 100 pre-start
says "/etc/hostpci/vm/100.conf:1: 'hooks' has 'local:snippets/hostpci-hook'"

it "a plan names them and runs none"
config 100 'hostpci0: 02:00.0'
policy 100 'hooks = [ "local:snippets/a.sh" ];'
script a.sh
for phase in pre-start post-start pre-stop post-stop; do
	hostpci_exits 0 plan 100 $phase
	says 'runs the hookscript local:snippets/a.sh'
done
not_called

it "a storage's folder for snippets, and this node's policy over the cluster's"
config 100 'memory: 512'
printf 'dir: local\n\tpath /var/lib/vz\n\tcontent iso\n\ndir: dd\n\tpath /srv/d\n\tcontent-dirs snippets=my/hooks\n' \
	>"$ROOT/etc/pve/storage.cfg"
echo 'hooks = [ "local:snippets/a.sh" ];' >"$ROOT/etc/pve/hostpci/vm/100.conf"
script a.sh
script b.sh
mkdir -p "$ROOT/srv/d/my/hooks"
cp "$ROOT/var/lib/vz/snippets/b.sh" "$ROOT/srv/d/my/hooks/x"
hook_exits 0 100 post-stop
said 'a.sh 2 100 post-stop igb'
policy 100 'hooks = [ "dd:snippets/x" ];'
hook_exits 0 100 post-stop
said 'b.sh 2 100 post-stop igb'
policy 100 'hooks = [];'
hook_exits 0 100 post-stop
not_called

finish
