"""Draws the diagrams of docs/pictures/*.svg, with the timetable's own numbers in them. Run it as `make docs`."""

import sys
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from elephant.domain.timetable import Policy  # noqa: E402  the path comes first
from scripts.svg import SMALL_WIDTH, Picture, Point  # noqa: E402

Box = tuple[Point, Point, str, list[str]]
"""Corner, size, kind, and the words in it, the name first."""
PICTURES = ROOT / "docs" / "pictures"


def minutes(span: timedelta) -> str:
    """A length of the policy in minutes."""
    return f"{span / timedelta(minutes=1):g} min"


def put(picture: Picture, boxes: list[Box], arrows: list[list[Point]]) -> None:
    """Draw boxes, and arrows through their points."""
    for corner, size, kind, words in boxes:
        picture.box(corner, size, *words, kind=kind)
    for points in arrows:
        picture.line(points)


def meeting() -> str:
    """What happens to a meeting, and when."""
    policy = Policy()
    steps = [
        ("booked", ["two links,", "two alarms"]),
        (f"{minutes(policy.launch_lead)} before", ["two desktops", "start"]),
        ("the start", ["each follows", "their link"]),
        (f"{minutes(policy.safety_net)} after", ["safety net: did", "anybody come?"]),
        ("both have left", ["recordings", "are handed in"]),
        ("over", ["desktops and", "their names go"]),
    ]
    told = "From left to right: " + "; ".join(f"{when}: {' '.join(what)}" for when, what in steps) + "."
    picture = Picture(900, 250, "A meeting's life", told)
    places = [80 + 148 * number for number in range(len(steps))]
    picture.line([(30, 92), (870, 92)])
    for x, (when, what) in zip(places, steps, strict=True):
        picture.text((x, 40), when, "strong")
        picture.line([(x, 48), (x, 68)], "faint", tip=False)
        picture.box((x - 62, 68), (124, 48), "", *what)
    picture.area((places[1] - 62, 136), (places[5] - places[1] + 62, 38), "")
    picture.text(
        ((places[1] + places[5]) / 2, 160),
        "each seat: LAUNCHED, DNS_WRITTEN, HEALTHY, IN_PROGRESS, ENDED",
        "small",
    )
    picture.area((18, 186), (864, 48), "")
    picture.text((450, 206), "every minute: the sweep compares what is with what should be, and mends it", "small")
    picture.text(
        (450, 224),
        f"at the latest: booked length + {minutes(policy.grace)}, moved on while somebody is there, at most "
        f"{minutes(policy.maximum)}; {minutes(policy.margin)} later a desktop ends itself",
        "small",
    )
    return picture.svg()


LAYERS: list[Box] = [
    ((20, 20), (520, 52), "", ["entrypoints", "web: app, pages, rounds · lambdas · cli"]),
    ((20, 106), (520, 52), "", ["bootstrap", "chooses adapters, reads settings"]),
    ((20, 192), (330, 52), "", ["adapters", "embedded · aws · dns · memory · signing"]),
    ((370, 192), (170, 52), "", ["usecases", "one thing each"]),
    ((20, 278), (520, 52), "", ["ports", "what the use cases need of the world"]),
    ((20, 364), (520, 52), "kept", ["domain", "what is true, and what should happen"]),
    ((590, 20), (150, 52), "machine", ["agent", "inside a desktop"]),
    ((590, 192), (150, 70), "kept", ["wire", "shapes that cross", "a process border"]),
]
USED: list[list[Point]] = [
    [(280, 72), (280, 104)], [(185, 158), (185, 190)], [(455, 158), (455, 190)],
    [(185, 244), (185, 276)], [(455, 244), (455, 276)], [(280, 330), (280, 362)],
    [(665, 72), (665, 190)], [(540, 46), (565, 46), (565, 227), (588, 227)],
]  # fmt: skip


def layers() -> str:
    """Which part may use which; `.importlinter` holds the code to it."""
    told = (
        "Entry points use bootstrap; bootstrap uses adapters and use cases; adapters and use cases use ports; ports "
        "use the domain. Entry points and the agent in a desktop use the wire shapes."
    )
    picture = Picture(760, 430, "The layers, each of which uses those below it", told)
    put(picture, LAYERS, USED)
    return picture.svg()


