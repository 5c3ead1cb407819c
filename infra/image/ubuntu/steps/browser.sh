#!/usr/bin/env bash
# Firefox from Mozilla's own repository: for both machines, and no snap, which takes half a minute at its first start.
#
# The key is checked against the fingerprint that Mozilla publishes ("Install Firefox on Linux").
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fingerprint=35BAA0B33E9EB396F59CA838C0BA5CE6DC6315A3
key=/etc/apt/keyrings/packages.mozilla.org.asc

install -d -m 755 /etc/apt/keyrings
curl --fail --silent --show-error --location --retry 3 --max-time 60 --output "$key" \
    https://packages.mozilla.org/apt/repo-signing-key.gpg
found=$(gpg --batch --no-options --show-keys --with-colons "$key" | grep --max-count 1 '^fpr:' | cut -d : -f 10)
if [ "$found" != "$fingerprint" ]; then
    echo "Mozilla's key is $found and not $fingerprint" >&2
    exit 1
fi
install -D -m 644 "$here/files/mozilla.sources" /etc/apt/sources.list.d/mozilla.sources
install -D -m 644 "$here/files/mozilla.pin" /etc/apt/preferences.d/mozilla

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends firefox
install -D -m 644 "$here/files/firefox-policies.json" /etc/firefox/policies/policies.json
