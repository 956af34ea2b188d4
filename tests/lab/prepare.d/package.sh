# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # lab_dir is set by prepare
#
# The Debian package, for scenarios that install it, and one of an earlier version to upgrade
# from: the same programs, as there is no release yet; its number is what dpkg looks at.

LAB_DEB=$LAB_BUILD/deb
LAB_OLDER=0.0.9

make_older() { # DEB
	local tree
	tree=$(mktemp -d "$LAB_DEB/tree.XXXXXX")
	dpkg-deb -R "$1" "$tree"
	sed -i "s/^Version: .*/Version: $LAB_OLDER/" "$tree/DEBIAN/control"
	mkdir -p "$LAB_DEB/older"
	dpkg-deb -Znone -b "$tree" "$LAB_DEB/older/${1##*/}" >/dev/null
	rm -r "$tree"
}

prepare_package() {
	local deb
	"$CHECKOUT/packaging/build-deb" --quick "$LAB_DEB" >"$LAB_BUILD/deb.log" 2>&1 ||
		die "the package cannot be built: $(tail -n 20 "$LAB_BUILD/deb.log")"
	deb=$(echo "$LAB_DEB"/hostpci_*.deb)
	stale "$LAB_DEB/older/${deb##*/}" "$deb" "$lab_dir/prepare.d/package.sh" || return 0
	note "the package of an earlier version, to upgrade from"
	rm -rf "$LAB_DEB/older"
	make_older "$deb"
}
