#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# attach and detach: what they write, what they refuse, and that a machine starts with
# what they leave behind.
# shellcheck disable=SC2016 # the variables are the scripts'
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/../simkernel/lib.sh"

SNIPPETS=var/lib/vz/snippets
OURS=local:snippets/hostpci-hook

# node [LINE...]: this is a Proxmox node, pve1 of two; the lines are its storage.cfg.
node() {
	mkdir -p "$ROOT/var/lib/vz" "$ROOT"/etc/pve/nodes/pve{1,2}
	mv "$ROOT/etc/pve/qemu-server" "$ROOT/etc/pve/nodes/pve1/"
	ln -s nodes/pve1/qemu-server "$ROOT/etc/pve/qemu-server"
	ln -s nodes/pve1 "$ROOT/etc/pve/local"
	rm -r "$ROOT/etc/pve/hostpci"
	[[ $# -eq 0 ]] || printf '%b\n' "$@" >"$ROOT/etc/pve/storage.cfg"
}
# config_is VMID LINE...
config_is() {
	diff <([[ $# -eq 1 ]] || printf '%s\n' "${@:2}") "$ROOT/etc/pve/qemu-server/$1.conf" || fail "VM $1 has another config"
}
policy_of() { echo "$ROOT/etc/pve/hostpci/vm/$1.conf"; }
files() { (cd "$ROOT" && find etc var -type f ! -path '*/lock-*' -exec sha1sum {} + | sort); }
# unchanged COMMAND...: no file differs afterwards.
unchanged() {
	local before
	before=$(files)
	"$@"
	diff <(echo "$before") <(files) || fail "$*: files were changed"
}
answer() { jq -e "$1" "$DIR/$cases/out" >/dev/null || fail "its answer is not: $1"; }
# The stub, with the program of this build in the place of the installed one.
stub() {
	sed -i "s|^hook=.*|hook=$HOOK|" "$ROOT/$SNIPPETS/hostpci-hook"
	run "$ROOT/$SNIPPETS/hostpci-hook" "$@"
}

it "a machine is attached and detached as qm set would"
node
config 100 'name: a' 'hostpci0: 02:00.0' '' '[before]' 'name: b'
hostpci_exits 0 attach 100
says '^update VM 100: -hookscript local:snippets/hostpci-hook$'
config_is 100 "hookscript: $OURS" 'hostpci0: 02:00.0' 'name: a' '' '[before]' 'name: b'
[[ $(stat -c '%a %U' "$ROOT/$SNIPPETS/hostpci-hook") == '755 root' ]] || fail "the stub is not root's to run"
[[ $(ls -A "$ROOT/$SNIPPETS") == hostpci-hook ]] || fail "something is left beside it"
unchanged hostpci_exits 0 attach 100
says "VM 100: has the hookscript $OURS"
hostpci_exits 0 detach 100
says '^update VM 100: -delete hookscript$'
config_is 100 'hostpci0: 02:00.0' 'name: a' '' '[before]' 'name: b'
unchanged hostpci_exits 0 detach 100
says 'hostpci-hook is not its hookscript'

it "a whole round with what lies among the snippets"
node
config 100 'hostpci0: 02:00.0'
hostpci_exits 0 attach --all
stub 100 pre-start
[[ $rc -eq 0 ]] || fail "exits $rc"
driver_is 02:00.0 vfio-pci
stub 100 post-stop
driver_is 02:00.0 igb

it "where hostpci is not installed it lets the machine start"
node
config 100 'hostpci0: 02:00.0'
hostpci_exits 0 attach 100
for phase in pre-start post-start pre-stop post-stop; do
	run "$ROOT/$SNIPPETS/hostpci-hook" 100 $phase
	[[ $rc -eq 0 ]] || fail "$phase exits $rc"
	says "^hostpci: /.*/hostpci/hostpci-hook is not there: VM 100 does without it at $phase$"
	[[ $(wc -l <"$DIR/$cases/out") -eq 1 ]] || fail "$phase says more"
done

it "the hookscript before it is chained and restored"
node
config 100 'hookscript: local:snippets/old.sh' 'hostpci0: 02:00.0'
mkdir -p "$ROOT/$SNIPPETS"
printf '#!/bin/sh\necho "old $2"\n' >"$ROOT/$SNIPPETS/old.sh"
chmod +x "$ROOT/$SNIPPETS/old.sh"
hostpci_exits 0 attach 100
says 'VM 100: hostpci-hook calls local:snippets/old.sh'
config_is 100 "hookscript: $OURS" 'hostpci0: 02:00.0'
for phase in pre-start post-start pre-stop post-stop; do
	stub 100 $phase
	[[ $rc -eq 0 ]] || fail "$phase exits $rc"
	says "^old $phase$"
done
hostpci_exits 0 detach 100
says '^update VM 100: -hookscript local:snippets/old.sh$'
config_is 100 'hookscript: local:snippets/old.sh' 'hostpci0: 02:00.0'
[[ ! -e $(policy_of 100) ]] || fail "a policy is left"

it "what the policy holds stays as it is"
node
config 100 'hookscript: local:snippets/o"l\d.sh'
mkdir -p "$(dirname "$(policy_of 100)")"
printf '# mine\nreturn = "host"\n#last' >"$(policy_of 100)"
cp "$(policy_of 100)" "$DIR/$cases/policy"
hostpci_exits 0 attach 100
head -c "$(stat -c %s "$DIR/$cases/policy")" "$(policy_of 100)" | cmp - "$DIR/$cases/policy" || fail "it was touched"
hostpci_exits 0 detach 100
config_is 100 'hookscript: local:snippets/o"l\d.sh'
diff <(cat "$DIR/$cases/policy"; echo) "$(policy_of 100)" || fail "it is not as before"

it "hooks that are there already are not touched"
node
config 100 'hookscript: local:snippets/old.sh'
policy 100 'hooks = [ "/opt/x" ];'
unchanged_config() { config_is 100 'hookscript: local:snippets/old.sh'; }
hostpci_exits 1 attach 100
says 'VM 100: it has hooks in its policy already.*add "local:snippets/old.sh" to hooks by hand'
unchanged_config
policy 100 'hooks = [];'
hostpci_exits 1 attach 100
says 'win over those in /etc/pve/hostpci/vm/100.conf: write there hooks = \[ "local:snippets/old.sh" \];'
unchanged_config
[[ ! -e $(policy_of 100) ]] || fail "a policy is left"
policy 100 'hooks = [ "local:snippets/old.sh" ];'
hostpci_exits 0 attach 100
config_is 100 "hookscript: $OURS"
hostpci_exits 0 detach 100
unchanged_config
policy 100 'hooks = '
hostpci_exits 78 attach 100
says '/etc/hostpci/vm/100.conf:1: syntax error'
unchanged_config

it "several hooks cannot be restored"
node
config 100 "hookscript: $OURS"
policy 100 'hooks = [ "local:snippets/a", "/opt/x", "local:snippets/b" ];'
hostpci_exits 1 detach 100
says 'VM 100: its policy has several hooks, and Proxmox calls one'
config_is 100 "hookscript: $OURS"
policy 100 'hooks = [ "/opt/x" ];'
hostpci_exits 0 detach 100
says 'nobody calls the hooks of its policy from now on$'
config_is 100

it "a file of somebody else is not overwritten"
node
config 100 'name: a'
mkdir -p "$ROOT/$SNIPPETS"
for kind in file link folder; do
	case $kind in
	file) printf '#!/bin/sh\necho mine\n' >"$ROOT/$SNIPPETS/hostpci-hook" ;;
	link) ln -s /bin/true "$ROOT/$SNIPPETS/hostpci-hook" ;;
	folder) mkdir "$ROOT/$SNIPPETS/hostpci-hook" ;;
	esac
	unchanged hostpci_exits 1 attach 100
	says "/$SNIPPETS/hostpci-hook: is not what hostpci puts there: it is left as it is"
	rm -r "$ROOT/$SNIPPETS/hostpci-hook"
done

it "an older stub is renewed"
node
config 100 'name: a'
hostpci_exits 0 attach 100
cp "$ROOT/$SNIPPETS/hostpci-hook" "$DIR/$cases/stub"
echo 'exit 7' >>"$ROOT/$SNIPPETS/hostpci-hook"
chmod 644 "$ROOT/$SNIPPETS/hostpci-hook"
hostpci_exits 0 attach 100
cmp "$DIR/$cases/stub" "$ROOT/$SNIPPETS/hostpci-hook" || fail "it is not renewed"
[[ -x $ROOT/$SNIPPETS/hostpci-hook ]] || fail "it cannot be executed"

it "no storage with snippets: the command that enables them"
node 'dir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl,backup,import'
config 100 'name: a'
unchanged hostpci_exits 78 attach 100
says 'pvesm set local --content iso,vztmpl,backup,import,snippets$'
unchanged hostpci_exits 78 attach 100 --output-format json
answer '(.ok | not) and (.error | test("pvesm set local")) and .storage == null and .machines == [] and .nodes == []'
unchanged hostpci_exits 78 attach --check --output-format json
answer '(.ok | not) and (.error | test("pvesm set local")) and .storage == null and (.machines | length == 1) and (has("nodes") | not)'
unchanged hostpci_exits 78 attach --check
says 'VM 100: no devices'
says 'pvesm set local --content'

it "another storage, and its folder"
node 'dir: other\n\tpath /srv/other\n\tcontent snippets\n\tcontent-dirs snippets=my/hooks\n\nnfs: nas\n\tcontent snippets'
config 100 'name: a'
config 101 'hookscript: other:snippets/hostpci-hook'
mkdir -p "$ROOT/srv/other"
hostpci_exits 0 attach 100 --storage other
config_is 100 'hookscript: other:snippets/hostpci-hook' 'name: a'
[[ -x $ROOT/srv/other/my/hooks/hostpci-hook ]] || fail "it is not there"
hostpci_exits 0 attach --all
config_is 101 'hookscript: other:snippets/hostpci-hook'
[[ -x $ROOT/$SNIPPETS/hostpci-hook ]] || fail "local has none"
hostpci_exits 0 attach 101 --storage local
config_is 101 "hookscript: $OURS"
mkdir -p "$ROOT/mnt/pve/nas"
unchanged hostpci_exits 1 attach 101 --storage nas
says '/mnt/pve/nas: storage nas is not mounted'
hostpci_exits 78 attach 101 --storage none
says "there is no storage 'none'"

it "lines that Proxmox would lose, a lock, a running machine"
node
config 100 'name: a' 'what is this'
config 101 'lock: backup'
config 102 'name: c'
hostpci_exits 78 attach 100 101 102
says 'VM 100: .*a rewrite would drop'
says 'VM 101: .*the VM is locked \(backup\)'
says '^update VM 102: '
config_is 100 'name: a' 'what is this'
hostpci_exits 75 attach 101
hostpci_exits 0 attach 101 --skiplock
says '^update VM 101: -hookscript .* -skiplock 1$'
hostpci_exits 0 attach 100 --force
config_is 100 "hookscript: $OURS" 'name: a'
qemu 102
hostpci_exits 0 detach 102
qemu_ends
config_is 102 'name: c'
config 103 'hookscript: local:iso/x'
hostpci_exits 78 attach 103
says "its hookscript 'local:iso/x' is none of a storage's snippets"
hostpci_exits 78 attach 109
says 'there is no VM 109'

it "a machine that holds devices"
node
config 100 "hookscript: $OURS" 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
hostpci_exits 0 detach 100
says 'VM 100: holds devices: when it has stopped, hostpci release 100'

it "what the gate would say of all machines"
node
config 100 'hostpci0: 02:00.0'
config 101 'hostpci0: 00:1c.0'
config 102 'name: a'
config 103 'hostpci0: 02:00.1'
qemu 103
unchanged hostpci_exits 1 attach --check
qemu_ends
says '^VM 100: would start, 1 device$'
says '^VM 101 pre-start: refused'
says '^ *what to do: '
says '^VM 102: no devices$'
says '^VM 103: runs; whether it would start again'
says '^hookscripts go into storage local \(/var/lib/vz/snippets\)$'
writes_are 0
[[ ! -e $ROOT/run/hostpci ]] || fail "/run/hostpci was made"
unchanged hostpci_exits 0 attach --check 100 102
unchanged hostpci_exits 1 attach --check --output-format json
answer '.ok == false and .storage == "local" and (.machines | map(.vmid) == [100, 101, 102, 103]) and
	(.machines[1].findings | length > 0)'

it "what attach would refuse is refused by --check"
node
config 100 'hostpci0: 02:00.0'
rm -r "$ROOT/var/lib/vz"
unchanged hostpci_exits 78 attach --check
says '^VM 100: would start, 1 device$'
says 'the folder of storage local cannot be used'
mkdir -p "$ROOT/$SNIPPETS"
echo x >"$ROOT/$SNIPPETS/hostpci-hook"
unchanged hostpci_exits 1 attach --check
says 'is not what hostpci puts there'
rm "$ROOT/$SNIPPETS/hostpci-hook"
policy 100 'hooks = [ "/bin/true" ];'
config 100 'hookscript: local:snippets/old.sh' 'hostpci0: 02:00.0'
unchanged hostpci_exits 78 attach --check
says '^VM 100 pre-start: hooks: script .* does not exist'
says '^hostpci: VM 100: it has hooks in its policy already'
rm "$ROOT/etc/hostpci/vm/100.conf"
unchanged hostpci_exits 0 attach --check
config 100 'hostpci0: 02:00.0' 'lock: backup'
unchanged hostpci_exits 1 attach --check --output-format json
answer '.ok == false and .machines[0].ok and (.machines[0].refused | test("locked .backup.: Proxmox does not"))'
qemu 100
unchanged hostpci_exits 1 attach --check 100
says '^hostpci: VM 100: .*the VM is locked \(backup\); --skiplock'
qemu_ends
config 100 "hookscript: $OURS" 'hostpci0: 02:00.0' 'lock: suspended'
unchanged hostpci_exits 0 attach --check
config 100 'hostpci0: 02:00.0' 'no-such: x'
unchanged hostpci_exits 78 attach --check
says '^hostpci: VM 100: .*a rewrite would drop'
config 100 'hostpci0: 00:1c.0' 'template: 1'
unchanged hostpci_exits 0 attach --check
says '^VM 100: is a template'
says_not refused
unchanged hostpci_exits 78 attach --check 999
says 'there is no VM 999'
[[ $(grep -c 999 "$DIR/$cases/out") -eq 1 ]] || fail "it is told twice"
unchanged hostpci_exits 78 attach --check 100 999
config 101 'hostpci0: 00:1c.0'
unchanged hostpci_exits 1 attach --check 101 999
rm "$ROOT/etc/pve/qemu-server/101.conf"

it "a machine that is named twice is one"
node
config 100 'hostpci0: 02:00.0'
unchanged hostpci_exits 0 attach --check 100 100
[[ $(grep -c '^VM 100' "$DIR/$cases/out") -eq 1 ]] || fail "it is told twice"
hostpci_exits 0 attach 100 100
[[ $(grep -c '^update VM 100' "$DIR/$cases/out") -eq 1 ]] || fail "it is attached twice"

it "what other nodes need"
node
config 100 'hostpci0: 02:00.0'
config 101 'name: a'
mkdir -p "$ROOT/etc/pve/mapping"
printf 'nic\n\tmap id=8086:1521,iommugroup=12,node=pve2,path=0000:02:00.0\n' >"$ROOT/etc/pve/mapping/pci.cfg"
config 102 'hostpci0: mapping=nic'
hostpci_exits 0 attach --all
says '^node pve2: is not known to have hostpci; there can run VMs 101, 102, which would not start: install the package there'
diff - "$ROOT/etc/pve/hostpci/installed/pve1" <<END || fail "this node says something else of itself"
version: $("$CLI" --version | cut -d' ' -f2)
stub: /var/lib/vz/snippets/hostpci-hook
END
hostpci_exits 0 attach 100
says '^node pve2: is not known to have hostpci; none of these VMs can run there$'
printf 'version: 0.0.9\nmore: x\nstub: /srv/hostpci-hook\n' >"$ROOT/etc/pve/hostpci/installed/pve2"
hostpci_exits 0 attach 101
says '^node pve2: has hostpci 0.0.9; there can run VM 101, which would not start: there, run hostpci attach --all$'
cp "$ROOT"/etc/pve/hostpci/installed/pve{1,2}
hostpci_exits 0 attach 101
says '^node pve2: has hostpci [0-9.]*; there can run VM 101$'
hostpci_exits 0 attach --all --output-format json
answer '.ok and .storage == "local" and (.machines | length == 3) and .machines[0].hookscript == "local:snippets/hostpci-hook"
	and .nodes == [{node: "pve2", version: .nodes[0].version, known: true, stub: true, can_run: [101, 102]}]'
hostpci_exits 0 detach --all --output-format json
answer '.ok and .machines[1].printed == "update VM 101: -delete hookscript"'

it "not on Proxmox, and no cluster file system"
rm -r "$ROOT/etc/pve"
for verb in 'attach 100' 'attach --all' 'attach --check' 'detach 100'; do
	# shellcheck disable=SC2086 # they are several
	hostpci_exits 1 $verb
	says "this is no Proxmox node .* call 'hostpci-hook VMID pre-start'"
done
mkdir "$ROOT/etc/pve"
hostpci_exits 1 attach --all --output-format json
answer '.ok == false and (.error | test("pve-cluster")) and .storage == null and .machines == [] and .nodes == []'
hostpci_exits 1 detach --all --output-format json
answer '.ok == false and (.error | test("pve-cluster")) and .machines == [] and (has("nodes") | not)'

it "usage"
node
for arguments in attach detach 'attach --all 100' 'attach 99' 'attach x' 'detach --all 100' 'detach --check 100' \
	'attach 100 --node pve2' 'attach 100 --storage'; do
	# shellcheck disable=SC2086 # they are several
	hostpci_exits 64 $arguments
done

finish
