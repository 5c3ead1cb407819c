"""One file of meetings, two modes, the same outcomes: it is one system."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.aws_driver import AwsDriver
from tests.support.aws_fixtures import aws_server
from tests.support.aws_installation import AwsInstallation
from tests.support.builders import at
from tests.support.ec2_fixtures import desktop_image
from tests.support.meeting_site import MeetingSite
from tests.support.outside_calls import OutsideCalls
from tests.support.scenario_embedded import play_embedded, settings_for
from tests.support.scenario_on_aws import play_on_aws
from tests.support.scenarios import LIFECYCLE, Outcome, Scenario, scenarios_of
from tests.support.server_process import STOOD_STILL, ServerProcess
from tests.support.zone_worlds import cloudflare

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.cloudflare_stand_in import CloudflareStandIn

__all__ = ["aws_server", "cloudflare", "desktop_image"]

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

TIMETABLE, SCENARIOS = scenarios_of(LIFECYCLE)
EACH = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
TOO_MANY_AT_ONCE = "sweep: refused to end "
"""Four nets fall in one second here. A sweep between them and their ends sees that as much of all there is, and leaves
it to the nets."""

EARLY = "15_MIN_SUCCESS"

Outcomes = Mapping[str, Outcome | BaseException]


@pytest.fixture(scope="module")
def on_aws(aws_server: "AwsServer", cloudflare: "CloudflareStandIn", desktop_image: str) -> Outcomes:
    """What became of each scenario on the functions."""
    from tests.support.ec2_rules import ec2_rules  # noqa: PLC0415  moto takes a second to import
    from tests.support.lambda_stand_in import LambdaStandIn  # noqa: PLC0415  it needs botocore

    with (
        LambdaStandIn() as functions,
        ec2_rules() as rules,
        OutsideCalls() as calls,
        pytest.MonkeyPatch.context() as patch,
    ):
        installation = AwsInstallation(aws_server, cloudflare, functions, desktop_image)
        for name, value in TIMETABLE.items():
            patch.setenv(f"ELEPHANT_{name.upper()}", str(value))
        driver = AwsDriver(installation, rules, calls, patch, now=at(0))
        outcomes = play_on_aws(driver, SCENARIOS)
        driver.cold_start()
    return outcomes


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """What became of each scenario on one server; nothing of them may be left, and no error in its log."""
    folder = tmp_path_factory.mktemp("scenarios")
    # A short name: the path of a unix socket has room for 107 bytes (unix(7)).
    root = Path(tempfile.mkdtemp(prefix="ele-")).resolve()
    site = MeetingSite(ServerProcess(root / "0", settings_for(TIMETABLE), folder / "server.log"), folder)
    try:
        site.server.start()
        outcomes = as_if_in_time(play_embedded(site, SCENARIOS), site.server.words())
    finally:
        try:
            site.clear_up()
        finally:
            shutil.rmtree(root)
    yield outcomes
    assert [
        line for line in site.server.words().splitlines() if '"ERROR"' in line and TOO_MANY_AT_ONCE not in line
    ] == []


def as_if_in_time(outcomes: Outcomes, log: str) -> Outcomes:
    """A net is set again where the server stood still shortly before, and a short meeting is any success then."""
    if STOOD_STILL not in log:
        return outcomes
    early = {each.name for each in SCENARIOS if each.outcome.reason == EARLY}
    return {
        name: _early(outcome)
        if name in early and isinstance(outcome, Outcome) and outcome.reason == "SUCCESS"
        else outcome
        for name, outcome in outcomes.items()
    }


def _early(outcome: Outcome) -> Outcome:
    def early(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word.replace(": SUCCESS", f": {EARLY}") for word in words)

    seats = {role: replace(seat, answers=early(seat.answers)) for role, seat in outcome.seats.items()}
    return replace(outcome, reason=EARLY, events=early(outcome.events), seats=seats)


def came_out(outcomes: Outcomes, scenario: Scenario) -> Outcome:
    """The scenario's outcome; raises what went wrong in it."""
    outcome = outcomes[scenario.name]
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def check(outcome: Outcome, scenario: Scenario) -> None:
    """As told, and nothing of it too early."""
    assert outcome == scenario.outcome
    assert outcome.ended_minute >= scenario.ends_between[0]
    assert all(minute >= -TIMETABLE["launch_lead_minutes"] for minute in outcome.launched_minutes)


@EACH
def test_on_aws_it_ends_as_told(on_aws: Outcomes, scenario: Scenario) -> None:
    outcome = came_out(on_aws, scenario)
    check(outcome, scenario)
    assert outcome.ended_minute <= scenario.ends_between[1]


@EACH
def test_on_the_server_it_ends_as_told(embedded: Outcomes, scenario: Scenario) -> None:
    """How late is not asked here, where time is real and the machine may be busy."""
    check(came_out(embedded, scenario), scenario)


def test_both_modes_are_one_system(on_aws: Outcomes, embedded: Outcomes) -> None:
    print(table_of(on_aws, embedded))  # noqa: T201  `pytest -rP` shows it
    assert on_aws == embedded


def table_of(on_aws: Outcomes, embedded: Outcomes) -> str:
    """A line for each scenario."""
    lines = ["| scenario | on AWS | embedded | events | answers |", "|---|---|---|---|---|"]
    for scenario in SCENARIOS:
        pair = came_out(on_aws, scenario), came_out(embedded, scenario)
        reasons = [f"{each.reason} at {each.ended_minute:.1f}" for each in pair]
        events = {(each.events, *(seat.events for seat in each.seats.values())) for each in pair}
        answers = {tuple(seat.answers for seat in each.seats.values()) for each in pair}
        alike = ["the same" if len(each) == 1 else "DIFFERENT" for each in (events, answers)]
        lines.append(f"| {' | '.join([scenario.name, *reasons, *alike])} |")
    return "\n".join(lines)
