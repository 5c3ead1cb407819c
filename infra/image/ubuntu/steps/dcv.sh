#!/usr/bin/env bash
# Amazon DCV's server and web client, as its Administrator Guide installs them on Ubuntu 24.04 for a console session.
#
# The release is fixed, and so is what has to arrive. To take another: its number is on download.amazondcv.com, the
# hashes are those of AWS ParallelCluster's cookbook (resources/dcv/dcv_ubuntu24.rb), or of `sha256sum` after checking
# the packages with NICE's key as the guide says.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
release=2025.0
build=20103
case "$(uname -m)" in
    aarch64)
        machine=aarch64
        sha256=47205acfab5d35a7f6fe18f9311295aee51189636a2a76d14e0eca39f780192d
        ;;
    x86_64)
        machine=x86_64
        sha256=a39374d39f2d849bd13ee101970bb9eea15a8c5ec743799b7cbb7f562ece9e17
        ;;
    *)
        echo "Amazon DCV has no server for $(uname -m)" >&2
        exit 1
        ;;
esac
name=nice-dcv-$release-$build-ubuntu2404-$machine
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
curl --fail --silent --show-error --location --retry 3 --max-time 600 --output dcv.tgz \
    "https://d1uj6qtbmh3dt5.cloudfront.net/$release/Servers/$name.tgz"
echo "$sha256  dcv.tgz" | sha256sum --check
tar -xzf dcv.tgz

export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 install --yes --no-install-recommends \
    "./$name"/nice-dcv-server_*.deb "./$name"/nice-dcv-web-viewer_*.deb
usermod --append --groups video dcv
install -o root -g dcv -m 640 "$here/files/dcv.conf" /etc/dcv/dcv.conf
systemctl enable dcvserver.service
