"""How a recording comes from the person's session to the agent's side, over a connection of loopback.

Whoever wants one says `GREETING` first. It is there to be no beginning of an HTTP request: any page in the person's
browser can send those to a port of loopback, and none shall begin a recording, let alone end the one that runs. Then
come pieces of a file, and an end that says what went wrong. Who wants the recording to end shuts down their direction.
"""

import struct
from dataclasses import dataclass

GREETING = b"elephant screen 1\n"
HOST = "127.0.0.1"
MOST_BYTES = 65536
"""Of a piece; a longer one is none of ours."""

_HEADER = struct.Struct(">cI")
_PIECE, _END = b"P", b"E"
_MOST_LETTERS = 500


@dataclass(frozen=True, slots=True)
class Piece:
    """The next bytes of the file."""

    content: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes; `problem` is "" where it was wanted so."""

    problem: str


def piece(content: bytes) -> bytes:
    """A piece as it is sent."""
    return _HEADER.pack(_PIECE, len(content)) + content


def end(problem: str) -> bytes:
    """The end as it is sent; a long problem loses its beginning, because a program's last words matter."""
    text = problem[-_MOST_LETTERS:].encode(errors="replace")
    return _HEADER.pack(_END, len(text)) + text


class StreamReader:
    """Puts together what comes in whatever bits; keeps one unfinished piece at most."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._ended = False

    def feed(self, data: bytes) -> list[Piece | End]:
        """What is whole by now. Raises ValueError for what no half of ours sends."""
        self._rest += data
        found: list[Piece | End] = []
        at = 0
        while len(self._rest) - at >= _HEADER.size:
            if self._ended:
                raise ValueError("something came behind the end")
            kind, size = _HEADER.unpack_from(self._rest, at)
            if kind not in {_PIECE, _END} or size > MOST_BYTES:
                raise ValueError("what came is no recording")
            until = at + _HEADER.size + size
            if len(self._rest) < until:
                break
            found.append(_read(kind, bytes(self._rest[at + _HEADER.size : until])))
            self._ended = kind == _END
            at = until
        del self._rest[:at]
        return found


def _read(kind: bytes, content: bytes) -> Piece | End:
    if kind == _PIECE:
        return Piece(content)
    # It goes to a log of ours, and anybody at the desktop may have written it.
    text = content.decode(errors="replace")[-_MOST_LETTERS:]
    return End("".join(letter if letter.isprintable() else " " for letter in text).strip())
