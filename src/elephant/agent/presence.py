"""Who is there: the connections to the desktop's screen, as the kernel lists them."""

from pathlib import Path

_UNIX_SOCKETS = Path("/proc/net/unix")
_CONNECTED = "03"
_STATE, _PATH = 5, 7


def count_connections(table: str, socket_path: str) -> int:
    """Connections that the listener at this path has accepted, out of the text of /proc/net/unix.

    An accepted socket carries its listener's path; its state is 03 (SS_CONNECTED), the listener's own is 01.
    Columns: Num RefCount Protocol Flags Type St Inode Path (proc_pid_net(5)).
    """
    count = 0
    for line in table.splitlines():
        columns = line.split(None, _PATH)
        if len(columns) > _PATH and columns[_PATH] == socket_path and columns[_STATE] == _CONNECTED:
            count += 1
    return count


def connections_to(socket_path: str) -> int:
    """People connected to the screen at this moment."""
    return count_connections(_UNIX_SOCKETS.read_text(errors="replace"), socket_path)
