"""Who reads a table's stream: every page of it, and never nobody because an answer was cut off."""

from typing import Any

import pytest

from elephant.adapters.aws.inspection import Inspection
from elephant.ports.errors import Temporary

STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/meetings/stream/2026-11-01T00:00:00.000"


class Lambda:
    """Answers with these pages, one after the other."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages, self.asked = list(pages), list[dict[str, str]]()

    def list_event_source_mappings(self, **request: str) -> dict[str, Any]:
        self.asked.append(request)
        return self.pages.pop(0)


def mapping(name: str) -> dict[str, str]:
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
    return {"UUID": f"id of {name}", "FunctionArn": arn, "State": "Enabled", "LastProcessingResult": "OK"}


def test_every_page_is_read_and_an_alias_is_its_function() -> None:
    pages = (
        {"EventSourceMappings": [mapping("one")], "NextMarker": "more"},
        {"EventSourceMappings": [mapping("two:live")]},
    )
    client = Lambda(*pages)
    found = Inspection({"lambda": client}).stream_readers(STREAM)
    assert [(each.id, each.function_name) for each in found] == [("id of one", "one"), ("id of two:live", "two")]
    assert client.asked == [{"EventSourceArn": STREAM}, {"EventSourceArn": STREAM, "Marker": "more"}]


@pytest.mark.parametrize("answer", [{}, {"EventSourceMappings": [{"UUID": "one"}]}])
def test_an_answer_that_is_not_whole_is_not_nobody(answer: dict[str, Any]) -> None:
    with pytest.raises(Temporary, match="not whole"):
        Inspection({"lambda": Lambda(answer)}).stream_readers(STREAM)
