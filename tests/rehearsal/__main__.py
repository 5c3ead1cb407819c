"""`make rehearsal`: a whole meeting through the packaged functions, and a look at what is left of it.

The functions run out of their zips under Lambda's own client, with the environments that infra/template.yaml gives
them; moto is AWS, BIND 9 the name server, and on each machine the agent's own file runs as a process. Every line says
what happened when. Leaves with 1 where the meeting did not end as it should, or anything is left.
"""

import contextlib
import secrets
import sys
import tempfile
from pathlib import Path

import pytest

from tests.rehearsal.functions import Functions
from tests.rehearsal.gateway import Gateway, routes_of
from tests.rehearsal.installation import make_installation
from tests.rehearsal.leftovers import leftovers, recordings
from tests.rehearsal.machines import Machines
from tests.rehearsal.people import Host, wait_for
from tests.rehearsal.play import Play
from tests.rehearsal.region import Region
from tests.rehearsal.timeline import Timeline
from tests.support.aws_server import AwsServer
from tests.support.bind_server import BindServer
from tests.support.ec2_rules import ec2_rules
from tests.support.lambda_stand_in import LambdaStandIn
from tests.support.strict_s3 import make_strict

GOOD_ENDS = {"SUCCESS", "15_MIN_SUCCESS"}


def rehearse(folder: Path, timeline: Timeline) -> bool:
    """Play it; True when it ended as it should, and nothing is left."""
    host_token = secrets.token_urlsafe(24)
    for name in ("named", "machines"):
        (folder / name).mkdir()
    with contextlib.ExitStack() as stack:
        name_server = stack.enter_context(BindServer(folder / "named"))
        make_strict(stack.enter_context(pytest.MonkeyPatch.context()))
        server = stack.enter_context(AwsServer())
        rules = stack.enter_context(ec2_rules())
        invoked = stack.enter_context(LambdaStandIn())
        functions = stack.enter_context(Functions(folder, timeline))
        gateway = stack.enter_context(Gateway(functions, host_token, timeline))
        installation = make_installation(server, name_server, invoked.url, gateway.url)
        gateway.routes = routes_of(installation.stack)
        functions.start(installation.stack, installation.environments)
        machines = stack.enter_context(Machines(folder / "machines", server.client("ec2"), timeline))
        region = stack.enter_context(
            Region(functions, server, rules, invoked, machines, name_server, timeline, installation=installation)
        )
        play = Play(Host(gateway.url, host_token, timeline), gateway.url, machines, name_server, timeline)
        held = play.hold()

        def is_gone() -> bool | None:
            region.check()
            return True if not left()["machines"] and not left()["DNS records"] else None

        def left() -> dict[str, list[str]]:
            return leftovers(server, rules, name_server, functions, region, machines, installation)

        wait_for(is_gone, "every machine and record to be gone")
        play.come_back(held)
        for what in recordings(server, installation, folder):
            timeline.say("recordings", what)
        found = left()
        for what, things in found.items():
            timeline.say("left behind", f"{what}: {', '.join(things) or 'none'}")
        return held.meeting["termination_reason"] in GOOD_ENDS and not any(found.values())


def main() -> int:
    """Rehearse, and say whether it was good."""
    timeline = Timeline(sys.stdout)
    with tempfile.TemporaryDirectory(prefix="elephant-rehearsal-") as name:
        is_good = rehearse(Path(name), timeline)
    timeline.say("rehearsal", "good" if is_good else "NOT good")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
