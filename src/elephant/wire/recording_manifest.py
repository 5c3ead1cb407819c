"""What a desktop's manifest of its recordings says, as far as it can be believed."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

_SEGMENT = re.compile(r"segment-[0-9]{4,8}\.mkv")
_PROBLEM_CHARACTERS = 500


def is_segment(name: str) -> bool:
    """True for the name of a recording's file; anything else must not become part of a path."""
    return _SEGMENT.fullmatch(name) is not None


def parse_manifest(
    meeting_id: str, role: str, content: bytes, is_file: Callable[[str], bool] = is_segment
) -> dict[str, Any]:
    """`{meeting_id, role, segments: [{file, started_at, ended_at, size_bytes}], problem?}`, for this seat.

    `is_file` says which names a recording's files can have.

    A person at the desktop can write anything there, so every value is checked, unknown ones are left out (addresses
    above all), and so are segments that cannot be understood. Raises ValueError for what is no manifest.
    """
    try:
        given = json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(given, dict) or not isinstance(given.get("segments"), list):
        raise ValueError("it lists no segments")  # noqa: TRY004  about a text's content
    segments = [segment for each in given["segments"] if (segment := _segment(each, is_file)) is not None]
    manifest: dict[str, Any] = {"meeting_id": meeting_id, "role": role, "segments": segments}
    problem = given.get("problem")
    return manifest | {"problem": _sendable(problem[:_PROBLEM_CHARACTERS])} if isinstance(problem, str) else manifest


def _sendable(text: str) -> str:
    """Half of a surrogate pair, which JSON can hold and no answer of ours can, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _segment(given: object, is_file: Callable[[str], bool]) -> dict[str, Any] | None:
    if not isinstance(given, dict):
        return None
    name, size_bytes = given.get("file"), given.get("size_bytes")
    if not isinstance(name, str) or not is_file(name):
        return None
    if not isinstance(size_bytes, int) or isinstance(size_bytes, bool) or size_bytes < 0:
        size_bytes = None
    times = {field: _time(given.get(field)) for field in ("started_at", "ended_at")}
    return {"file": name, **times, "size_bytes": size_bytes}


def _time(given: object) -> str | None:
    """A time in UTC with a Z, or None for anything else."""
    if not isinstance(given, str):
        return None
    try:
        at = datetime.fromisoformat(given)
        return None if at.tzinfo is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None
