"""An answer without a body says nothing: botocore takes one that was cut off in its headers for an empty success."""

from typing import Any

from botocore.parsers import ResponseParserError


def refuse_empty_answers(client: Any) -> Any:  # noqa: ANN401  a client of any service that always answers with a body
    """The client, which raises ResponseParserError for them; `translating` makes that Temporary.

    Without it GetItem would say of a meeting that is there that it is not (invariant I8). The answers of DynamoDB and
    of Secrets Manager are JSON objects, `{}` where there is nothing to say.
    """
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{service}", _refuse)
    return client


def _refuse(response_dict: dict[str, Any], **_: object) -> None:
    if not response_dict["body"]:
        raise ResponseParserError("the answer has no body: it was cut off on its way")
