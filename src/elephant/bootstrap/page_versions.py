"""Which files of the pages nobody asks for any more.

Scripts and styles lie in `static/DIGEST/`, named by their content, so a deployment adds a folder and takes none away. A
page that is open goes on to ask for the folder of the version that it is of: that of the deployment before stays.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

_IN_A_FOLDER = re.compile(r"(static/[0-9a-f]{16}/)[A-Za-z0-9._-]+")
"""As `write_site` names them; whatever else is in the bucket is not ours to take away."""
_NAMED = re.compile(r"static/[0-9a-f]{16}/")
_YOUNG = timedelta(hours=1)
"""So new it may be another deployment's that is under way."""


def folder_of(key: str) -> str:
    """The folder of an object, with its last slash; "" for what does not lie in one of ours."""
    found = _IN_A_FOLDER.fullmatch(key)
    return found[1] if found else ""


def folders_named(page: str) -> set[str]:
    """The folders that a page asks for."""
    return set(_NAMED.findall(page))


def outdated(
    written: Mapping[str, datetime], current: Iterable[str], served: Collection[str], now: datetime
) -> list[str]:
    """The keys that neither what is deployed now (keys) nor the deployment before it asks for.

    `written` tells when each object in the bucket was written, `served` are the folders that the pages there name
    before this deployment's are put up. Where those are this deployment's own, as when it was interrupted or nothing
    has changed, the one before is the last that was written.
    """
    folders: dict[str, datetime] = {}
    for key, at in written.items():
        if folder := folder_of(key):
            folders[folder] = max(at, folders.get(folder, at))
    ours = {folder for key in current if (folder := folder_of(key))}
    if not ours:
        return []
    old = [each for each, at in folders.items() if each not in ours and now - at > _YOUNG]
    before = set(served) - ours or {max(old, key=folders.__getitem__, default="")}
    gone = set(old) - before
    return sorted(key for key in written if folder_of(key) in gone)
