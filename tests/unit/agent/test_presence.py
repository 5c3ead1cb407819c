"""Counting connections in the kernel's table of unix sockets."""

import socket
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.presence import connections_to, count_connections

HEADER = "Num       RefCount Protocol Flags    Type St Inode Path\n"
PATH = "/run/elephant/d-0123456789abcdef0/vnc socket"
STATES = st.sampled_from(["01", "02", "03", "04"])
PATHS = st.sampled_from(["", PATH, f"{PATH}2", f"{PATH} ", f"@{PATH}", f"/x{PATH}", "/run/dbus"])


def line(state: str, path: str) -> str:
    return f"0000000000000000: 00000003 00000000 00000000 0001 {state} 24681 {path}".rstrip("\n")


@given(st.lists(st.tuples(STATES, PATHS)))
def test_connected_sockets_of_exactly_this_path_are_counted(sockets: list[tuple[str, str]]) -> None:
    table = HEADER + "".join(f"{line(state, path)}\n" for state, path in sockets)
    assert count_connections(table, PATH) == sockets.count(("03", PATH))


@given(st.text())
def test_any_text_is_a_table(table: str) -> None:
    assert count_connections(table, PATH) == 0


def test_the_real_table(tmp_path: Path) -> None:
    path = str(tmp_path / "screen")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        assert connections_to(path) == 0
        with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
            one.connect(path)
            with server.accept()[0]:
                assert connections_to(path) == 1
                other.connect(path)
                with server.accept()[0]:
                    assert connections_to(path) == 2
                assert connections_to(path) == 1
        assert connections_to(path) == 0
