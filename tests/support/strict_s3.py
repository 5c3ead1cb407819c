"""What S3 verifies of an upload in parts, put into moto in its place.

What moto lacks and this supplies (moto 5.2): it looks at no signature, takes any checksum of a part for right, lists
none, completes an upload whatever checksums are named, and falls over a part of an upload that it does not know. An
upload that has been completed is known no more (API Reference, CompleteMultipartUpload: NoSuchUpload); moto completes
it again.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.dom import minidom

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.s3.exceptions import InvalidPart, InvalidRequest, NoSuchUpload, S3ClientError, S3SignatureDoesNotMatchError
from moto.s3.models import FakeKey, FakeMultipart
from moto.s3.responses import S3Response

CREDENTIALS = Credentials("nobody", "nothing")
_CHECKSUM = "x-amz-checksum-sha256"


class BadDigest(S3ClientError):
    """The content is not what the checksum says."""

    def __init__(self) -> None:
        super().__init__("BadDigest", "The SHA256 you specified did not match the calculated checksum.")


def make_strict(patch: pytest.MonkeyPatch) -> None:
    """Patch moto's S3."""
    for name, strict in (
        ("upload_part", _upload_part),
        ("list_parts", _list_parts),
        ("_complete_multipart_body", _complete_body),
        ("_key_response_post", _post),
    ):
        patch.setattr(S3Response, name, strict(getattr(S3Response, name)))


Method = Callable[..., Any]


def _upload_part(lenient: Method) -> Method:
    def upload_part(self: S3Response) -> Any:  # noqa: ANN401  moto's
        _verify_signature(self)
        multipart = _multipart(self)
        digest = base64.b64encode(hashlib.sha256(self.body).digest()).decode()
        if multipart.metadata.get("x-amz-checksum-algorithm") == "SHA256":
            if _CHECKSUM not in self.headers:
                raise InvalidRequest("UploadPart")
            if self.headers[_CHECKSUM] != digest:
                raise BadDigest
        answer = lenient(self)
        multipart.parts[self._get_int_param("partNumber")].checksum_value = digest
        return answer

    return upload_part


def _list_parts(lenient: Method) -> Method:
    def list_parts(self: S3Response) -> Any:  # noqa: ANN401  moto's
        parts = _multipart(self).parts
        status, headers, body = lenient(self)
        document = _xml(body)
        for element in document.getElementsByTagName("Part"):
            checksum = document.createElement("ChecksumSHA256")
            checksum.appendChild(document.createTextNode(_checksum(parts[int(_text(element, "PartNumber"))])))
            element.appendChild(checksum)
        return status, headers, document.toxml()

    return list_parts


def _complete_body(lenient: Method) -> Method:
    def complete_body(self: S3Response, body: bytes) -> Any:  # noqa: ANN401  moto's
        multipart = _multipart(self)
        for element in _xml(body).getElementsByTagName("Part"):
            part = multipart.parts.get(int(_text(element, "PartNumber")))
            if part is None or _text(element, "ChecksumSHA256") != _checksum(part):
                raise InvalidPart
        return lenient(self, body)

    return complete_body


def _post(lenient: Method) -> Method:
    def post(self: S3Response, request: Any, body: bytes, bucket: str, query: Any, key: str) -> Any:  # noqa: ANN401
        if query.get("uploadId") and query["uploadId"][0] not in self.backend.get_bucket(bucket).multiparts:
            raise NoSuchUpload(upload_id=query["uploadId"][0])
        return lenient(self, request, body, bucket, query, key)

    return post


def _xml(text: bytes | str) -> minidom.Document:
    return minidom.parseString(text)  # noqa: S318  moto's own, or botocore's


def _multipart(response: S3Response) -> FakeMultipart:
    """The upload that a request names, which has to be one of its key."""
    upload_id = response._get_param("uploadId")
    found = response.backend.get_bucket(response.bucket_name).multiparts.get(upload_id)
    if found is None or found.key_name != response.parse_key_name():
        raise NoSuchUpload(upload_id=upload_id)
    return found


def _checksum(part: FakeKey) -> str:
    return str(part.checksum_value)


def _text(element: minidom.Element, name: str) -> str:
    found = element.getElementsByTagName(name)
    return "".join(node.data for each in found for node in each.childNodes if isinstance(node, minidom.Text))


def _verify_signature(response: S3Response) -> None:
    """That of a presigned request; every header that was signed has to come, as it was signed."""
    url = urlsplit(response.uri)
    query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    if "X-Amz-Signature" not in query:
        return
    if signature_of(response.method, response.uri, response.headers, query) != query["X-Amz-Signature"]:
        raise S3SignatureDoesNotMatchError


def signature_of(method: str, uri: str, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """What the signature of a presigned request has to be, with these headers."""
    signed = query["X-Amz-SignedHeaders"].split(";")
    unsigned = "&".join(part for part in urlsplit(uri).query.split("&") if not part.startswith("X-Amz-Signature="))
    request = AWSRequest(
        method=method,
        url=f"{uri.partition('?')[0]}?{unsigned}",
        headers={name: headers[name] for name in signed if name in headers},
    )
    request.context["timestamp"] = query["X-Amz-Date"]
    _, _, region, service, _ = query["X-Amz-Credential"].split("/")
    auth = S3SigV4QueryAuth(CREDENTIALS, service, region)
    return str(auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request))
