# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a fresh Debian machine needs before anything of this checkout can be built and
# tested: packages by name, then a build. Sourced by tests/run, tests/demo and the lab.
# The including script defines note() and die().

SETUP_CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# To build, and for the rings that run on the machine itself.
# shellcheck disable=SC2034 # for the including script
BUILD_PACKAGES=(
	gcc libc6-dev cmake ninja-build pkg-config
	libpci-dev libjson-c-dev libconfig-dev libkmod-dev libmnl-dev libsmartcols-dev
	libkmod2 libmnl0 libpci3 pci.ids scdoc libcmocka-dev python3
)
# shellcheck disable=SC2034 # for the including script
TEST_PACKAGES=(
	jq shellcheck clang clang-format clang-tidy
	bash-completion man-db strace systemd
)

# Debian's QEMU replaces Proxmox's own: on a node that would take its machines down.
refuse_proxmox_node() {
	local package state
	for package in pve-manager qemu-server pve-qemu-kvm; do
		state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" != installed ] ||
			die "this is a Proxmox node ($package is installed): the tests are for development machines, nothing was changed"
	done
	if [ -e /etc/pve ]; then
		die "this looks like a Proxmox node (/etc/pve exists): the tests are for development machines, nothing was changed"
	fi
}

apt_get() {
	# Somebody else may be installing: wait for the lock instead of failing.
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 "$@"
}

codename() {
	# shellcheck source=/dev/null
	(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
}

package_version() { # NAME: nothing if it is not installed
	dpkg-query -W -f='${db:Status-Status} ${Version}\n' "$1" 2>/dev/null |
		sed -n 's/^installed //p' || true
}

# Installs those of the named packages that are missing.
setup_packages() { # NAME...
	local missing=() package log=$SETUP_CHECKOUT/build/apt.log
	for package; do
		[ -n "$(package_version "$package")" ] || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	note "installing ${missing[*]}"
	mkdir -p "${log%/*}"
	apt_get update >"$log" 2>&1 || die "apt-get update failed: $(tail -n 3 "$log")"
	apt_get install --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
		die "apt-get install failed (the whole of it: $log): $(tail -n 5 "$log")"
}

# Builds a preset below build/.
setup_build() { # PRESET
	local log=$SETUP_CHECKOUT/build/$1.log
	mkdir -p "${log%/*}"
	note "building: preset $1"
	(cd "$SETUP_CHECKOUT" && cmake --preset "$1" && cmake --build --preset "$1") >"$log" 2>&1 || {
		grep -E 'error|warning|FAILED' "$log" | head -n 20 >&2
		die "the build failed (the whole of it: $log)"
	}
}

# Common beginning: the right machine, and root.
setup_begin() {
	refuse_proxmox_node
	[ "$(id -u)" = 0 ] || die "needs root: it installs packages and boots a lab on this machine's files"
	command -v apt-get >/dev/null || die "needs Debian 12 or 13 (apt-get is not there)"
}
