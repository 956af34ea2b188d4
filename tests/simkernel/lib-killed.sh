# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scenarios that kill are written with. The including script defines prepare: the
# machine's configuration.

# killed WHO WHEN N PHASE: true if the N-th write of the phase was reached.
killed() {
	rule "* * $3 kill $1 $2"
	if [[ $4 == release ]]; then
		hostpci release 100
	else
		hook 100 "$4"
	fi
	no_rules
	# shellcheck disable=SC2154 # of lib.sh
	if [[ $1 == child ]]; then
		[[ $rc -ne 0 ]]
	else
		[[ $rc -eq 137 ]]
	fi
	local reached=$?
	settle
	return $reached
}

# heal N PHASE: each N-th case heals in another way. What a release left half done is kept
# still, so that a stop alone leaves it so.
heal() {
	case $(($1 % 3))-$2 in
	0-*)
		hook_exits 0 100 pre-start
		hook_exits 0 100 post-stop
		;;
	1-pre-start | 1-post-stop) hook_exits 0 100 post-stop ;;
	*) hostpci_exits 0 release 100 ;;
	esac
	# What a removal has lost, nobody else has changed.
	says_not 'somebody else'
	has_no_journal 100
	as_before
}

# sweep_over PHASE WHO WHEN LEAST: kills at write 1, 2, ... until one is not reached.
sweep_over() {
	local n=0
	while :; do
		n=$((n + 1))
		it "$1, $2 killed $3 write $n"
		prepare
		[[ $1 == pre-start ]] || hook_exits 0 100 pre-start
		if [[ $1 == release ]]; then
			: >"$ROOT/run/qemu-server/100.reboot"
			hook_exits 0 100 post-stop
			rm "$ROOT/run/qemu-server/100.reboot"
		fi
		if ! killed "$2" "$3" $n "$1"; then
			[[ $rc -eq 0 ]] || fail "exits $rc"
			break
		fi
		heal $n "$1"
		[[ $n -lt 150 ]] || { fail "no end"; break; }
	done
	[[ $n -gt $4 ]] || fail "only $n writes were reached"
	heal 1 "$1"
}
