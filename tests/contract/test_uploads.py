"""What every place of recordings promises (ports/uploads.py): in memory, and moto with tests/support/strict_s3.py."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from elephant.domain.upload import (
    MANIFEST_NAME,
    MOST_BEGUN,
    MOST_MANIFEST_BYTES,
    UploadPart,
    UploadPlace,
    part_size_bytes,
)
from elephant.ports.errors import NoRoomForUpload, UploadNotFound, UploadRefused
from elephant.ports.uploads import Upload
from tests.support.upload_worlds import (
    PATH,
    PLACE,
    MemoryWorld,
    S3World,
    UploadWorld,
    described,
    parts_of,
    send,
    sha256_of,
    strict,
    told,
)

USUAL = part_size_bytes(1)
SMALL = b"a manifest"
LARGE = b"\x01" * USUAL + b"the end of it"


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.integration)])
def world(request: pytest.FixtureRequest) -> Iterator[UploadWorld]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    with strict():
        yield S3World(request.getfixturevalue("aws_server"))


def sent(world: UploadWorld, content: bytes, *, only: int | None = None, place: UploadPlace = PLACE) -> Upload:
    """The upload, with all of its parts or just one of them sent."""
    upload = world.uploads.begin(place, len(content))
    parts = parts_of(content)
    for request in world.uploads.part_requests(place, upload.id, described(parts)):
        if only in {None, request.number}:
            assert send(world, request, parts[request.number]) == 200
    return upload


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["one part", "two parts"])
def test_a_file_is_there_when_it_is_complete_and_not_before(world: UploadWorld, content: bytes) -> None:
    upload = sent(world, content)
    assert (upload.part_size_bytes, upload.uploaded) == (USUAL, ())
    assert world.files() == {}
    url = world.uploads.complete(PLACE, upload.id, len(content), told(parts_of(content)))
    assert url.endswith(PATH)
    assert world.files() == {PATH: content}
    # whose answer was lost asks again
    assert world.uploads.complete(PLACE, upload.id, len(content), told(parts_of(content))) == url


def test_what_was_begun_is_gone_on_with(world: UploadWorld) -> None:
    first = sent(world, LARGE, only=1)
    again = world.uploads.begin(PLACE, len(LARGE))
    assert again.id == first.id
    assert again.uploaded == tuple(described(parts_of(LARGE))[:1])
    second = world.uploads.part_requests(PLACE, again.id, described(parts_of(LARGE))[1:])
    assert [send(world, request, parts_of(LARGE)[request.number]) for request in second] == [200]
    world.uploads.complete(PLACE, again.id, len(LARGE), told(parts_of(LARGE)))
    assert world.files() == {PATH: LARGE}


def test_each_file_has_its_own_upload(world: UploadWorld) -> None:
    upload = world.uploads.begin(PLACE, 3)
    others = [
        replace(PLACE, name="one.mkv.2"),
        replace(PLACE, name="one"),
        replace(PLACE, role="student"),
        replace(PLACE, machine_id="i-0123456789abcdef1"),
        replace(PLACE, meeting_id="zzzzzzzz12345678"),
    ]
    ids = {world.uploads.begin(place, 3).id for place in others}
    assert len(ids) == len(others)
    assert upload.id not in ids
    (request,) = world.uploads.part_requests(others[0], upload.id, described({1: b"abc"}))
    assert send(world, request, b"abc") == 404
    with pytest.raises(UploadNotFound):
        world.uploads.complete(others[0], upload.id, 3, told({1: b"abc"}))
    assert world.files() == {}


def test_a_file_of_another_size_has_none_of_the_parts_that_cannot_be_its_own(world: UploadWorld) -> None:
    sent(world, LARGE)
    (first, _) = described(parts_of(LARGE))
    assert world.uploads.begin(PLACE, len(LARGE) + 1).uploaded == (first,)
    assert world.uploads.begin(PLACE, USUAL).uploaded == (first,)
    assert world.uploads.begin(PLACE, len(SMALL)).uploaded == ()


def test_a_part_may_be_sent_again_and_the_last_one_counts(world: UploadWorld) -> None:
    upload = sent(world, b"first")
    with pytest.raises(UploadRefused, match="checksum"):
        world.uploads.complete(PLACE, upload.id, 5, told({1: b"again"}))
    sent(world, b"again")
    assert world.uploads.begin(PLACE, 5).uploaded == tuple(described({1: b"again"}))
    world.uploads.complete(PLACE, upload.id, 5, told({1: b"again"}))
    assert world.files() == {PATH: b"again"}


def test_a_file_may_be_sent_anew_and_replaces_the_one_before(world: UploadWorld) -> None:
    for content in (b"one", b"another"):
        upload = sent(world, content)
        world.uploads.complete(PLACE, upload.id, len(content), told({1: content}))
        assert world.files() == {PATH: content}


def test_other_content_than_was_said_is_not_taken(world: UploadWorld) -> None:
    upload = world.uploads.begin(PLACE, 5)
    (request,) = world.uploads.part_requests(PLACE, upload.id, described({1: b"right"}))
    assert send(world, request, b"wrong") == 400
    assert world.uploads.begin(PLACE, 5).uploaded == ()


@pytest.mark.parametrize(
    ("size_bytes", "parts", "problem"),
    [
        (len(LARGE) - 1, parts_of(LARGE), "part 2 has 13 bytes, and should have 12"),
        (len(LARGE) + 1, parts_of(LARGE), "part 2 has 13 bytes, and should have 14"),
        (USUAL, parts_of(LARGE), "the parts 1 to 1"),
        (3 * USUAL, parts_of(LARGE), "the parts 1 to 3"),
        (len(LARGE), {1: LARGE[:USUAL]}, "the parts 1 to 2"),
        (len(LARGE), {2: b"the end of it", 1: LARGE[:USUAL]}, "the parts 1 to 2"),
        (len(LARGE), {1: LARGE[:USUAL], 2: b"the End of it"}, "part 2 arrived with another checksum"),
    ],
)
def test_a_lie_about_size_or_content_makes_no_file_and_the_truth_does_afterwards(
    world: UploadWorld, size_bytes: int, parts: dict[int, bytes], problem: str
) -> None:
    upload = sent(world, LARGE)
    with pytest.raises(UploadRefused, match=problem):
        world.uploads.complete(PLACE, upload.id, size_bytes, told(parts))
    assert world.files() == {}
    world.uploads.complete(PLACE, upload.id, len(LARGE), told(parts_of(LARGE)))
    assert world.files() == {PATH: LARGE}


def test_a_part_that_is_missing_makes_no_file(world: UploadWorld) -> None:
    upload = sent(world, LARGE, only=2)
    with pytest.raises(UploadRefused, match="part 1 has not arrived"):
        world.uploads.complete(PLACE, upload.id, len(LARGE), told(parts_of(LARGE)))
    assert world.files() == {}


def test_an_upload_that_was_dropped_is_begun_anew(world: UploadWorld) -> None:
    upload = sent(world, SMALL)
    world.forget(upload.id)
    with pytest.raises(UploadNotFound):
        world.uploads.complete(PLACE, upload.id, len(SMALL), told({1: SMALL}))
    (request,) = world.uploads.part_requests(PLACE, upload.id, described({1: SMALL}))
    assert send(world, request, SMALL) == 404
    again = world.uploads.begin(PLACE, len(SMALL))
    assert (again.id == upload.id, again.uploaded) == (False, ())


def test_a_file_of_then_with_another_size_is_not_the_one_that_was_dropped(world: UploadWorld) -> None:
    done = sent(world, b"one")
    world.uploads.complete(PLACE, done.id, 3, told({1: b"one"}))
    with pytest.raises(UploadNotFound):
        world.uploads.complete(PLACE, "never-begun", 4, [(1, sha256_of(b"more"))])


def handed_in(world: UploadWorld, content: bytes, place: UploadPlace) -> None:
    upload = sent(world, content, place=place)
    world.uploads.complete(place, upload.id, len(content), told(parts_of(content)))


def test_a_machine_hands_in_no_more_than_it_may(world: UploadWorld) -> None:
    one, two = (replace(PLACE, name=name, most_bytes=10) for name in ("one", "two"))
    handed_in(world, b"sixsix", one)
    with pytest.raises(NoRoomForUpload, match=r"0\.0 GiB of 0\.0 GiB are there, and this has 0\.0 GiB"):
        world.uploads.begin(two, 5)
    handed_in(world, b"four", two)
    # what is there may be replaced, and gone on with
    handed_in(world, b"six666", one)
    with pytest.raises(NoRoomForUpload):
        world.uploads.begin(one, 7)
    # of other machines nothing counts, nor of what was booked longer since
    handed_in(world, b"sevenss", replace(one, machine_id="i-0123456789abcdef1"))
    handed_in(world, b"sevenss", replace(one, most_bytes=11))


def test_what_was_begun_as_less_is_not_completed_as_more(world: UploadWorld) -> None:
    place = replace(PLACE, most_bytes=10)
    upload = world.uploads.begin(place, 1)
    content = b"eleven byte"
    (request,) = world.uploads.part_requests(place, upload.id, described({1: content}))
    assert send(world, request, content) == 200
    with pytest.raises(NoRoomForUpload):
        world.uploads.complete(place, upload.id, len(content), told({1: content}))
    assert world.files() == {}
    with pytest.raises(NoRoomForUpload, match="part 2 has more than"):
        world.uploads.part_requests(place, upload.id, [UploadPart(number=2, size_bytes=USUAL + 1, sha256="")])


def test_a_manifest_always_finds_room_and_nothing_else_by_its_name(world: UploadWorld) -> None:
    manifest = replace(PLACE, name=MANIFEST_NAME, most_bytes=10)
    handed_in(world, b"0123456789", replace(PLACE, most_bytes=10))
    handed_in(world, b"what of it was not handed in", manifest)
    with pytest.raises(NoRoomForUpload):
        world.uploads.begin(manifest, MOST_MANIFEST_BYTES + 1)


def test_no_more_uploads_are_begun_than_are_ever_under_way(world: UploadWorld) -> None:
    places = [replace(PLACE, name=f"{number:03}") for number in range(MOST_BEGUN + 1)]
    ids = [world.uploads.begin(place, 5).id for place in places[:-1]]
    with pytest.raises(NoRoomForUpload, match=f"{MOST_BEGUN} uploads were begun and not completed"):
        world.uploads.begin(places[-1], 5)
    assert world.uploads.begin(places[0], 5).id == ids[0]
    assert world.uploads.begin(replace(PLACE, name=MANIFEST_NAME), 5).uploaded == ()
    handed_in(world, b"first", places[0])
    assert world.uploads.begin(replace(PLACE, machine_id="i-0123456789abcdef1"), 5).uploaded == ()
