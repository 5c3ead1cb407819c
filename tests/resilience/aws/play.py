"""Plays one scenario with one mishap, to the end of the meeting and one sweep more, and says what did not hold.

Two cases that leave the same world behind have the same future, which is played once: see `holds.world_of`.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from typing import NamedTuple

from elephant.ports.errors import ElephantError
from tests.resilience.aws.holds import broken_after_a_sweep, broken_in_the_end, ends_of, meetings, picture, world_of
from tests.resilience.aws.mishaps import Injector, Mishap, Place, places
from tests.resilience.aws.near_aws import NearAws
from tests.resilience.aws.people import minute_of
from tests.resilience.aws.scenarios import Event, Scenario, Stage
from tests.support.builders import at, minutes
from tests.support.frail_ports import Crash

LAST_MINUTE = 12
IN_PERSON = {"schedule-meeting", "dcv-url", "agent"}
FINE = {"done", "answers 410"}
"""A meeting that was cancelled can be cancelled no more."""
UNTRANSLATED = "raises, untranslated,"


class Afterwards(Enum):
    """What follows a call's mishap; each value is how the table puts it."""

    RETRY = ", and is tried again"
    SWEEP = ", is never tried again, and the sweep comes"
    AS_AWS_DOES = ""


class EventMishap(Enum):
    """What befalls the event on its way to the function; each value is how the table puts it."""

    LOST = "its event never arrives"
    TWICE = "its event arrives twice"
    LATE = "its event arrives a minute late, after others"


class Future(NamedTuple):
    """What became of a world: why its meetings ended, and what did not hold."""

    ends: list[str]
    broken: list[str]


class Found(NamedTuple):
    """One case: how the function answered, and the rest of it."""

    answer: str
    future: Future


