"""Just enough of a remote desktop's client to be somebody at it (RFC 6143, and TigerVNC's SetDesktopSize)."""

import socket
import struct
from pathlib import Path
from types import TracebackType

_TIMEOUT_SECONDS = 60.0
_NO_SECURITY = 1
_SHARED = 1
_EXTENDED_DESKTOP_SIZE = -308


class RfbClient:
    """Connected and initialised from the start; `size` is what the server said then."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_TIMEOUT_SECONDS)
        self._socket.connect(str(path))
        version = self._receive(12)
        assert version.startswith(b"RFB 003.")
        self._socket.sendall(b"RFB 003.008\n")
        kinds = self._receive(self._receive(1)[0])
        assert _NO_SECURITY in kinds
        self._socket.sendall(bytes([_NO_SECURITY]))
        assert self._receive(4) == bytes(4)
        self._socket.sendall(bytes([_SHARED]))
        start = self._receive(24)
        self.size: tuple[int, int] = struct.unpack_from(">HH", start)
        self._receive(struct.unpack_from(">I", start, 20)[0])

    def resize(self, width: int, height: int) -> None:
        """Ask for a screen of another size."""
        self._socket.sendall(struct.pack(">BxHi", 2, 1, _EXTENDED_DESKTOP_SIZE))
        # The server refuses a size until it told of its own, with the first update.
        self._socket.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, *self.size))
        self._receive(4)
        self._socket.sendall(struct.pack(">BxHHBxIHHHHI", 251, width, height, 1, 0, 0, 0, width, height, 0))

    def leave(self) -> None:
        """Go away."""
        self._socket.close()

    def _receive(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            piece = self._socket.recv(size - len(content))
            assert piece, "the screen hung up"
            content += piece
        return content

    def __enter__(self) -> "RfbClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.leave()
