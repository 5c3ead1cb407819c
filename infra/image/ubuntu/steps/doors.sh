#!/usr/bin/env bash
# What is open: DCV's port. What is shut: all else, ssh, and the metadata service for whoever sits at the desktop.
# What must not happen in a meeting: updates, which come with the next image.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

install -m 755 "$here/files/nftables.conf" /etc/nftables.conf
nft --check --file /etc/nftables.conf
systemctl enable nftables.service
nft --file /etc/nftables.conf

for unit in ssh.socket ssh.service apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service; do
    if systemctl cat "$unit" >/dev/null 2>&1; then
        systemctl disable --quiet --now "$unit"
        systemctl mask --quiet "$unit"
    fi
done
if command -v snap >/dev/null; then
    snap set system refresh.hold=forever
fi
