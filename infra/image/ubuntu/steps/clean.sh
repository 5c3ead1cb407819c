#!/usr/bin/env bash
# Nothing of this machine goes into the image: no keys, no identity, no downloads. Image Builder's own cleaning follows.
set -euo pipefail

apt-get -qq clean
rm -rf /var/lib/apt/lists/* /var/tmp/elephant-image /var/tmp/elephant-image.zip
# DCV makes itself a certificate at its start; each machine shall have one of its own.
rm -f /etc/dcv/dcv.pem /etc/dcv/dcv.key
rm -f /etc/ssh/ssh_host_*
rm -f ~root/.ssh/authorized_keys /home/*/.ssh/authorized_keys
rm -f ~root/.bash_history /home/*/.bash_history
truncate --size 0 /etc/machine-id
if [ ! -L /var/lib/dbus/machine-id ]; then
    rm -f /var/lib/dbus/machine-id
fi
