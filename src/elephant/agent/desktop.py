"""The programs of a desktop: their command lines, and the files that they want."""

import os
from collections.abc import Sequence
from pathlib import Path

PACKAGES = {
    "Xtigervnc": "tigervnc-standalone-server",
    "openbox": "openbox",
    "xprop": "x11-utils",
    "setpriv": "util-linux",
}

# One full-screen window without borders, and no key or click that leads to a menu.
_OPENBOX_RC = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <desktops><number>1</number></desktops>
  <keyboard></keyboard>
  <mouse>
    <context name="Client"><mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind></context>
  </mouse>
  <applications>
    <application type="normal"><decor>no</decor><maximized>yes</maximized><focus>yes</focus></application>
  </applications>
</openbox_config>
"""  # noqa: E501  openbox's words


def write_openbox_rc(path: Path) -> None:
    """Write the window manager's configuration."""
    path.write_text(_OPENBOX_RC)


def window_manager(rc: Path) -> list[str]:
    """The window manager with our configuration."""
    return ["openbox", "--config-file", str(rc)]


def root_window_watch() -> list[str]:
    """Every property of the root window, now and at each change."""
    return ["xprop", "-spy", "-root"]


def missing_program(app: Sequence[str], search_path: str) -> str | None:
    """A sentence about the first program that is not here, or None."""
    for name in (*PACKAGES, app[0]):
        if not _is_here(name, search_path):
            package = PACKAGES.get(name)
            fix = f"install Debian's package {package}" if package else "install it, or set ELEPHANT_APP"
            return f"the program {name} is missing on this machine: {fix}"
    return None


def _is_here(name: str, search_path: str) -> bool:
    candidates = [name] if "/" in name else [f"{folder}/{name}" for folder in search_path.split(":")]
    return any(Path(candidate).is_file() and os.access(candidate, os.X_OK) for candidate in candidates)
