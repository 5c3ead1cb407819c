"""What comes from the person's session: whole in whatever bits, and refused where it is nothing of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.ec2.screen_stream import GREETING, MOST_BYTES, End, Piece, StreamReader, end, piece


@given(st.lists(st.binary(max_size=50)), st.text(max_size=50), st.integers(1, 40))
def test_what_is_sent_comes_whole_in_any_bits(contents: list[bytes], problem: str, bit: int) -> None:
    sent = b"".join(map(piece, contents)) + end(problem)
    reader = StreamReader()
    come = [part for at in range(0, len(sent), bit) for part in reader.feed(sent[at : at + bit])]
    assert come[:-1] == [Piece(content) for content in contents]
    assert isinstance(come[-1], End)
    assert come[-1].problem.isprintable()


@given(st.lists(st.binary(max_size=200)))
def test_whatever_comes_is_read_or_refused_and_never_kept_for_long(some: list[bytes]) -> None:
    reader = StreamReader()
    try:
        for data in some:
            for part in reader.feed(data):
                assert isinstance(part, Piece | End)
    except ValueError:
        pass
    assert len(reader._rest) <= MOST_BYTES + 200


@pytest.mark.parametrize(
    "data",
    [b"HTTP/1.1 200 OK\r\n", GREETING, b"P" + (MOST_BYTES + 1).to_bytes(4), end("") + piece(b"more")],
    ids=["of a web server", "a greeting", "a piece that is too long", "more than the end"],
)
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no recording|behind the end"):
        StreamReader().feed(data)


def test_of_a_long_problem_the_end_is_told_and_nothing_that_a_terminal_would_obey() -> None:
    (told,) = StreamReader().feed(end("x" * 600 + "\x1b[2J\nno disk"))
    assert isinstance(told, End)
    assert told.problem.endswith("x [2J no disk")
    assert len(told.problem) <= 500
