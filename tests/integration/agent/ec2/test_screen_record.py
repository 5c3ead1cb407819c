"""Both halves of a session's recorder as processes: what is recorded, and who may hang, die, flood and lie."""

import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from elephant.agent.ec2.screen_stream import GREETING, piece
from elephant.agent.ec2.screen_stream import end as the_end
from tests.integration.agent.ec2.machine_world import PATIENCE_SECONDS, eventually
from tests.integration.agent.ec2.screen_world import ScreenWorld, end

pytestmark = pytest.mark.integration

WHOLE = re.compile(rb"begun \.* ended")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[ScreenWorld]:
    world = ScreenWorld(tmp_path)
    yield world
    world.clear_away()


def test_what_the_recorder_writes_is_in_the_file_to_its_last_word(screen: ScreenWorld) -> None:
    screen.show_as_pythonw_would()
    record = screen.record()
    screen.await_content(b"begun ..")
    assert end(record) == 0
    assert WHOLE.fullmatch((screen.here / "segment-0001.mkv").read_bytes())
    eventually(lambda: not screen.recorders(), "the recorder has ended")


def test_a_recorder_that_is_deaf_is_killed_and_what_it_wrote_is_kept(
    screen: ScreenWorld, caplog: pytest.LogCaptureFixture
) -> None:
    screen.settings["close_seconds"] = 0.3
    screen.mode("deaf")
    path = screen.here / "segment-0001.mkv"
    with screen.show_here():
        told = screen.record_here(caplog, is_over=path.exists)
    assert told == "the recorder did not end in time and was killed"
    assert path.read_bytes() == b"begun "
    assert not screen.recorders()


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("dies", "the recorder ended with 3"),
        ("fails", "the recorder ended with 1: no screen here"),
        # as gdigrab does when Windows shows a screen that no program may see
        ("leaves", "the recorder ended with 0"),
    ],
)
def test_a_recorder_that_ends_by_itself_has_failed(
    screen: ScreenWorld, caplog: pytest.LogCaptureFixture, mode: str, said: str
) -> None:
    screen.mode(mode)
    with screen.show_here():
        assert said in screen.record_here(caplog)
    assert (screen.here / "segment-0001.mkv").exists() == (mode == "dies")


def test_until_its_first_byte_a_recording_is_tried_again(screen: ScreenWorld) -> None:
    screen.settings["wait_seconds"] = PATIENCE_SECONDS
    screen.mode("fails")
    screen.show()
    record = screen.record()
    eventually(lambda: len(screen.log("started").split()) >= 2, "it was tried again")
    screen.mode("")
    screen.await_content(b"begun ")
    assert end(record) == 0


def test_a_program_that_is_missing_is_named(screen: ScreenWorld, caplog: pytest.LogCaptureFixture) -> None:
    screen.settings["recorder"] = ["no-such-recorder"]
    with screen.show_here():
        assert "no-such-recorder cannot be run" in screen.record_here(caplog)


def test_where_nobody_shows_the_screen_the_session_is_told_to_and_then_it_is_a_failure(screen: ScreenWorld) -> None:
    screen.settings["wake"] = ["/bin/sh", "-c", f"echo woken >> '{screen.here}/woken'"]
    assert screen.record().wait(PATIENCE_SECONDS) == 1
    assert f"nobody in the person's session answers on port {screen.port}" in screen.last_line()
    assert screen.log("woken")
    assert not (screen.here / "segment-0001.mkv").exists()


def test_who_waits_for_a_screen_ends_at_once_when_told_to(screen: ScreenWorld) -> None:
    screen.settings["wait_seconds"] = 10 * PATIENCE_SECONDS
    screen.settings["wake"] = [str(screen.here / "no-such-command")]
    record = screen.record()
    eventually(lambda: "cannot be told to record" in screen.log("segment-0001.mkv.log"), "it waits")
    record.terminate()
    assert record.wait(PATIENCE_SECONDS) == 0


