"""The data directory and its secrets."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elephant.adapters.embedded.files import lock_data_dir, prepare_data_dir, secret_in
from elephant.ports.errors import Permanent

pytestmark = pytest.mark.integration


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_directory_is_made_for_its_owner_only(tmp_path: Path) -> None:
    data_dir = tmp_path / "deep" / "data"
    prepare_data_dir(data_dir)
    prepare_data_dir(data_dir)
    assert mode(data_dir) == 0o700
    assert list(data_dir.iterdir()) == []


def test_an_empty_directory_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    prepare_data_dir(tmp_path)
    assert mode(tmp_path) == 0o700


def test_a_directory_of_others_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    (tmp_path / "theirs").touch()
    with pytest.raises(Permanent, match=r"open to others and not empty.*chmod 700.*--data-dir"):
        prepare_data_dir(tmp_path)
    assert mode(tmp_path) == 0o1777
    tmp_path.chmod(0o700)
    prepare_data_dir(tmp_path)


@pytest.mark.parametrize("place", ["file", "file/below", "link"])
def test_something_in_its_place(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "at" / "all")
    with pytest.raises(Permanent, match=r"cannot be written \(.+\).*--data-dir or ELEPHANT_DATA_DIR"):
        prepare_data_dir(tmp_path / place)


def test_a_place_where_nothing_can_be_made() -> None:
    with pytest.raises(Permanent, match="cannot be written"):
        prepare_data_dir(Path("/proc/elephant"))


def test_a_directory_that_may_not_be_written(tmp_path: Path) -> None:
    """Root may write anywhere, so it goes without the rights that make it so (capabilities(7))."""
    without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    script = (
        "import sys; from pathlib import Path; "
        "from elephant.adapters.embedded.files import prepare_data_dir; prepare_data_dir(Path(sys.argv[1]))"
    )
    tmp_path.chmod(0o500)
    command = [*without, sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "cannot be written (Permission denied)" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_read_only_mount(tmp_path: Path) -> None:
    script = (
        'mount -t tmpfs -o ro,mode=0700 tmpfs "$1" || exit 77; '
        'exec "$2" -c "import sys; from pathlib import Path; '
        'from elephant.adapters.embedded.files import prepare_data_dir; prepare_data_dir(Path(sys.argv[1]))" "$1"'
    )
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path), sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"mounts are not allowed here: {done.stderr.strip()}")
    assert "cannot be written (Read-only file system)" in done.stderr


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "host_token"
    secret = secret_in(path)
    assert len(secret) == 43
    assert secret_in(path) == secret
    assert secret_in(tmp_path / "other") != secret
    assert mode(path) == 0o600
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["host_token", "other"]


def test_all_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    for number in range(10):
        path = tmp_path / str(number)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(secret_in, [path] * 8))) == 1
    assert len(list(tmp_path.iterdir())) == 10


def test_a_secret_of_one_s_own_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "host_token"
    path.write_text("  sixteen-letters-\n")
    assert secret_in(path) == "sixteen-letters-"


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 40])
def test_a_file_without_a_secret(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "host_token"
    path.write_bytes(content)
    with pytest.raises(Permanent, match="remove it to have one made") as told:
        secret_in(path)
    assert str(path) in str(told.value)
    assert path.read_bytes() == content


def test_a_secret_that_cannot_be_kept(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="No such file or directory"):
        secret_in(tmp_path / "nowhere" / "host_token")
    (tmp_path / "folder").mkdir()
    with pytest.raises(Permanent, match="Is a directory"):
        secret_in(tmp_path / "folder")


def test_one_server_a_directory(tmp_path: Path) -> None:
    held = lock_data_dir(tmp_path)
    assert not os.get_inheritable(held)
    with pytest.raises(Permanent, match=r"another server already serves.*--data-dir"):
        lock_data_dir(tmp_path)
    os.close(held)
    os.close(lock_data_dir(tmp_path))


def test_a_lock_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "server.lock").mkdir()
    with pytest.raises(Permanent, match="Is a directory"):
        lock_data_dir(tmp_path)
