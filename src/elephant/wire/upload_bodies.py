"""The HTTP bodies about uploads of recordings, as pydantic models."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictInt, StrictStr

MOST_BYTES, MOST_PARTS = 64 * 1024**3, 600
"""Of a file that is handed in, and of the parts in which it is sent; as in domain/upload.py."""
_Sha256 = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9+/]{43}=$", description="base64 of the 32 bytes")]
_PartNumber = Annotated[StrictInt, Field(ge=1, le=MOST_PARTS)]
_FileSize = Annotated[StrictInt, Field(ge=1, le=MOST_BYTES)]


class UploadOf(BaseModel):
    """What every request about an upload has: whose it is, and what the machine calls the file."""

    machine_id: StrictStr
    name: StrictStr = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")


class UploadPart(BaseModel):
    """One part, numbered from 1."""

    number: _PartNumber
    size_bytes: _FileSize
    sha256: _Sha256


class UploadBegin(UploadOf):
    """`POST /agent/uploads`."""

    size_bytes: _FileSize


class UploadBegun(BaseModel):
    """The answer to `POST /agent/uploads`; every part but the last has `part_size_bytes`."""

    upload_id: str
    part_size_bytes: int
    uploaded: list[UploadPart]


class UploadParts(UploadOf):
    """`POST /agent/uploads/parts`."""

    upload_id: StrictStr = Field(pattern=r"^[!-~]{1,1024}$")
    parts: list[UploadPart] = Field(min_length=1, max_length=50)


class PartToPut(BaseModel):
    """Where a part is PUT, with exactly these headers and the length that was named."""

    number: int
    url: str
    headers: dict[str, str]


class PartsToPut(BaseModel):
    """The answer to `POST /agent/uploads/parts`."""

    parts: list[PartToPut]


class PartSent(BaseModel):
    """One part that was sent."""

    number: _PartNumber
    sha256: _Sha256


class UploadComplete(UploadOf):
    """`POST /agent/uploads/complete`."""

    upload_id: StrictStr = Field(pattern=r"^[!-~]{1,1024}$")
    size_bytes: _FileSize
    parts: list[PartSent] = Field(min_length=1, max_length=MOST_PARTS)


class Uploaded(BaseModel):
    """The answer to `POST /agent/uploads/complete`."""

    url: str
