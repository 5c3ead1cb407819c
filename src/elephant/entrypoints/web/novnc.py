"""Where noVNC lies: unpacked beside the virtual environment by the set-up, or installed by Debian."""

import sys
from pathlib import Path

from elephant.ports.errors import Permanent


def find_novnc() -> Path:
    """The directory that holds noVNC's `core/rfb.js`; raises Permanent with the fix where there is none."""
    for folder in (Path(sys.prefix) / "share" / "novnc", Path("/usr/share/novnc")):
        if (folder / "core" / "rfb.js").is_file():
            return folder
    raise Permanent("noVNC is missing; run `make run`, which fetches it, or install Debian's package novnc")