class Futures:
    """What becomes of worlds; `known` are those that have been played, in whatever scenario."""

    def __init__(self, stage: Stage, ends: AbstractSet[str], known: Mapping[str, Future]) -> None:
        self.stage, self.allowed = stage, ends
        self.known = dict(known)

    def ended(self, followed_by: str, follow: Callable[[], list[str]], broken: list[str]) -> Future:
        """What becomes of the world as it is now, if that follows."""
        now = f"{followed_by} {world_of(self.stage)}"
        if now not in self.known:
            wrong = follow()
            ends, lasting = self.future(0)
            self.known[now] = Future(ends, [*wrong, *lasting])
        ends, lasting = self.known[now]
        if not set(ends) <= set(self.allowed):
            broken = [*broken, f"it ended as {' and '.join(ends)}"]
        return Future(ends, list(dict.fromkeys([*broken, *lasting])))

    def future(self, quiet_minutes: int) -> Future:
        """Minute by minute on to one sweep after the last meeting's end, looking after each."""
        driver, people = self.stage.driver, self.stage.people
        now = f"{quiet_minutes} {world_of(self.stage)}"
        if now not in self.known:
            broken, before = list[str](), ends_of(driver)
            minute = int(minute_of(driver) // 1) + 1
            driver.run_until(at(minute))
            people.a_minute_passes(minute)
            people.look_around()
            broken += broken_after_a_sweep(driver)
            if not before.items() <= ends_of(driver).items():
                broken.append("I4: an end that was changed afterwards")
            if minute > 0 and all(meeting.is_over for meeting in meetings(driver)):
                quiet_minutes += 1
            # an alarm that could not be dropped stands until its time, and is gone then
            is_quiet = quiet_minutes >= 2 and not driver.schedules()
            if minute < LAST_MINUTE and not is_quiet:
                ends, lasting = self.future(quiet_minutes)
            else:
                ends, lasting = self.ends(), [*self.stage.people.wrong, *broken_in_the_end(driver)]
            self.known[now] = Future(ends, [*broken, *lasting])
        return self.known[now]

    def ends(self) -> list[str]:
        """Why its meetings ended; whether they might is judged by the scenario."""
        found = meetings(self.stage.driver)
        return sorted({meeting.termination_reason or "NONE" for meeting in found})


class Play(Futures):
    """One scenario in a world of its own, prepared."""

    def __init__(self, scenario: Scenario, stage: Stage, near: NearAws, known: Mapping[str, Future]) -> None:
        super().__init__(stage, scenario.ends, known)
        self.scenario, self.near = scenario, near
        self.event: Event = scenario.prepare(stage)
        stage.driver.settle()
        stage.driver.sweeps = True
        stage.driver.cold_start()

    def __repr__(self) -> str:
        """What of it is still to come may depend on."""
        return f"{self.scenario.function} {self.event}"

    def clean(self) -> tuple[list[Place], list[str]]:
        """Without a mishap: its calls, and what it brings about."""
        before = len(self.stage.driver.calls.invocations)
        answer = self.invoke()
        assert answer == "done", answer
        return places(self.stage.driver.calls.invocations[before].calls), picture(self.stage.driver)

    def with_call_mishap(self, place: Place, mishap: Mishap, afterwards: Afterwards, wanted: list[str]) -> Found:
        """Something befalls one call; `wanted` is the picture of a clean run."""
        injector = Injector(self.stage.driver, self.near, place, mishap, self.second_copy)
        answer = self.invoke(injector.armed())
        broken = [] if injector.befell else ["the call was not made"]
        # booking goes on without an alarm: the sweep does what that would have done
        is_alarm = place.name == "scheduler:CreateSchedule"
        is_twice = mishap is Mishap.SECOND_COPY
        if answer == "done" and not is_alarm and not is_twice and picture(self.stage.driver) != wanted:
            broken.append("I8: it says that all is well, and it is not")
        if answer.startswith(UNTRANSLATED):
            broken.append(answer)
        self.stage.driver.cold_start()

        def follow() -> list[str]:
            if afterwards is Afterwards.RETRY and (again := self.invoke()) not in FINE:
                return [f"I7: its retry {again}"]
            if afterwards is Afterwards.AS_AWS_DOES and answer != "done":
                self.again_as_aws_does()
            return []

        return Found(answer, self.ended(f"{self} {afterwards.value} {answer == 'done'}", follow, broken))

    def with_event_mishap(self, mishap: EventMishap) -> Found:
        """Something befalls the event."""
        answers = []
        if mishap is EventMishap.TWICE:
            answers = [self.invoke(), self.invoke()]
        elif mishap is EventMishap.LATE:
            driver = self.stage.driver
            driver.at(driver.now + minutes(1.5), self.invoke)
        broken = [] if set(answers) <= FINE else [f"I7: it answers {answers}"]
        return Found(", ".join(answers), self.ended(mishap.value, list, broken))

    def invoke(self, circumstances: AbstractContextManager[None] | None = None) -> str:
        """Run the function on the event; how it answers."""
        try:
            with circumstances or nullcontext():
                answer = self.stage.driver.invoke(self.scenario.function, self.event)
        except Crash:
            return "dies"
        except ElephantError as error:
            return f"raises {type(error).__name__}"
        except Exception as error:  # noqa: BLE001  it is told in the table
            return f"{UNTRANSLATED} {type(error).__name__}"
        finally:
            self.stage.driver.settle()
        if answer.get("statusCode", 200) >= 400:
            return f"answers {answer['statusCode']}"
        if answer.get("batchItemFailures"):
            return "names its record"
        return "reports failures" if answer.get("failures") else "done"

    def second_copy(self) -> None:
        """The same event in another process."""
        self.stage.driver.cold_start()
        self.invoke()

    def again_as_aws_does(self) -> None:
        """A minute later for what is asynchronous, a second for the stream; whoever asked over HTTP asks again."""
        driver, function = self.stage.driver, self.scenario.function
        if function in IN_PERSON:
            self.invoke()
        elif function == "terminator":
            driver.stream.add(self.event["Records"])
        else:
            driver.at(driver.now + minutes(1), lambda: driver.invoke_later(function, self.event, failures=1))
