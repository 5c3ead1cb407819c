"""Plays every fault of the matrix: `python -m tests.resilience.aws.matrix [NAME...]` prints a JSON line per case."""

import contextlib
import gc
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.resilience.aws.forks import forked, forked_side_by_side, ready_to_fork
from tests.resilience.aws.holds import meetings
from tests.resilience.aws.mishaps import Mishap, Place
from tests.resilience.aws.near_aws import NearAws, near_aws, near_driver
from tests.resilience.aws.play import Afterwards, EventMishap, Found, Future, Futures, Play
from tests.resilience.aws.scenarios import SCENARIOS, Stage
from tests.resilience.aws.stories import STORIES, Story
from tests.support.aws_driver import AwsDriver
from tests.support.builders import TEACHER

AT_ONCE = 2
STORY = "STORY"
CALL_CASES = [
    (Mishap.KILLED, Afterwards.RETRY),
    (Mishap.KILLED, Afterwards.SWEEP),
    *((mishap, Afterwards.AS_AWS_DOES) for mishap in Mishap if mishap is not Mishap.KILLED),
]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case, and how it went. Cases with the same `name`, `kind` and `afterwards` are one row of the table."""

    name: str
    kind: str
    afterwards: str = ""
    place: str = ""
    answer: str = ""
    ends: list[str]
    broken: list[str]


def all_cases(names: list[str]) -> Iterator[Case]:
    """Every case of these scenarios and stories."""
    with near_aws() as near:
        with near_driver(near) as driver:
            rehearse(Stage(driver))
        with near_driver(near) as driver:
            ready_to_fork()
            yield from _played(names, driver, near)


def _played(names: list[str], driver: AwsDriver, near: NearAws) -> Iterator[Case]:
    """Each in a copy that knows what became of the worlds of those before."""
    known: dict[str, Future] = {}
    works: list[Callable[[], Any]] = []
    works += [partial(_of_scenario, name, driver, near, known) for name in SCENARIOS if name in names]
    works += [partial(_of_story, story, driver, known) for story in STORIES if story.name in names]
    for cases, learned in forked_side_by_side(works, AT_ONCE):
        known |= _futures(learned)
        yield from (Case(**case) for case in cases)


def rehearse(stage: Stage) -> None:
    """A meeting from its booking to its end, in which a machine dies: what every case uses is made before any fork."""
    stage.book()
    stage.play(-1)
    stage.driver.end_machine(stage.driver.machine_id(stage.meeting, TEACHER))
    stage.play(9)
    assert all(meeting.is_over for meeting in meetings(stage.driver))


def _of_scenario(name: str, driver: AwsDriver, near: NearAws, known: Mapping[str, Future]) -> tuple[Any, ...]:
    """Nothing befalls it; something befalls its event; each of its calls."""
    play = Play(SCENARIOS[name], Stage(driver), near, known)
    gc.freeze()
    calls, wanted = forked(play.clean)
    cases = []
    for of_event in EventMishap:
        found = _found(play, partial(play.with_event_mishap, of_event))
        cases.append(Case(name=name, kind=of_event.name, **found))
    for call in calls:
        for mishap, afterwards in CALL_CASES:
            place = Place(*call)
            found = _found(play, partial(play.with_call_mishap, place, mishap, afterwards, wanted))
            cases.append(Case(name=name, kind=mishap.name, afterwards=afterwards.name, place=str(place), **found))
    return [asdict(case) for case in cases], _learned(play.known, known)


def _found(play: Play, work: Callable[[], Found]) -> dict[str, Any]:
    """One case, in a copy of the world; what it learned of futures is kept."""
    before = dict(play.known)
    (answer, (ends, broken)), learned = forked(lambda: (work(), _learned(play.known, before)))
    play.known |= _futures(learned)
    return {"answer": answer, "ends": ends, "broken": broken}


def _learned(known: Mapping[str, Future], before: Mapping[str, Future]) -> dict[str, Future]:
    return {world: future for world, future in known.items() if world not in before}


def _futures(learned: Mapping[str, Any]) -> dict[str, Future]:
    """As they were before they went through JSON."""
    return {world: Future(*future) for world, future in learned.items()}


def _of_story(story: Story, driver: AwsDriver, before: Mapping[str, Future]) -> tuple[Any, ...]:
    variants = story.variants
    found = forked(lambda: list(variants(Stage(driver)))) if callable(variants) else variants

    known = dict(before)

    def told(variant: object) -> tuple[tuple[list[str], list[str]], dict[str, Future]]:
        stage = Stage(driver)
        futures = Futures(stage, story.ends, known)
        try:
            story.act(stage, variant)
        except Exception as error:  # noqa: BLE001  it is told in the table
            return ([], [f"{story.invariant}: {type(error).__name__}: {error}"]), {}
        return futures.ended("", list, []), _learned(futures.known, known)

    cases = []
    for variant in found:
        (ends, broken), learned = forked(partial(told, variant))
        known |= _futures(learned)
        cases.append(Case(name=story.name, kind=STORY, place=str(variant), ends=ends, broken=broken))
    return [asdict(case) for case in cases], _learned(known, before)


if __name__ == "__main__":
    logging.disable()
    answers = sys.stdout
    # A sweep writes its figures to standard output.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        for case in all_cases(sys.argv[1:] or [*SCENARIOS, *(story.name for story in STORIES)]):
            print(json.dumps(asdict(case)), file=answers, flush=True)
