#!/usr/bin/env bash
# Looks for the programs that Elephant needs and installs the Debian packages of those that are missing.
#
#   setup_debian.sh python   what the virtual environment needs
#   setup_debian.sh run      ... and the server with its desktops
#   setup_debian.sh test     ... and the tests
#
# As root it installs at once, otherwise with sudo; in both cases it says first what. Where it can do neither,
# it prints one line that names the packages and exits 1. With nothing missing it prints nothing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
level=${1:-}
missing=()

need() { # need PACKAGE PROGRAM...: the package is missing if any of its programs is
    local package=$1 program
    shift
    for program in "$@"; do
        if ! command -v "$program" >/dev/null; then
            missing+=("$package")
            return
        fi
    done
}

need_font() { # need_font PACKAGE PATTERN: the package is missing if no installed font fits the pattern
    if ! command -v fc-list >/dev/null || [ -z "$(fc-list "$2" family)" ]; then
        missing+=("$1")
    fi
}

look_for_python() {
    local python
    if ! python=$("$here/find_python.sh" 2>/dev/null); then
        # a wrong PYTHON= is the caller's to mend: find_python.sh says so when the environment is made
        [ -n "${PYTHON:-}" ] || missing+=(python3 python3-venv)
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        missing+=(python3-venv)
    fi
}

look_for_desktop() {
    need bubblewrap bwrap
    need chromium chromium
    need ffmpeg ffmpeg
    need fontconfig fc-list
    need openbox openbox
    need tigervnc-standalone-server Xtigervnc
    need util-linux setpriv
    need x11-utils xprop xwininfo
    need xauth xauth
    need xterm xterm
    need_font fonts-dejavu-core 'DejaVu Sans Mono'
    # people's names are shown inside desktops too: one Chinese character stands for what DejaVu lacks
    need_font fonts-droid-fallback ':charset=4f60'
}

look_for_tests() {
    # named is in a directory that only root has in PATH
    need bind9 /usr/sbin/named
    need git git
    need nftables /usr/sbin/nft
    need pebble pebble
    need shellcheck shellcheck
    need xdotool xdotool
}

case "$level" in
    python) levels=(look_for_python) ;;
    run) levels=(look_for_python look_for_desktop) ;;
    test) levels=(look_for_python look_for_desktop look_for_tests) ;;
    *)
        echo "usage: $0 python|run|test" >&2
        exit 2
        ;;
esac
for step in "${levels[@]}"; do
    $step
done
[ "${#missing[@]}" -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Missing here: ${missing[*]} (Debian's names; there is no apt-get to install them with)" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing here: ${missing[*]} (there is no sudo; as root: apt-get install --no-install-recommends ${missing[*]})" >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "Installing Debian packages${as_root[0]:+ with sudo}: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
if ! { "${as_root[@]}" "${apt[@]}" update &&
    "${as_root[@]}" "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "Could not install: ${missing[*]} (as root: apt-get install --no-install-recommends ${missing[*]})" >&2
    exit 1
fi

wanted=${missing[*]}
missing=()
for step in "${levels[@]}"; do
    $step
done
if [ "${#missing[@]}" -gt 0 ]; then
    echo "Installed $wanted, but what is needed of ${missing[*]} is still missing" >&2
    exit 1
fi
