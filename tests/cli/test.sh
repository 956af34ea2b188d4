#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line: help, options, formats and exit codes, of every verb.
# The helpers are those of the simulated kernel's scenarios.
# shellcheck source=tests/simkernel/lib.sh
. "$(dirname "$0")/../simkernel/lib.sh"

out() { cat "$DIR/$cases/out"; }

verbs() { "$CLI" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'; }

# stdout ARGUMENT...: what comes to stdout alone.
stdout() { SIMKERNEL=$SIM LD_PRELOAD=$SHIM "$CLI" --root "$ROOT" "$@" 2>/dev/null; }

it "help names every verb, and every verb has help"
hostpci_exits 0 --help
says '^usage: hostpci VERB'
[[ $(verbs | wc -l) -ge 4 ]] || fail "verbs: $(verbs)"
for verb in $(verbs); do
	for arguments in "$verb --help" "--help $verb" "$verb -help"; do
		# shellcheck disable=SC2086 # they are several
		run "$CLI" $arguments
		[[ $rc -eq 0 ]] || fail "$arguments exits $rc"
		says "^usage: hostpci $verb"
		says '^Options:'
		says '--output-format text\|json\|json-pretty'
	done
done

hostpci_exits 0 --help
says 'remove UUID$'
hostpci_exits 0 attach --help
says '^usage: hostpci attach VMID... \| --all \| --check \[VMID...\] \[OPTION\]...$'
hostpci_exits 0 parse --help
says 'hostpci plan says whether the device is there'

it "help needs no root folder and no arguments"
run "$CLI" --root /nowhere plan --help
[[ $rc -eq 0 ]] || fail "exits $rc"

it "help is a verb, too"
run "$CLI" --help
want=$(out)
run "$CLI" help
[[ $(out) == "$want" ]] || fail "help is another than --help"
for verb in $(verbs); do
	run "$CLI" "$verb" --help
	want=$(out)
	run "$CLI" help "$verb"
	[[ $rc -eq 0 && $(out) == "$want" ]] || fail "help $verb is another than $verb --help"
done
hostpci_exits 64 help plna
says "there is no verb 'plna' \(did you mean 'plan'\?\)"
hostpci_exits 64 help plan status

it "the version"
for arguments in --version 'plan --version' -version; do
	# shellcheck disable=SC2086
	run "$CLI" $arguments
	[[ $rc -eq 0 ]] || fail "exits $rc"
	says '^hostpci [0-9]+\.[0-9]+\.[0-9]+$'
done

it "options stand before and after the verb, in three spellings"
config 100 'hostpci0: 02:00.0'
want=$(stdout plan 100 --output-format json | jq -S 'del(.time, .ms)')
[[ -n $want ]] || fail "no plan"
i=0
while read -r -a words; do
	i=$((i + 1))
	got=$(SIMKERNEL=$SIM LD_PRELOAD=$SHIM "$CLI" "${words[@]}" 2>&1 | jq -S 'del(.time, .ms)')
	[[ $got == "$want" ]] || fail "${words[*]}: $got"
done <<END
--root $ROOT --output-format json plan 100
--root=$ROOT --output-format=json plan 100
-root $ROOT -output-format json plan 100
plan --root $ROOT 100 --output-format=json
plan 100 -output-format json -root $ROOT
-root $ROOT plan -output-format json -- 100
plan -output-format json --root=$ROOT -- 100 pre-start
END
[[ $i -eq 7 ]] || fail "$i spellings"

it "what is wrong with an option or a verb is said in its words"
hostpci_exits 64 set 100 --hostpci16 01:00
says "there is no option '--hostpci16': hostpci0 to hostpci15 are there"
hostpci_exits 64 set 100 --hostpci3
says '--hostpci3 needs VALUE'
hostpci_exits 64 foo
says "there is no verb 'foo'$"

it "an unknown option, verb, format, phase or number is a usage error"
while read -r -a words; do
	hostpci_exits 64 "${words[@]}"
	says '^hostpci: '
	says "^Try 'hostpci .*--help'\.$"
	[[ -z $(stdout "${words[@]}") ]] || fail "${words[*]}: it prints to stdout"
done <<'END'
--no-such plan 100
plan 100 --no-such
plan 100 --outputformat json
plan 100 -x
plan
plan 100 pre-start x
plan 99
plan 0100
plan x
plan 1000000000
plan 100 pre-begin
no-such-verb
status 100 101
status -1
release
release 100 101
release abc
plan 100 --output-format
plan 100 --output-format yaml
plan 100 --output-format=
plan 100 --quiet=1
plan 100 --standalone
END
hostpci_exits 64
says 'a verb is needed'

it "a root that is not below /tmp is refused"
for root in / /etc /tmp /tmp/../etc "$DIR/none"; do
	run "$CLI" --root "$root" status
	[[ $rc -eq 64 ]] || fail "$root: exits $rc"
	says '^hostpci: root '
done

it "a root in the environment, which is for hooks, is not passed over"
for verb in 'plan 100' status sweep 'release 100' list; do
	# shellcheck disable=SC2086 # they are several
	run "$CLI" $verb
	[[ $rc -eq 64 ]] || fail "$verb: exits $rc"
	says "^hostpci: HOSTPCI_ROOT is set .*: give --root $ROOT, or unset it"
done

it "exit codes of plan"
config 100 'hostpci0: 02:00.0'
hostpci_exits 0 plan 100
config 101 'hostpci0: 00:1c.0'
hostpci_exits 1 plan 101
hostpci_exits 78 plan 102
policy 100 'return = 1;'
hostpci_exits 78 plan 100
writes_are 0
[[ ! -e $ROOT/run/hostpci ]] || fail "a dry run made /run/hostpci"

it "a plan shows its writes and makes none"
config 100 'hostpci0: 02:00.0'
hostpci_exits 0 plan 100
says '3 writes:'
says 'echo 0000:02:00.0 > /sys/bus/pci/drivers/igb/unbind'
says 'echo vfio-pci > /sys/bus/pci/devices/0000:02:00.0/driver_override'
says 'echo 0000:02:00.0 > /sys/bus/pci/drivers/vfio-pci/bind'
writes_are 0
as_before
hook_exits 0 100 pre-start
[[ $(stdout plan 100 post-stop --output-format json | jq '[.steps[].write] | length') -eq 3 ]] ||
	fail "post-stop would not take back three writes"
hook_exits 0 100 post-stop
as_before

it "what is planned is what is written"
config 100 'hostpci0: 03:00.0' 'hostpci1: 01:00.0'
stdout plan 100 --output-format json |
	jq -r '.steps[].write | select(.) | .path + " " + .value' | sort >"$DIR/$cases/planned"
hook_exits 0 100 pre-start
while IFS=$'\t' read -r what _ _ _ path value; do
	[[ $what != write ]] || echo "/$path $value"
done <"$SIM/log" | sed 's|/sys/devices/.*/\(0000:0[0-9]:00.[0-9]\)/|/sys/bus/pci/devices/\1/|' |
	sort >"$DIR/$cases/written"
diff "$DIR/$cases/planned" "$DIR/$cases/written" || fail "they differ"

it "JSON is valid everywhere, on one line or on several"
config 100 'hostpci0: 02:00.0'
config 101 'hostpci0: 77:00.0'
hook_exits 0 100 pre-start
hook 101 pre-start
while read -r -a words; do
	for format in json json-pretty; do
		text=$(stdout "${words[@]}" --output-format $format)
		jq -e . <<<"$text" >/dev/null || fail "${words[*]}: no JSON: $text"
		lines=$(wc -l <<<"$text")
		if [[ $format == json ]]; then
			[[ $lines -eq 1 ]] || fail "${words[*]}: $lines lines"
		else
			[[ $lines -gt 1 ]] || fail "${words[*]}: one line"
		fi
	done
done <<'END'
plan 100
plan 101
plan 102
plan 100 post-start
plan 100 pre-stop
plan 100 post-stop
status
status 100
status 101
status 999
release 100
END
as_before

it "JSON is UTF-8, and foreign text writes no escapes, whatever the files hold"
printf 'hostpci0: 01:00,romfile=\xff\n' >"$ROOT/etc/pve/qemu-server/100.conf"
config 101 'hostpci0: 02:00.0'
printf 'return = "\e[31m\xff";\n' >"$ROOT/etc/hostpci/vm/101.conf"
while read -r -a words; do
	stdout "${words[@]}" --output-format json >"$DIR/$cases/json"
	iconv -f utf-8 -t utf-8 "$DIR/$cases/json" | jq -e . >/dev/null ||
		fail "${words[*]}: no JSON, or no UTF-8"
done <<END
showcmd 100
config 100
plan 100
plan 101
parse 01:00,romfile=$(printf '\xff')
set 100 --delete $(printf '\xff')
END
hostpci_exits 78 plan 101
! grep -q $'\e' "$DIR/$cases/out" || fail "an escape is printed"
hook 101 pre-start
! grep -q $'\e' "$DIR/$cases/out" || fail "an escape is printed"
hostpci_exits 64 $'\e[31mx'
! grep -q $'\e' "$DIR/$cases/out" || fail "an escape is printed"

it "a report has its fields"
config 101 'hostpci0: 77:00.0'
hook 101 pre-start
stdout status 101 --output-format json |
	jq -e '.[0].last | .ok == false and .vmid == 101 and .phase == "pre-start" and
		.exit == 1 and (.findings[0] | .grade == "never" and .slot == "hostpci0" and
		(.why | length > 0) and (.cure | length > 0))' >/dev/null || fail "it has not"

it "status tells why a start failed, of machines that hold nothing, too"
config 101 'hostpci0: 00:1c.0'
config 100 'hostpci0: 02:00.0'
hook 101 pre-start
hook_exits 0 100 pre-start
hostpci_exits 0 status
says '^100 '
says '^VM 101: the last pre-start failed: refused by the gate \(hostpci status 101 says why\)$'
hostpci_exits 0 status 101
says '^VM 101 holds no device$'
says '^VM 101: the last pre-start failed: refused by the gate$'
says '^  \[never\] hostpci0 0000:00:1c.0'
says '^ *what to do: '
[[ $(stdout status --output-format json | jq -c 'map([.vmid, .state, (.last.findings | length)])') == \
	'[[100,"prepared",0],[101,"none",1]]' ]] || fail "JSON: $(stdout status --output-format json)"
rm "$ROOT/etc/pve/qemu-server/101.conf"
hostpci_exits 78 release 101
hostpci_exits 0 status
says_not 'VM 101'

it "status knows the states of a machine"
state() { stdout status 100 --output-format json | jq -r '.[0].state'; }
config 100 'hostpci0: 01:00.0'
[[ $(state) == none ]] || fail "first it is $(state)"
hook_exits 0 100 pre-start
[[ $(state) == prepared ]] || fail "after pre-start it is $(state)"
qemu 100
hook_exits 0 100 post-start
[[ $(state) == running ]] || fail "after post-start it is $(state)"
qemu_ends
hook_exits 0 100 post-stop
[[ $(state) == kept ]] || fail "after post-stop it is $(state)"
hostpci_exits 0 release 100
[[ $(state) == none ]] || fail "after release it is $(state)"

it "not root: nothing was touched, and who may is said"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups env)
chmod 755 "$DIR" "$DIR/$cases"
if [[ $EUID -eq 0 ]] && "${nobody[@]}" test -x "$CLI" -a -x "$ROOT"; then
	config 100 'hostpci0: 01:00.0'
	policy 100 'return = "vfio";'
	hook_exits 0 100 pre-start
	hook_exits 0 100 post-stop
	now_is_before
	log=$(<"$SIM/log")
	for arguments in 'release 100' 'set 100 --hostpci1 02:00.0' 'plan 100' 'plan 100 post-stop' status \
		'status 100'; do
		# shellcheck disable=SC2086 # they are several
		run "${nobody[@]}" "$CLI" --root "$ROOT" $arguments
		[[ $rc -eq 1 ]] || fail "$arguments: exits $rc"
		says 'Permission denied; run it as root$'
		says_not 'is not as it was'
	done
	run "${nobody[@]}" "$HOOK" 100 post-stop
	[[ $rc -eq 1 ]] || fail "the hook exits $rc"
	says 'Permission denied; run it as root$'
	says_not 'is not as it was'
	run "${nobody[@]}" "$CLI" --root "$ROOT" plan 102
	[[ $rc -eq 78 ]] || fail "plan of what is not there exits $rc"
	for arguments in list 'config 100' 'showcmd 100' 'sriov list' 'mdev types'; do
		# shellcheck disable=SC2086
		run "${nobody[@]}" "$CLI" --root "$ROOT" $arguments
		[[ $rc -eq 0 ]] || fail "$arguments: exits $rc"
	done
	as_before
	[[ $(<"$SIM/log") == "$log" ]] || fail "something was written"
	# On this machine's own root they do not even look.
	for arguments in 'release 999999999' 'set 999999999 --delete hostpci0' sweep boot 'mdev remove x' \
		'sriov set 00:00.0 1'; do
		for format in text json; do
			# shellcheck disable=SC2086
			run "${nobody[@]}" -u HOSTPCI_ROOT "$CLI" $arguments --output-format $format
			[[ $rc -eq 1 ]] || fail "$arguments: exits $rc"
			says 'changes this host; run it as root'
		done
	done
