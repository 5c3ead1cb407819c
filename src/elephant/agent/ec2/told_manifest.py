"""The manifest as it is uploaded: what really arrived, and why the rest did not."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elephant.wire.json_fields import json_object

_SEGMENT = re.compile(r"segment-\d{4,8}\.mkv", re.ASCII)
_MOST_BYTES = 1_000_000


def read_manifest(path: Path) -> dict[str, Any]:
    """Our own manifest; raises OSError, and ValueError where it is none."""
    with path.open("rb") as file:
        manifest = json_object(file.read(_MOST_BYTES), "the contents of the manifest")
    if not isinstance(manifest.get("segments"), list):
        raise ValueError("the manifest must list segments")  # noqa: TRY004  about a text's content
    return manifest


def segment_names(manifest: Mapping[str, Any]) -> list[str]:
    """The files that it lists."""
    names = [each.get("file") for each in manifest["segments"] if isinstance(each, dict)]
    return [name for name in names if isinstance(name, str) and _SEGMENT.fullmatch(name)]


def told_manifest(manifest: Mapping[str, Any], sizes: Mapping[str, int], failed: Mapping[str, str]) -> bytes:
    """The manifest with the sizes of what was uploaded, without what could not be, and a problem for each of those."""
    names = segment_names(manifest)
    segments = [
        {**each, "size_bytes": sizes[each["file"]]}
        for each in manifest["segments"]
        if isinstance(each, dict) and each.get("file") in sizes and each["file"] in names
    ]
    problems = [str(manifest["problem"])] if manifest.get("problem") else []
    problems += [f"{name} could not be uploaded: {reason}" for name, reason in failed.items()]
    told = {**manifest, "segments": segments}
    return json.dumps(told | ({"problem": "; ".join(problems)} if problems else {}), indent=1).encode()
