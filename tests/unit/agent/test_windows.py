"""What the lines of `xprop -spy -root` say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.windows import (
    FIRST_WINDOW_SECONDS,
    NEXT_WINDOW_SECONDS,
    Windows,
    after_line,
    seconds_overdue,
)

MANAGER = "_NET_SUPPORTING_WM_CHECK(WINDOW): window id # 0x600003"
NO_MANAGER = "_NET_SUPPORTING_WM_CHECK:  not found."
WINDOW = "_NET_CLIENT_LIST(WINDOW): window id # 0xa00022, 0xa00030"
NO_WINDOW = "_NET_CLIENT_LIST(WINDOW): window id # "
SIZE = "_NET_DESKTOP_GEOMETRY(CARDINAL) = 1280, 800"
TELLING = st.sampled_from([MANAGER, NO_MANAGER, WINDOW, NO_WINDOW, SIZE])


def after(*lines: str) -> Windows:
    windows = Windows()
    for line in lines:
        windows = after_line(windows, line)
    return windows


def test_a_new_screen_is_not_ready() -> None:
    assert not Windows().is_ready


def test_a_manager_and_a_window_make_it_ready() -> None:
    ready = Windows(has_manager=True, has_list=True, has_window=True, geometry="1280x800")
    assert after(MANAGER, WINDOW, SIZE) == ready
    assert after(MANAGER, WINDOW).is_ready


@pytest.mark.parametrize("gone", [NO_MANAGER, NO_WINDOW, "_NET_CLIENT_LIST:  not found."])
def test_without_one_of_them_it_is_not(gone: str) -> None:
    assert not after(MANAGER, WINDOW, gone).is_ready


def test_a_manager_takes_windows_once_it_has_a_list_of_them() -> None:
    assert not after(MANAGER).can_take_windows
    assert not after(NO_WINDOW).can_take_windows
    assert not after(MANAGER, NO_WINDOW, "_NET_CLIENT_LIST:  not found.").can_take_windows
    assert after(MANAGER, NO_WINDOW).can_take_windows


@pytest.mark.parametrize(
    ("started_at", "seen_at", "due_at"),
    [
        (100, float("-inf"), 100 + FIRST_WINDOW_SECONDS),
        (100, 99, 100 + FIRST_WINDOW_SECONDS),
        (100, 103, 103 + NEXT_WINDOW_SECONDS),
    ],
)
def test_an_app_that_starts_is_given_more_time_than_one_that_had_a_window(
    started_at: float, seen_at: float, due_at: float
) -> None:
    for early in (-NEXT_WINDOW_SECONDS, -0.5, 0, 0.5):
        assert seconds_overdue(due_at + early, started_at, seen_at) == early


@pytest.mark.parametrize("told", ["", "1280", "a, b", "1280, 800, 24", "-i, 800", "999999, 800"])
def test_what_is_no_size_is_none(told: str) -> None:
    assert after(SIZE, f"_NET_DESKTOP_GEOMETRY(CARDINAL) = {told}").geometry == ""


@given(st.text().filter(lambda line: not line.startswith("_NET")))
def test_other_lines_change_nothing(line: str) -> None:
    assert after_line(after(MANAGER, WINDOW, SIZE), line) == after(MANAGER, WINDOW, SIZE)


@given(st.lists(TELLING | st.text()))
def test_the_last_word_about_each_thing_counts(lines: list[str]) -> None:
    def last(*choices: str) -> str | None:
        return next((line for line in reversed(lines) if line in choices), None)

    windows = after(*lines)
    assert windows.has_manager == (last(MANAGER, NO_MANAGER) == MANAGER)
    assert windows.has_window == (last(WINDOW, NO_WINDOW) == WINDOW)
    assert windows.geometry == ("1280x800" if SIZE in lines else "")
