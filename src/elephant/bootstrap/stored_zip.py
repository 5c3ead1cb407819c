"""Zips whose bytes follow from their contents alone."""

import io
import zipfile
from collections.abc import Mapping

_OLDEST_TIME_OF_A_ZIP = (1980, 1, 1, 0, 0, 0)
_A_FILE_THAT_ALL_MAY_READ = 0o100644 << 16


def stored_zip(entries: Mapping[str, bytes]) -> bytes:
    """A zip of these contents by name, whatever their order; not deflated, because another zlib gives other bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(entries.items()):
            info = zipfile.ZipInfo(name, _OLDEST_TIME_OF_A_ZIP)
            info.create_system = 3  # unix, on any system
            info.external_attr = _A_FILE_THAT_ALL_MAY_READ
            archive.writestr(info, content)
    return buffer.getvalue()
