"""In which parts a recording goes, and when all of it has arrived."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from elephant.domain.upload import (
    MOST_BYTES,
    MOST_PARTS,
    UploadPart,
    fitting,
    part_size_bytes,
    part_sizes,
    what_is_missing,
)
from elephant.wire import upload_bodies

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
