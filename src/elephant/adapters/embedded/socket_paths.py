"""How long the path of a data directory may be: unix sockets lie in it, whose paths have little room."""

import os
from pathlib import Path

_ROOM_BYTES = 107
"""unix(7): sun_path has 108, one of them for the zero at its end."""

_OF_THE_API = Path("run/api/.api.sock.new")
_OF_A_SCREEN = Path("run/machines/d-00000000000000000/run/vnc.sock")
"""In a sandbox a desktop sees its own under a short path."""


def socket_path_problem(data_dir: Path, *, use_sandbox: bool) -> str | None:
    """A sentence with the fix where the sockets of this data directory cannot be made, else None."""
    longest = max(len(os.fsencode(each)) for each in ((_OF_THE_API,) if use_sandbox else (_OF_THE_API, _OF_A_SCREEN)))
    most = _ROOM_BYTES - longest - len("/")
    if len(os.fsencode(data_dir)) <= most:
        return None
    where = "" if use_sandbox else ", where desktops run without a sandbox"
    return (
        f"the path of the data directory {data_dir} is too long for the sockets in it: "
        f"it may have {most} bytes{where}; name a shorter one with --data-dir or ELEPHANT_DATA_DIR"
    )
