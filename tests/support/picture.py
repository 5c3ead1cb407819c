"""What is to be seen on a screenshot."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

Colour = tuple[int, int, int]
NEAR = 12
"""How far each of red, green and blue may be off, of 255."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, row after row, three bytes each."""

    width: int
    height: int
    pixels: bytes

    @classmethod
    def of_file(cls, path: Path) -> "Picture":
        """Decode a screenshot, which is a PNG."""
        png = path.read_bytes()
        width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))  # IHDR comes first (PNG, 5.6)
        command = ["ffmpeg", "-loglevel", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        pixels = subprocess.run(command, input=png, capture_output=True, check=True, timeout=60).stdout
        assert len(pixels) == width * height * 3
        return cls(width, height, pixels)

    def share(self, colour: Colour) -> float:
        """The share of the pixels that have about this colour; screens come as JPEG now and then."""
        red, green, blue = (_marks(self.pixels[channel::3], colour[channel]) for channel in range(3))
        return (red & green & blue).bit_count() / (self.width * self.height)


def _marks(values: bytes, wanted: int) -> int:
    """A number with one bit set for each value that is near enough, in a byte of its own."""
    table = bytes(abs(value - wanted) <= NEAR for value in range(256))
    return int.from_bytes(values.translate(table))
