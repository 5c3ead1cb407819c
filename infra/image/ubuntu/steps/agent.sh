#!/usr/bin/env bash
# The agent, its unit and its settings; the check that the build and the test of the image run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

install -D -m 644 "$here/elephant-agent.pyz" /opt/elephant/elephant-agent.pyz
install -D -m 644 "$here/files/agent.toml" /etc/elephant/agent.toml
install -D -m 644 "$here/files/elephant-agent.service" /etc/systemd/system/elephant-agent.service
install -m 755 "$here/files/check-image" /opt/elephant/check-image
systemctl daemon-reload
# It starts with the next machine, not with this one, which has no meeting.
systemctl enable elephant-agent.service