def test_a_session_that_ends_closes_the_segment_in_good_order(screen: ScreenWorld) -> None:
    shown = screen.show()
    record = screen.record()
    screen.await_content(b"begun ..")
    shown.terminate()
    assert (shown.wait(PATIENCE_SECONDS), record.wait(PATIENCE_SECONDS)) == (0, 1)
    assert screen.last_line().endswith("the person's session ends")
    assert WHOLE.fullmatch((screen.here / "segment-0001.mkv").read_bytes())


def test_a_new_recording_ends_the_one_of_an_agent_that_was_killed(screen: ScreenWorld) -> None:
    screen.show()
    before = screen.record()
    screen.await_content(b"begun ..")
    after = screen.record("segment-0002.mkv")
    screen.await_content(b"begun ..", "segment-0002.mkv")
    assert before.wait(PATIENCE_SECONDS) == 1
    assert screen.last_line().endswith("another recording began")
    assert WHOLE.fullmatch((screen.here / "segment-0001.mkv").read_bytes())
    assert len(screen.recorders()) == 1
    assert end(after) == 0


def test_a_page_of_the_web_begins_no_recording_and_disturbs_none_and_one_that_nobody_takes_ends(
    screen: ScreenWorld,
) -> None:
    screen.show()
    record = screen.record()
    screen.await_content(b"begun ..")
    with socket.create_connection(("127.0.0.1", screen.port), timeout=PATIENCE_SECONDS) as page:
        page.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + GREETING)
        with suppress(ConnectionResetError):  # what it said was not even read
            assert page.recv(1) == b""
    assert len(screen.log("started").split()) == len(screen.recorders()) == 1
    record.kill()
    eventually(lambda: not screen.recorders(), "the recorder has ended")


def test_the_port_is_held_by_one_and_on_loopback_alone(screen: ScreenWorld) -> None:
    screen.show()
    assert screen._start("second.log", "-m", "elephant.agent.ec2.screen", str(screen.write_settings())).wait() == 4
    assert f"port {screen.port}" in screen.log("second.log")
    with socket.socket() as elsewhere:
        elsewhere.settimeout(PATIENCE_SECONDS)
        assert elsewhere.connect_ex(("127.0.0.2", screen.port)) != 0


@pytest.mark.parametrize(
    ("sends", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "what came is no recording"),
        (the_end("\x1b[31mwhatever"), "[31mwhatever"),
        (the_end(""), "the recording ended, and nobody wanted it to"),
        (b"", "nothing came out of the person's session for 0.3 s"),
        (piece(b"begun "), "nothing came out of the person's session for 0.3 s"),
    ],
    ids=["another server", "a lie", "nothing", "silence", "silence after a while"],
)
def test_whoever_else_has_the_port_costs_the_recording_alone(
    screen: ScreenWorld, caplog: pytest.LogCaptureFixture, sends: bytes, said: str
) -> None:
    screen.settings["silent_seconds"] = 0.3
    with screen.impostor(sends):
        told = screen.record_here(caplog)
    assert said in told
    assert told.isprintable()


def test_a_flood_ends_where_the_disk_has_to_stay_free(
    screen: ScreenWorld, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([3, 2, 1, 0])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=next(free) * 1024**2))
    screen.settings["keep_free_mib"] = 1
    with screen.impostor(piece(bytes(65536)), for_ever=True):
        assert "less than 1 MiB of the disk are free" in screen.record_here(caplog)
    assert (screen.here / "segment-0001.mkv").stat().st_size < 4 * 8 * 1024**2


def test_a_flood_does_not_keep_a_recording_from_ending(
    screen: ScreenWorld, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elephant.agent.ec2.record._FAREWELL_SECONDS", 0.1)
    screen.settings["close_seconds"] = 0.2
    path = screen.here / "segment-0001.mkv"
    with screen.impostor(piece(b"x"), for_ever=True):
        assert "did not end the recording in time" in screen.record_here(caplog, is_over=path.exists)


def test_a_file_that_cannot_be_written_is_named(screen: ScreenWorld, caplog: pytest.LogCaptureFixture) -> None:
    (screen.here / "segment-0001.mkv").mkdir()
    with screen.impostor(piece(b"x")):
        assert "segment-0001.mkv cannot be written" in screen.record_here(caplog)