fi

it "a machine that has a policy alone"
config 100 'name: a'
policy 100 'return = "host";'
policy 102 'return = "host";'
policy 200 'hostpci0 = { host = "02:00.0"; };'
hostpci_exits 0 list
says '^ *100 a  '
says '^ *200 VM 200  .*stopped +- +- 0 *$'
says_not '102'
hostpci_exits 0 list --output-format json
jq -e 'map(.vmid) == [100, 200] and .[1].maxmem == null and .[1].name == "VM 200"' "$DIR/$cases/out" >/dev/null ||
	fail "odd JSON"
hook_exits 0 200 pre-start
qemu 200
hook_exits 0 200 post-start
rm "$ROOT/run/qemu-server/200.pid"
hostpci_exits 0 list
says "^ *200 VM 200  .*running +- +- $QEMU"
kill "$QEMU"
for arguments in 'config 200' 'set 200 --hostpci1 03:00.0'; do
	# shellcheck disable=SC2086 # they are several
	hostpci_exits 78 $arguments
	says 'VM 200 has a policy alone, /etc/hostpci/vm/200.conf: there is neither /etc/pve/qemu-server/200.conf nor .*hostpci plan 200'
done
policy 201 'hostpci0 = { host = ; };'
hostpci_exits 1 list
says '^hostpci: VM 201: .*syntax error'

it "status tells a damaged journal and goes on"
config 100 'hostpci0: 02:00.0'
hook_exits 0 100 pre-start
echo x >"$(journal 101)"
hostpci_exits 1 status
says '101.journal:1: '
says '^100 '

it "no colour and no control characters where nobody looks"
config 100 'hostpci0: 01:00.0'
hook_exits 0 100 pre-start
for arguments in status 'plan 100' 'plan 100 post-stop' --help; do
	# shellcheck disable=SC2086
	hostpci $arguments
	! out | grep -qP '[\x00-\x08\x0b-\x1f\x7f]' || fail "$arguments: control characters"
done

it "quiet says nothing of what went well"
config 100 'hostpci0: 01:00.0'
hook_exits 0 100 pre-start
hostpci_exits 0 release 100 --quiet
silent
config 101 'hostpci0: 77:00.0'
hostpci_exits 1 plan 101 --quiet
says 'is no PCI device'

finish
