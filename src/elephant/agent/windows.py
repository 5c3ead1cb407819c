"""What the X server's root window says: is a window manager up, is a window mapped, how large is the screen."""

import re
from dataclasses import dataclass, replace

_WINDOW = re.compile(r"0x[0-9a-f]+")
_SIZE = re.compile(r"(\d{1,5}), (\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Windows:
    """The state of a screen; the client list of a window manager names exactly the windows that were mapped."""

    has_manager: bool = False
    has_window: bool = False
    geometry: str = ""

    @property
    def is_ready(self) -> bool:
        """True when a person would see the app."""
        return self.has_manager and self.has_window


def after_line(windows: Windows, line: str) -> Windows:
    """The state after one line of `xprop -spy -root`; lines about anything else change nothing."""
    name = line.partition("(")[0].partition(":")[0].strip()
    if name == "_NET_SUPPORTING_WM_CHECK":
        return replace(windows, has_manager=_WINDOW.search(line) is not None)
    if name == "_NET_CLIENT_LIST":
        return replace(windows, has_window=_WINDOW.search(line) is not None)
    if name == "_NET_DESKTOP_GEOMETRY":
        size = _SIZE.fullmatch(line.partition("=")[2].strip())
        return replace(windows, geometry=f"{size[1]}x{size[2]}" if size else "")
    return windows