ON_AWS: list[Box] = [
    ((20, 70), (130, 48), "person", ["host", "books"]),
    ((20, 170), (130, 48), "person", ["guest", "follows a link"]),
    ((200, 48), (130, 44), "", ["pages", "S3, CloudFront"]),
    ((200, 120), (130, 60), "", ["HTTP API", "tokens, throttling"]),
    ((400, 48), (196, 44), "", ["schedule-meeting"]),
    ((400, 108), (196, 44), "", ["dcv-url"]),
    ((400, 168), (196, 44), "", ["agent"]),
    ((400, 248), (196, 44), "", ["launch-ec2"]),
    ((400, 308), (196, 44), "", ["meeting-safety-net"]),
    ((400, 368), (196, 44), "", ["terminator"]),
    ((400, 428), (196, 44), "", ["ElephantDNSWatchdog"]),
    ((400, 488), (196, 44), "", ["sweep", "every minute"]),
    ((200, 262), (130, 76), "kept", ["Scheduler", "launch-{id}", "safety-{id}"]),
    ((716, 78), (150, 60), "kept", ["DynamoDB", "meetings, stream"]),
    ((716, 168), (150, 44), "kept", ["S3", "recordings"]),
    ((716, 262), (264, 76), "machine", ["two desktops, EC2", "Amazon DCV, port 8443", "end themselves too"]),
    ((716, 428), (200, 44), "kept", ["DNS zone", "{instance-id}.DOMAIN_ROOT"]),
]
CALLED: list[list[Point]] = [
    [(150, 86), (198, 72)], [(150, 100), (198, 140)], [(150, 190), (198, 158)],
    [(330, 134), (365, 134), (365, 70), (398, 70)], [(330, 146), (380, 146), (380, 130), (398, 130)],
    [(330, 160), (380, 160), (380, 190), (398, 190)],
    [(596, 70), (656, 70), (656, 96), (714, 96)], [(596, 130), (656, 130), (656, 112), (714, 112)],
    [(400, 82), (350, 82), (350, 236), (265, 236), (265, 260)],
    [(330, 282), (398, 270)], [(330, 318), (398, 330)],
    [(596, 270), (714, 290)], [(596, 330), (656, 330), (656, 308), (714, 308)],
    [(596, 382), (676, 382), (676, 324), (714, 324)],
    [(596, 458), (714, 458)], [(800, 338), (800, 404), (640, 404), (640, 442), (598, 442)],
    [(866, 108), (896, 108), (896, 242), (696, 242), (696, 396), (598, 396)],
    [(760, 262), (760, 228), (636, 228), (636, 190), (598, 190)], [(830, 262), (830, 214)],
    [(596, 510), (816, 510), (816, 474)], [(816, 510), (950, 510), (950, 340)],
]  # fmt: skip
SAID: list[tuple[Point, str]] = [
    ((808, 358), "state change"),
    ((902, 130), "stream"),
    ((640, 222), "health"),
    ((836, 232), "uploads"),
    ((604, 504), "compares, mends"),
]


def on_aws() -> str:
    """The functions on AWS and what they touch."""
    told = (
        "Hosts and guests reach functions through the API. An alarm of EventBridge Scheduler starts launch-ec2, "
        "another the safety net; the table's stream the terminator; a machine's change of state the DNS watchdog; "
        "every minute the sweep. Desktops talk to the API and put recordings into the bucket."
    )
    picture = Picture(1020, 560, "Elephant on AWS", told)
    picture.area((180, 16), (826, 528), "on AWS")
    put(picture, ON_AWS, CALLED)
    for at, words in SAID:
        picture.text(at, words, "small", "start")
    return picture.svg()


def sequence() -> str:
    """Who says what to whom in a meeting on one machine."""
    policy = Policy()
    people = ["host", "server", "desktop (each seat)", "guest"]
    said: list[tuple[int, int, str]] = [
        (0, 1, "POST /schedule"),
        (1, 1, "writes the meeting, then its alarms launch-{id} and safety-{id}"),
        (1, 1, f"{minutes(policy.launch_lead)} before the start the launch alarm rings"),
        (1, 2, "starts X server, window manager, app, agent"),
        (1, 1, "LAUNCHED, then DNS_WRITTEN once its address is published"),
        (2, 1, "POST /agent/health: HEALTHY"),
        (3, 1, "GET /join/{id}/{role}, with the seat's key"),
        (1, 3, "200 and the way in: IN_PROGRESS"),
        (3, 2, "the screen, through the server's WebSocket"),
        (2, 1, "who is connected, every few seconds"),
        (2, 2, f"left for {policy.leave.seconds} s: closes the recording"),
        (2, 1, "POST /agent/session-data"),
        (1, 1, f"all data is in, {minutes(policy.safety_net)} have passed: SUCCESS"),
        (1, 2, "SIGTERM; after 10 s SIGKILL; its directory goes last"),
    ]
    places = [104, 350, 690, 960]
    height = 110 + 44 * len(said)
    told = " ".join(
        f"{people[to]}: {words}." if to == by else f"{people[by]} to {people[to]}: {words}." for by, to, words in said
    )
    picture = Picture(1060, height, "A meeting on one machine, message by message", told)
    for x, name in zip(places, people, strict=True):
        kind = {"host": "person", "guest": "person", "server": ""}.get(name, "machine")
        picture.line([(x, 58), (x, height - 20)], "faint", tip=False)
        picture.box((x - 88, 16), (176, 42), name, kind=kind)
    for number, (by, to, words) in enumerate(said):
        y = 100 + 44 * number
        if by == to:
            width = 16 + SMALL_WIDTH * len(words)
            picture.box((places[by] - width / 2, y - 22), (width, 30), "", words, kind="kept")
        else:
            picture.text(((places[by] + places[to]) / 2, y - 7), words, "small")
            picture.line([(places[by], y), (places[to], y)])
    return picture.svg()


DIAGRAMS = {"meeting": meeting, "layers": layers, "on-aws": on_aws, "sequence": sequence}
"""File name without its ending -> what draws it."""


def main() -> int:
    """Write every diagram."""
    for name, draw in DIAGRAMS.items():
        (PICTURES / f"{name}.svg").write_text(draw())
        print(f"wrote docs/pictures/{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
