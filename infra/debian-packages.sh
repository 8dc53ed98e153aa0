#!/usr/bin/env bash
# Installs what infra/debian-packages.txt lists, where this is Debian, we are root, and apt is in reach; says so where not, and never fails.
set -u
list="$(dirname "$0")/debian-packages.txt"
mapfile -t wanted < <(grep -v '^#' "$list" | grep .)
missing=()
for name in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
done
[ "${#missing[@]}" -gt 0 ] || exit 0
by_hand="tests that need them are skipped; by hand: apt-get install ${missing[*]}"
command -v apt-get >/dev/null || { echo "no apt-get here: $by_hand"; exit 0; }
[ "$(id -u)" -eq 0 ] || { echo "not root: $by_hand"; exit 0; }
export DEBIAN_FRONTEND=noninteractive
# Nothing that is installed for tests is to start a service of its own.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d && trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
install() { timeout 300 apt-get install -y -q --no-install-recommends "${missing[@]}" >/tmp/heirloom-apt.log 2>&1; }
install || { timeout 120 apt-get update -q >>/tmp/heirloom-apt.log 2>&1; install; } \
  || echo "apt-get did not install them: $by_hand ($(tail -n 1 /tmp/heirloom-apt.log))"
exit 0
