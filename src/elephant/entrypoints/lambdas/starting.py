"""What a function does before its first event."""

from elephant.bootstrap.aws import prepare
from elephant.bootstrap.aws_parts import Part
from elephant.entrypoints.logs import log_to_stderr


def start(*parts: Part) -> None:
    """Each handler's module calls this when Lambda imports it; imported anywhere else, it does nothing.

    Raises Permanent that names every setting that is malformed, or missing and wanted by these parts: then Lambda
    reports the function as broken as soon as it is deployed, and not with the first meeting.
    """
    if prepare(*parts):
        log_to_stderr()
