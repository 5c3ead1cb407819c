"""The faults of the AWS mode, each at every call of every function; docs/reliability.md is what these tests found.

One process plays them all, because making AWS takes longer than most cases, and each test looks at its own part.
"""

import pytest

from tests.resilience.aws.matrix import Case
from tests.resilience.aws.page import MARK, PAGE, not_clean, play_the_matrix, table_of
from tests.resilience.aws.scenarios import SCENARIOS
from tests.resilience.aws.stories import STORIES

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1600)]

OF_EACH_FUNCTION = pytest.mark.parametrize("name", SCENARIOS)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Every case there is."""
    return play_the_matrix()


def hold(cases: list[Case], name: str, *kinds: str, afterwards: str = "") -> None:
    """All cases of these kinds went well, and each kind has one for each call, or event, at least."""
    chosen = [each for each in cases if each.name == name and each.kind in kinds and each.afterwards == afterwards]
    assert {each.kind for each in chosen} == set(kinds)
    assert list(not_clean(chosen)) == []


@OF_EACH_FUNCTION
def test_i7_an_event_that_is_lost_doubled_or_late_is_made_up_for(cases: list[Case], name: str) -> None:
    hold(cases, name, "LOST", "TWICE", "LATE")


@OF_EACH_FUNCTION
def test_i7_its_retry_mends_a_death_after_any_call(cases: list[Case], name: str) -> None:
    hold(cases, name, "KILLED", afterwards="RETRY")


@OF_EACH_FUNCTION
def test_i7_one_sweep_mends_a_death_after_any_call(cases: list[Case], name: str) -> None:
    hold(cases, name, "KILLED", afterwards="SWEEP")


@OF_EACH_FUNCTION
def test_i8_no_call_that_failed_is_taken_for_done(cases: list[Case], name: str) -> None:
    hold(cases, name, "THROTTLED", "BROKEN", "NOT_DONE", afterwards="AS_AWS_DOES")


@OF_EACH_FUNCTION
def test_i7_a_call_that_was_done_and_not_answered_does_no_harm(cases: list[Case], name: str) -> None:
    hold(cases, name, "LOST_ONCE", "LOST_EACH", "CUT", afterwards="AS_AWS_DOES")


@OF_EACH_FUNCTION
def test_i2_two_copies_at_once_do_what_one_does(cases: list[Case], name: str) -> None:
    hold(cases, name, "SECOND_COPY", afterwards="AS_AWS_DOES")


@pytest.mark.parametrize("name", [pytest.param(story.name, id=f"{story.invariant}-{story.name}") for story in STORIES])
def test_what_must_hold_holds_in_this_course_of_events(cases: list[Case], name: str) -> None:
    hold(cases, name, "STORY")


def test_the_page_says_what_was_found(cases: list[Case]) -> None:
    _, mark, written = PAGE.read_text().partition(MARK)
    assert mark
    assert written == table_of(cases), "docs/reliability.md is not what was found: `make reliability` writes it anew"
