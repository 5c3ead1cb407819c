from pathlib import Path

import pytest

from elephant.adapters.embedded.server_place import ServerPlace, read_place, write_place
from elephant.ports.errors import Permanent

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("spki", [None, "abc="])
def test_it_is_read_as_it_was_written(tmp_path: Path, spki: str | None) -> None:
    path = tmp_path / "run" / "server.json"
    place = ServerPlace(public_url="https://a.example", inner_url="http://127.0.0.1:8080", trusted_spki=spki)
    write_place(path, ServerPlace(public_url="x", inner_url="y"))
    write_place(path, place)
    assert read_place(path) == place
    assert [entry.name for entry in path.parent.iterdir()] == ["server.json"]


def test_before_the_first_start_there_is_none(tmp_path: Path) -> None:
    assert read_place(tmp_path / "server.json") is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"[1]", b"{}", b'{"public_url": "a", "other": 1}', b"\xff", b"3"]
)
def test_a_broken_file_is_no_missing_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "server.json"
    path.write_bytes(content)
    with pytest.raises(Permanent, match=r"server\.json cannot be read \(.+\); remove it and start the server again"):
        read_place(path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(Permanent, match=r"server\.json cannot be written"):
        write_place(tmp_path / "run" / "server.json", ServerPlace(public_url="a", inner_url="b"))
