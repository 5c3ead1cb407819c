"""Recordings in S3: what a presigned request is good for, and what becomes of faults on the way."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.stub import Stubber

from elephant.adapters.aws.empty_answers import refuse_empty_answers
from elephant.adapters.aws.s3 import REQUEST_LASTS_SECONDS, S3Uploads
from elephant.ports.errors import ElephantError, Permanent, Temporary, UploadRefused
from elephant.ports.uploads import PartRequest
from tests.support.frail_gate import Fault, FrailGate
from tests.support.upload_worlds import (
    PATH,
    PLACE,
    REGION,
    S3World,
    described,
    put_over_http,
    s3_config,
    send,
    sha256_of,
    strict,
    told,
)

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer

pytestmark = pytest.mark.integration

CONTENT = b"a recording"
CHECKSUM = "x-amz-checksum-sha256"


@pytest.fixture
def world(aws_server: "AwsServer") -> Iterator[S3World]:
    with strict():
        yield S3World(aws_server)


@pytest.fixture
def request_of(world: S3World) -> PartRequest:
    """A request for the only part of a file."""
    upload = world.uploads.begin(PLACE, len(CONTENT))
    (request,) = world.uploads.part_requests(PLACE, upload.id, described({1: CONTENT}))
    return request


# --- what is presigned ------------------------------------------------------------------------------------------------


def test_a_request_is_for_an_hour_and_signs_length_and_checksum(request_of: PartRequest) -> None:
    query = parse_qs(urlsplit(request_of.url).query)
    assert query["X-Amz-SignedHeaders"] == [f"content-length;host;{CHECKSUM}"]
    assert query["X-Amz-Expires"] == [str(REQUEST_LASTS_SECONDS)] == ["3600"]
    assert request_of.headers == {CHECKSUM: sha256_of(CONTENT)}


def test_a_request_names_the_bucket_s_own_host_in_its_region(aws_server: "AwsServer") -> None:
    from botocore.session import Session  # noqa: PLC0415  a client of the real endpoint, which is not called

    session = Session()
    session.set_credentials("nobody", "nothing")
    for region in (REGION, "us-east-1"):
        client: Any = session.create_client("s3", region_name=region, config=s3_config())
        (request,) = S3Uploads(client, "recordings").part_requests(PLACE, "an+id/=", described({1: CONTENT}))
        url = urlsplit(request.url)
        assert (url.scheme, url.netloc) == ("https", f"recordings.s3.{region}.amazonaws.com")
        assert url.path == f"/{PATH}"


def test_a_request_is_good_for_that_content_and_for_no_other(world: S3World, request_of: PartRequest) -> None:
    url, other = request_of.url, b"a rekording"
    assert put_over_http(url, request_of.headers, other) == 400
    assert put_over_http(url, {CHECKSUM: sha256_of(other)}, other) == 403
    assert put_over_http(url, {}, CONTENT) == 403
    assert put_over_http(url, request_of.headers, CONTENT + b"!") == 403
    assert put_over_http(url.replace("partNumber=1", "partNumber=2"), request_of.headers, CONTENT) == 403
    assert put_over_http(url.replace("one.mkv", "two.mkv"), request_of.headers, CONTENT) == 403
    assert put_over_http(url.replace("Expires=3600", "Expires=9999"), request_of.headers, CONTENT) == 403
    assert world.uploads.begin(PLACE, len(CONTENT)).uploaded == ()
    assert send(world, request_of, CONTENT) == 200


# --- faults -----------------------------------------------------------------------------------------------------------


def begin(world: S3World, uploads: S3Uploads) -> None:
    first = uploads.begin(PLACE, len(CONTENT))
    assert world.uploads.begin(PLACE, len(CONTENT)) == first


def complete(world: S3World, uploads: S3Uploads) -> None:
    upload = world.uploads.begin(PLACE, len(CONTENT))
    (request,) = world.uploads.part_requests(PLACE, upload.id, described({1: CONTENT}))
    assert send(world, request, CONTENT) == 200
    url = uploads.complete(PLACE, upload.id, len(CONTENT), told({1: CONTENT}))
    assert url == f"https://{world.bucket}.s3.{REGION}.amazonaws.com/{PATH}"
    assert world.files() == {PATH: CONTENT}


WORKS = pytest.mark.parametrize("work", [begin, complete])
Work = Callable[[S3World, S3Uploads], None]


def uploads_by(gate: FrailGate, world: S3World, attempts: int, seconds: float) -> S3Uploads:
    """The same bucket by way of the gate, with a client of its own."""
    from botocore.session import Session  # noqa: PLC0415

    session = Session()
    session.set_credentials("nobody", "nothing")
    config = s3_config(read_timeout=seconds, retries={"mode": "standard", "total_max_attempts": attempts})
    client: Any = session.create_client(
        "s3", region_name=REGION, endpoint_url=f"http://127.0.0.1:{gate.port}", config=config
    )
    return S3Uploads(refuse_empty_answers(client), world.bucket)


@WORKS
@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.HANGS, Fault.LOST, Fault.TWICE])
def test_one_fault_anywhere_is_overcome_within_the_call(world: S3World, work: Work, fault: Fault) -> None:
    port = int(world.server.url.rpartition(":")[2])
    # only who hangs has to be given up
    attempts, seconds = (6, 0.5) if fault is Fault.HANGS else (3, 20.0)
    with FrailGate(port, late_seconds=1) as gate:
        for number in range(1, 5):
            gate.plan({number: fault})
            work(world, uploads_by(gate, world, attempts, seconds))
            if gate.exchanges < number:
                return
        pytest.fail("there is always another exchange")


@WORKS
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.LOST, Fault.CUT])
def test_i8_what_lasts_is_temporary(world: S3World, work: Work, fault: Fault) -> None:
    port = int(world.server.url.rpartition(":")[2])
    with FrailGate(port, late_seconds=1) as gate:
        gate.plan(always=fault)
        with pytest.raises(Temporary, match="RECORDINGS_BUCKET"):
            work(world, uploads_by(gate, world, 2, 20.0))


def refused(world: S3World, answers: Callable[[Stubber], None], work: Callable[[], object]) -> ElephantError:
    """What is raised where S3 answers so."""
    with Stubber(world.client) as stub:
        answers(stub)
        with pytest.raises(ElephantError) as raised:
            work()
        stub.assert_no_pending_responses()
    return raised.value


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("SlowDown", 503, Temporary),
        ("InternalError", 500, Temporary),
        ("AccessDenied", 403, Permanent),
        ("NoSuchBucket", 404, Permanent),
    ],
)
def test_i8_a_refusal_is_not_a_file_that_is_missing(
    world: S3World, code: str, status: int, kind: type[ElephantError]
) -> None:
    def listing(stub: Stubber) -> None:
        stub.add_client_error("list_multipart_uploads", code, "no", status)

    def parts(stub: Stubber) -> None:
        stub.add_client_error("list_parts", code, "no", status)

    def file(stub: Stubber) -> None:
        stub.add_client_error("list_parts", "NoSuchUpload", "gone", 404)
        stub.add_client_error("list_objects_v2", code, "no", status)

    done = [(1, sha256_of(CONTENT))]
    for answers, work in (
        (listing, lambda: world.uploads.begin(PLACE, 1)),
        (parts, lambda: world.uploads.complete(PLACE, "an-id", 1, done)),
        (file, lambda: world.uploads.complete(PLACE, "an-id", 1, done)),
    ):
        error = refused(world, answers, work)
        assert isinstance(error, kind)
        assert "RECORDINGS_BUCKET" in str(error)


def listed(stub: Stubber) -> None:
    part = {"PartNumber": 1, "Size": len(CONTENT), "ETag": '"e"', "ChecksumSHA256": sha256_of(CONTENT)}
    stub.add_response("list_parts", {"Parts": [part]})
    stub.add_response("list_objects_v2", {})


def test_a_part_that_changes_while_it_is_completed_is_told_as_such(world: S3World) -> None:
    def answers(stub: Stubber) -> None:
        listed(stub)
        stub.add_client_error("complete_multipart_upload", "InvalidPart", "no", 400)

    error = refused(world, answers, lambda: world.uploads.complete(PLACE, "an-id", len(CONTENT), told({1: CONTENT})))
    assert isinstance(error, UploadRefused)


def test_answers_that_are_not_whole_are_temporary(world: S3World) -> None:
    def created(stub: Stubber) -> None:
        stub.add_response("list_multipart_uploads", {})
        stub.add_response("list_objects_v2", {})
        stub.add_response("create_multipart_upload", {})

    def completed(stub: Stubber) -> None:
        listed(stub)
        stub.add_response("complete_multipart_upload", {})

    done = told({1: CONTENT})
    assert isinstance(refused(world, created, lambda: world.uploads.begin(PLACE, 1)), Temporary)
    error = refused(world, completed, lambda: world.uploads.complete(PLACE, "an-id", len(CONTENT), done))
    assert isinstance(error, Temporary)


def test_an_upload_of_a_longer_name_is_another_file_s(world: S3World) -> None:
    with Stubber(world.client) as stub:
        longer = {"Key": f"{PATH}.2", "UploadId": "another"}
        stub.add_response("list_multipart_uploads", {"Uploads": [longer]})
        stub.add_response("list_objects_v2", {})
        stub.add_response("create_multipart_upload", {"UploadId": "its own"})
        assert world.uploads.begin(PLACE, 1).id == "its own"
        stub.assert_no_pending_responses()


def test_a_part_without_a_checksum_is_none_of_ours(world: S3World) -> None:
    def answers(stub: Stubber) -> None:
        stub.add_response("list_parts", {"Parts": [{"PartNumber": 1, "Size": len(CONTENT), "ETag": '"e"'}]})
        stub.add_response("list_objects_v2", {})

    error = refused(world, answers, lambda: world.uploads.complete(PLACE, "an-id", len(CONTENT), told({1: CONTENT})))
    assert isinstance(error, UploadRefused)
