"""The API's answers about uploads: as they must be, or refused."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.wire.upload_messages import Part, PartTarget, UploadBegun, parse_completed, parse_targets

READERS: list[Callable[[bytes], object]] = [UploadBegun.parse, parse_targets, parse_completed]


def test_answers_are_read() -> None:
    begun = UploadBegun.parse(
        b'{"upload_id": "u", "part_size_bytes": 5, "uploaded": [{"number": 1, "size_bytes": 5, "sha256": "x="}]}'
    )
    assert begun == UploadBegun(upload_id="u", part_size_bytes=5, uploaded=(Part(number=1, size_bytes=5, sha256="x="),))
    (target,) = parse_targets(b'{"parts": [{"number": 2, "url": "https://s3", "headers": {"a": "b"}}]}')
    assert target == PartTarget(number=2, url="https://s3", headers={"a": "b"})
    assert parse_completed(b'{"url": "https://s3"}') == "https://s3"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"upload_id": "u", "part_size_bytes": 0, "uploaded": []}', "part_size_bytes must be a whole number from 1"),
        (b'{"upload_id": "u", "part_size_bytes": true, "uploaded": []}', "part_size_bytes must be"),
        (b'{"upload_id": "u", "part_size_bytes": 5, "uploaded": [1]}', "uploaded must be a list of JSON objects"),
        (b'{"upload_id": "u", "part_size_bytes": 5, "uploaded": [{"number": 0}]}', "uploaded must be number must be"),
        (b'{"part_size_bytes": 5, "uploaded": []}', "upload_id is missing"),
    ],
)
def test_what_is_wrong_is_named(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        UploadBegun.parse(content)


@given(st.binary())
def test_any_bytes_are_an_answer_or_refused(content: bytes) -> None:
    for read in READERS:
        with pytest.raises(ValueError, match="the contents of the answer"):
            read(content)
