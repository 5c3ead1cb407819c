"""How much of a recording there is room for, in which parts it goes, and when all of it has arrived."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from elephant.agent import manifest
from elephant.domain.upload import (
    BYTES_PER_HOUR,
    MANIFEST_NAME,
    MOST_BYTES,
    MOST_FILES,
    MOST_PARTS,
    UploadPart,
    fitting,
    most_bytes,
    part_size_bytes,
    part_sizes,
    what_is_missing,
    why_no_room,
    why_no_room_for_parts,
)
from elephant.wire import upload_bodies
from tests.support.builders import POLICY, a_meeting, at
from tests.support.upload_worlds import PLACE

MEBIBYTE = 1024**2
sizes = st.integers(1, MOST_BYTES)


def arrived(size_bytes: int) -> list[UploadPart]:
    """All parts of a file, each with a checksum of its own."""
    return [UploadPart(number=n, size_bytes=size, sha256=f"digest {n}") for n, size in part_sizes(size_bytes).items()]


def told(parts: list[UploadPart]) -> list[tuple[int, str]]:
    return [(part.number, part.sha256) for part in parts]


@given(sizes)
def test_the_parts_make_up_the_file_and_s3_takes_them(size_bytes: int) -> None:
    parts = part_sizes(size_bytes)
    assert sum(parts.values()) == size_bytes
    assert list(parts) == list(range(1, len(parts) + 1))
    assert 1 <= len(parts) <= MOST_PARTS
    *all_but_the_last, last = parts.values()
    assert set(all_but_the_last) <= {part_size_bytes(size_bytes)}
    assert 0 < last <= part_size_bytes(size_bytes)
    # Amazon S3 User Guide, "Amazon S3 multipart upload limits"
    assert 5 * MEBIBYTE <= part_size_bytes(size_bytes) <= 5 * 1024 * MEBIBYTE


@given(sizes)
def test_a_whole_file_lacks_nothing_and_all_its_parts_fit(size_bytes: int) -> None:
    parts = arrived(size_bytes)
    assert fitting(parts, size_bytes) == tuple(parts)
    assert what_is_missing(size_bytes, told(parts), parts) is None
    assert what_is_missing(size_bytes, told(parts), [*parts, replace(parts[0], number=len(parts) + 1)]) is None


@given(sizes, st.data())
def test_anything_else_lacks_something(size_bytes: int, data: st.DataObject) -> None:
    parts = arrived(size_bytes)
    place = data.draw(st.integers(0, len(parts) - 1))
    one, others = parts[place], [part for part in parts if part is not parts[place]]
    assert what_is_missing(size_bytes, told(parts), others)
    assert what_is_missing(size_bytes, told(others), parts)
    assert what_is_missing(size_bytes, told(parts), [*others, replace(one, sha256="another")])
    assert what_is_missing(size_bytes, told(parts), [*others, replace(one, size_bytes=one.size_bytes + 1)])
    assert what_is_missing(size_bytes + 1, told(parts), parts)
    assert what_is_missing(size_bytes, told([*parts, parts[-1]]), parts)
    longer = replace(one, size_bytes=one.size_bytes + 1)
    assert fitting([longer, replace(one, sha256="")], size_bytes) == ()


def test_requests_are_held_to_the_same_numbers() -> None:
    assert (upload_bodies.MOST_BYTES, upload_bodies.MOST_PARTS) == (MOST_BYTES, MOST_PARTS)


def test_there_is_room_for_each_hour_that_a_desktop_was_booked_for() -> None:
    # from ten minutes before its start
    for deadline, hours in ((-10, 1), (50, 1), (51, 2), (110, 2), (240, 5)):
        assert most_bytes(replace(a_meeting(), deadline=at(deadline)), POLICY) == hours * BYTES_PER_HOUR


def test_files_are_counted_where_they_are_new() -> None:
    files = {f"{number}.mkv": 0 for number in range(MOST_FILES)}
    assert why_no_room(PLACE, 1, files) == "500 files are there"
    assert why_no_room(replace(PLACE, name="0.mkv"), 1, files) is None
    assert why_no_room(replace(PLACE, name=MANIFEST_NAME), 1, files) is None
    del files["0.mkv"]
    assert why_no_room(PLACE, 1, files) is None


def test_the_manifest_is_the_one_that_agents_write() -> None:
    assert manifest.FILE_NAME == MANIFEST_NAME


@given(sizes, st.integers(1, 24))
def test_every_part_of_a_file_for_which_there_is_room_may_be_sent(size_bytes: int, hours: int) -> None:
    place = replace(PLACE, most_bytes=hours * BYTES_PER_HOUR)
    if why_no_room(place, size_bytes, {}) is None:
        assert why_no_room_for_parts(place, arrived(size_bytes)) is None
    else:
        assert size_bytes > place.most_bytes
