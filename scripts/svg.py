"""Draws boxes, arrows and words as SVG: as much of it as the pictures of docs/ need.

Lengths are in pixels, points are (x, y) from the top left. A picture has a background of its own, so that it can be
read on a light page and on a dark one.
"""

from collections.abc import Sequence
from html import escape

Point = tuple[float, float]

# DejaVu Sans is the widest of the fonts below: this many pixels a letter.
STRONG_WIDTH, SMALL_WIDTH = 9.0, 7.2
STYLE = """
text { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #17323a }
.small { font-size: 12px; fill: #40565c }
.strong { font-weight: 600 }
.box { fill: #ffffff; stroke: #2c7a7b; stroke-width: 1.5 }
.kept { fill: #fff6e0; stroke: #b7791f }
.machine { fill: #e3f4f0; stroke: #2c7a7b }
.person { fill: #eef0fb; stroke: #5a67d8 }
.area { fill: #eef5f5; stroke: #b5cdcd }
.line { fill: none; stroke: #40565c; stroke-width: 1.5 }
.faint { fill: none; stroke: #9db3b5; stroke-width: 1.2; stroke-dasharray: 4 4 }
.paper { fill: #fbfdfd; stroke: #cfdcdc }
"""


class Picture:
    """One SVG file in the making; `title` and `told` are what somebody hears who does not see it."""

    def __init__(self, width: int, height: int, title: str, told: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-labelledby="title told">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="told">{escape(told)}</desc>',
            f"<style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="#40565c"/></marker></defs>',
            f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10"/>',
        ]

    def text(self, at: Point, words: str, kind: str = "", anchor: str = "middle") -> None:
        """One line of words, its foot at this point."""
        self._parts.append(
            f'<text x="{at[0]:g}" y="{at[1]:g}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'
        )

    def box(self, corner: Point, size: Point, name: str, *more: str, kind: str = "") -> None:
        """A box with its name, which may be empty, and smaller lines below it.

        Raises ValueError where the words would stand out of it in the widest of the fonts.
        """
        (x, y), (width, height) = corner, size
        if max(len(name) * STRONG_WIDTH, *(len(line) * SMALL_WIDTH for line in more), 0) > width:
            raise ValueError(f"a box of {width:g} is too narrow for {[name, *more]}")
        self._parts.append(
            f'<rect class="box {kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6"/>'
        )
        lines = [*([(name, "strong")] if name else []), *((line, "small") for line in more)]
        first = y + height / 2 + 5 - 8.5 * (len(lines) - 1)
        for number, (line, size_of_it) in enumerate(lines):
            self.text((x + width / 2, first + 17 * number), line, size_of_it)

    def area(self, corner: Point, size: Point, name: str) -> None:
        """A frame around boxes that belong together, with its name at the top left."""
        (x, y), (width, height) = corner, size
        self._parts.append(f'<rect class="area" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8"/>')
        self.text((x + 12, y + 19), name, "small", "start")

    def line(self, points: Sequence[Point], kind: str = "line", *, tip: bool = True) -> None:
        """A line through these points, with an arrow's tip at the last one."""
        path = " ".join(f"{'L' if number else 'M'}{x:g} {y:g}" for number, (x, y) in enumerate(points))
        end = ' marker-end="url(#tip)"' if tip else ""
        self._parts.append(f'<path class="{kind}" d="{path}"{end}/>')

    def svg(self) -> str:
        """The whole file."""
        return "\n".join([*self._parts, "</svg>", ""])
