"""What the X server's root window says: is a window manager up, is a window mapped, how large is the screen."""

import re
from dataclasses import dataclass, replace

FIRST_WINDOW_SECONDS = 120.0
NEXT_WINDOW_SECONDS = 10.0
_WINDOW = re.compile(r"0x[0-9a-f]+")
_SIZE = re.compile(r"(\d{1,5}), (\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Windows:
    """The state of a screen; the client list of a window manager names exactly the windows that were mapped.

    `has_list` once there is one, empty or not: a window manager says that it is there before it can manage anything,
    and a window that is mapped in between is lost to it now and then, or waits five seconds for its answer (wmTimeout
    of Xt's Shell).
    """

    has_manager: bool = False
    has_list: bool = False
    has_window: bool = False
    geometry: str = ""

    @property
    def can_take_windows(self) -> bool:
        """True when an app may be started."""
        return self.has_manager and self.has_list

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
        return replace(windows, has_list="(WINDOW)" in line, has_window=_WINDOW.search(line) is not None)
    if name == "_NET_DESKTOP_GEOMETRY":
        size = _SIZE.fullmatch(line.partition("=")[2].strip())
        return replace(windows, geometry=f"{size[1]}x{size[2]}" if size else "")
    return windows


def seconds_overdue(now: float, started_at: float, seen_at: float) -> float:
    """For how long an app has had no window that should have one; 0 or less while that is all right.

    All on one clock: `started_at` is when the app was, `seen_at` when a window was mapped last. Patience with a start
    is great, because a host that starts many desktops at once is slow.
    """
    if seen_at > started_at:
        return now - seen_at - NEXT_WINDOW_SECONDS
    return now - started_at - FIRST_WINDOW_SECONDS
