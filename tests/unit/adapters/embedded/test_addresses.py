"""Paths as addresses, among what a hostile desktop may put where its screen's socket should be."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from elephant.adapters.embedded.addresses import PathAddresses
from elephant.domain.machine import Machine, MachineState
from elephant.domain.meeting import DEFAULT_ROLES
from elephant.ports.errors import MachineNotFound, Permanent, Temporary
from tests.contract.examples import NOW

MINE, OTHER = "d-00000000000000001", "d-00000000000000002"


def a_machine(machine_id: str = MINE) -> Machine:
    return Machine(
        id=machine_id,
        meeting_id="abcdefgh12345678",
        role=DEFAULT_ROLES[0],
        state=MachineState.RUNNING,
        launched_at=NOW,
    )


def socket_path(data_dir: Path, machine_id: str = MINE) -> Path:
    path = data_dir / "run/machines" / machine_id / "run/vnc.sock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture
def addresses(tmp_path: Path) -> PathAddresses:
    return PathAddresses(tmp_path, "https://elephant.example/")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as server:
        descriptor = os.open(socket_path(tmp_path).parent, os.O_PATH)
        server.bind(f"/proc/self/fd/{descriptor}/vnc.sock")  # tmp_path may be longer than a socket's path can be
        os.close(descriptor)
        server.listen()
        yield server


def connect(addresses: PathAddresses) -> socket.socket:
    descriptor = addresses.open_socket(MINE)
    client = socket.socket(socket.AF_UNIX)
    client.connect(f"/proc/self/fd/{descriptor}")
    os.close(descriptor)
    return client


def test_a_link_and_the_way_to_the_screen(addresses: PathAddresses, screen: socket.socket) -> None:
    assert addresses.publish(a_machine()) == f"https://elephant.example/desktop/{MINE}"
    with connect(addresses) as client, screen.accept()[0] as server:
        client.sendall(b"hello")
        assert server.recv(5) == b"hello"
    published = addresses.data_dir / "run/addresses" / MINE
    assert published.is_symlink()
    assert published.is_socket()


def test_no_screen_yet_is_temporary(addresses: PathAddresses) -> None:
    with pytest.raises(Temporary):
        addresses.publish(a_machine())
    assert list(addresses.published()) == []


def test_an_address_outlives_its_machine_until_it_is_withdrawn(addresses: PathAddresses, screen: socket.socket) -> None:
    addresses.publish(a_machine())
    socket_path(addresses.data_dir).unlink()
    assert [record.ours for record in addresses.published()] == [True]
    with pytest.raises(MachineNotFound):
        addresses.open_socket(MINE)
    addresses.withdraw(MINE)
    assert list(addresses.published()) == []
    assert screen.fileno() >= 0


@pytest.mark.parametrize("kind", ["link to another's screen", "link to nowhere", "file", "directory", "pipe"])
def test_only_a_socket_of_the_machine_s_own_is_connected_to(
    addresses: PathAddresses, screen: socket.socket, kind: str
) -> None:
    addresses.publish(a_machine())
    path = socket_path(addresses.data_dir)
    real = path.rename(socket_path(addresses.data_dir, OTHER))
    match kind:
        case "link to another's screen":
            path.symlink_to(real)
        case "link to nowhere":
            path.symlink_to("nowhere")
        case "file":
            path.write_text("")
        case "directory":
            path.mkdir()
        case _:
            os.mkfifo(path)
    with pytest.raises(MachineNotFound):
        addresses.open_socket(MINE)
    with pytest.raises(Temporary):
        addresses.publish(a_machine())
    assert screen.fileno() >= 0


def test_what_was_never_published_is_not_reached(addresses: PathAddresses, screen: socket.socket) -> None:
    for machine_id in (MINE, OTHER, "", "..", "../machines"):
        with pytest.raises(MachineNotFound):
            addresses.open_socket(machine_id)
    assert screen.fileno() >= 0


@pytest.mark.parametrize("machine_id", ["", "..", "../../etc/x", "i-0123456789abcdef0"])
def test_only_our_machines_get_an_address(addresses: PathAddresses, machine_id: str) -> None:
    with pytest.raises(Permanent):
        addresses.publish(a_machine(machine_id))


def test_a_name_that_is_no_machine_s_is_not_shown(addresses: PathAddresses, screen: socket.socket) -> None:
    addresses.publish(a_machine())
    (addresses.data_dir / "run/addresses/README").write_text("")
    (addresses.data_dir / "run/addresses" / OTHER).write_text("no link")
    assert [(record.machine_id, record.ours) for record in addresses.published()] == [(MINE, True), (OTHER, False)]
    assert screen.fileno() >= 0


def test_unreadable_is_not_empty(addresses: PathAddresses) -> None:
    (addresses.data_dir / "run").mkdir()
    (addresses.data_dir / "run/addresses").write_text("no directory")
    with pytest.raises(Temporary):
        addresses.published()
