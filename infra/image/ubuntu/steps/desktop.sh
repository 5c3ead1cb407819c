#!/usr/bin/env bash
# The screen: X on a dummy card, GDM that logs the person in, Openbox, sound, and ffmpeg for the recorder.
#
# Packages and settings are those of DCV's Administrator Guide for Ubuntu without a GPU (prerequisites: GDM without
# Wayland, XDummy), without GNOME's desktop around them: what is not there needs no start and opens no menu.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)

"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends \
    accountsservice curl dbus-user-session dbus-x11 ffmpeg fonts-dejavu-core fonts-droid-fallback gdm3 gpg \
    libpam-systemd nftables openbox pulseaudio pulseaudio-utils python3 x11-xserver-utils x11-utils xauth \
    xserver-xorg-core xserver-xorg-input-libinput xserver-xorg-video-dummy

# GDM logs this user in by itself, and nobody else does: there is no password, no key, and no sshd.
if ! id elephant >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash --user-group elephant
fi
passwd --quiet --lock elephant

install -m 644 "$here/files/xorg.conf" /etc/X11/xorg.conf
install -m 644 "$here/files/gdm.conf" /etc/gdm3/custom.conf
install -D -m 644 "$here/files/elephant.desktop" /usr/share/xsessions/elephant.desktop
install -D -m 600 "$here/files/accounts-elephant" /var/lib/AccountsService/users/elephant
install -D -m 755 "$here/files/session" /opt/elephant/session
install -D -m 644 "$here/files/openbox.xml" /etc/elephant/openbox.xml
install -D -m 644 "$here/files/kiosk.toml" /etc/elephant/kiosk.toml
systemctl set-default graphical.target
systemctl enable gdm3.service 2>/dev/null || systemctl enable gdm.service
