"""Writes the figures of docs/costs.md anew. Run it as `make docs`."""

import sys
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import costs  # noqa: E402  the path comes first
from tests.support.stack import Stack  # noqa: E402

BEGIN, END = "<!-- {}: begin -->", "<!-- {}: end -->"
MINUTES, MEETINGS = 60, 100


def example() -> costs.Installation:
    """The one that the page works out; its alarms are counted in the stack."""
    resources = Stack("STACK").resources.values()
    return costs.Installation(alarms=sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in resources))


def dollars(amount: Decimal) -> str:
    """To the cent, and small amounts to a tenth of one."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.3f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table as Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def prices() -> str:
    """What was looked up."""
    return table(
        ["what", "price", "a", "AWS's own page"],
        [[name, f"${each.usd.normalize():f}", each.unit, f"<{each.source}>"] for name, each in costs.PRICES.items()],
    )


def hours() -> str:
    """What an hour of a desktop and of a person costs."""
    here = example()
    desktop, person = costs.desktop_hour(here), costs.person_hour(here)
    rows = [[f"desktop: {name}", dollars(amount)] for name, amount in desktop.items()]
    rows.append(["**a desktop, an hour**", f"**{dollars(sum(desktop.values(), Decimal(0)))}**"])
    rows += [[f"person: {name}", dollars(amount)] for name, amount in person.items()]
    rows.append(["**a person at it, an hour, besides**", f"**{dollars(sum(person.values(), Decimal(0)))}**"])
    return table(["part", "costs"], rows)


def meetings() -> str:
    """What meetings cost, and a month."""
    here = example()
    held, missed = costs.meeting(here, minutes=MINUTES), costs.meeting(here, minutes=0, came=False)
    idle = sum(costs.month(here).values(), Decimal(0))
    return table(
        ["", "costs"],
        [
            [f"a meeting of {MINUTES} minutes", dollars(held)],
            ["a meeting that nobody comes to", dollars(missed)],
            ["a month without any meeting", dollars(idle)],
            [f"**a month with {MEETINGS} meetings, one in ten of them missed**",
             f"**{dollars(idle + MEETINGS * (held * 9 + missed) / 10)}**"],
        ],
    )  # fmt: skip


def standing() -> str:
    """What stands in every month."""
    return table(["part", "a month"], [[name, dollars(amount)] for name, amount in costs.month(example()).items()])


def knobs() -> str:
    """What is set otherwise, and what it does to the price of one meeting."""
    rows = costs.knobs(example(), minutes=MINUTES)
    return table(["what", "is set to", "a meeting costs"], [[what, to, dollars(amount)] for what, to, amount in rows])


PARTS = {"prices": prices, "hours": hours, "meetings": meetings, "month": standing, "knobs": knobs}


def document(text: str) -> str:
    """The page with its tables as they should be."""
    for name, write in PARTS.items():
        before, _, rest = text.partition(BEGIN.format(name))
        _, _, after = rest.partition(END.format(name))
        text = f"{before}{BEGIN.format(name)}\n\n{write()}\n\n{END.format(name)}{after}"
    return text


if __name__ == "__main__":
    page = ROOT / "docs/costs.md"
    page.write_text(document(page.read_text()))
    print(f"wrote {page.relative_to(ROOT)}")
