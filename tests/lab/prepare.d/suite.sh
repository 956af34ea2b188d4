# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For a full run, the root file system of Debian 13 on a machine that has Debian 12: small, and
# with what the package depends on. The other way round the package would have to be built once
# more, as one of Debian 13 does not go into Debian 12.

LAB_SUITE=$LAB_BUILD/suite
LAB_SUITE_PACKAGES=systemd,libkmod2,libmnl0,libpci3,libsmartcols1

prepare_suite() {
	[ -n "${HOSTPCI_TESTS_FULL:-}" ] && [ "$(codename)" = bookworm ] && [ ! -d "$LAB_SUITE" ] || return 0
	setup_packages debootstrap
	note "a root file system of Debian 13"
	rm -rf "$LAB_SUITE.new"
	debootstrap --variant=minbase --include="$LAB_SUITE_PACKAGES" trixie "$LAB_SUITE.new" "$(archive_uri bookworm)" \
		>"$LAB_BUILD/suite.log" 2>&1 || die "debootstrap failed: $(tail -n 5 "$LAB_BUILD/suite.log")"
	rm -rf "$LAB_SUITE.new"/var/{cache,lib}/apt/* "$LAB_SUITE.new"/dev/*
	mv "$LAB_SUITE.new" "$LAB_SUITE"
}
