"""A page in a bucket is never taken for an empty one because an answer was cut off."""

from io import BytesIO
from typing import Any

import pytest

from elephant.adapters.aws.buckets import Bucket
from elephant.ports.errors import Temporary


class S3:
    """Answers to GetObject with this."""

    def __init__(self, **answer: Any) -> None:  # noqa: ANN401  what botocore gives
        self._answer = answer

    def get_object(self, **_: str) -> dict[str, Any]:
        return self._answer


def text(client: S3) -> str:
    return Bucket(client, "pages", "123456789012").text("index.html")


def test_an_empty_file_is_one_whose_length_was_told() -> None:
    assert text(S3(Body=BytesIO(), ContentLength=0)) == ""
    assert text(S3(Body=BytesIO(b"static/"), ContentLength=7)) == "static/"
    with pytest.raises(Temporary, match="not whole"):
        text(S3(Body=BytesIO()))
