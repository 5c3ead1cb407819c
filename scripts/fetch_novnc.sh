#!/usr/bin/env bash
# Puts noVNC into the folder given: a link to /usr/share/novnc where Debian's package is installed, otherwise the
# package's files, downloaded and unpacked without installing it or what it depends on (docs/decisions/0002).
set -euo pipefail

target=${1:?usage: fetch_novnc.sh FOLDER}
installed=/usr/share/novnc
entry=core/rfb.js

rm -rf "$target"
mkdir -p "$(dirname "$target")"
if [ -e "$installed/$entry" ]; then
    ln -s "$installed" "$target"
    exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    echo "noVNC is missing and apt-get cannot fetch it here: install it so that $installed/$entry exists" >&2
    exit 1
fi

echo "Fetching noVNC"
download=$(mktemp -d "$(dirname "$target")/novnc.XXXXXX")
trap 'rm -rf "$download"' EXIT
download=$(cd "$download" && pwd)

fetch() { # as root apt would hand the download to the user _apt, who cannot write here
    (cd "$download" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download novnc)
}

if ! fetch 2>"$download/first_try.log"; then
    # the usual reason on a fresh machine: the package lists were never read
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            cat "$download/first_try.log" >&2
            echo "Could not fetch noVNC. If the package lists are missing: run apt-get update as root, then this again" >&2
            exit 1
        fi
        as_root=(sudo)
        echo "Reading Debian's package lists with sudo"
    fi
    if ! "${as_root[@]}" apt-get -qq update || ! fetch; then
        echo "Could not fetch noVNC: is the machine offline? It needs Debian's package novnc once" >&2
        exit 1
    fi
fi

dpkg-deb -x "$download"/novnc_*.deb "$download/package"
if [ ! -e "$download/package$installed/$entry" ]; then
    echo "Debian's package novnc has no $installed/$entry: its layout has changed" >&2
    exit 1
fi
cp "$download/package/usr/share/doc/novnc/copyright" "$download/package$installed/"
mv "$download/package$installed" "$target"
