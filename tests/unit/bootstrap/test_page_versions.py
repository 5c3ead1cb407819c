"""Old files of the pages go; what this deployment and the one before ask for stays, wherever a deployment dies."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.bootstrap.page_versions import folder_of, folders_named, outdated

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=3)


def folder(version: int) -> str:
    return f"static/{version:016x}/"


def files(*versions: int) -> list[str]:
    return [f"{folder(each)}{name}" for each in versions for name in ("host.js", "site.css")]


@pytest.mark.parametrize(
    "key",
    [
        "index.html",
        "static/mine.js",
        "static/0123456789abcde/a.js",
        "static/0123456789abcdef",
        "static/0123456789abcdef/",
        "static/0123456789abcdef/more/a.js",
        "static/0123456789ABCDEF/a.js",
        "more/static/0123456789abcdef/a.js",
        "static/0123456789abcdef/a.js\n",
    ],
)
def test_what_is_named_otherwise_is_nobody_s_of_ours_and_stays(key: str) -> None:
    assert folder_of(key) == ""
    assert outdated({key: OLD, **dict.fromkeys(files(1), OLD)}, files(2), {folder(3)}, NOW) == files(1)


def test_a_page_names_its_folder() -> None:
    page = f'<link href="/{folder(7)}site.css"><script src="/{folder(7)}host.js"></script>'
    assert folders_named(page) == {folder(7)}
    assert folders_named("<p>nothing") == set()


def test_this_one_and_the_one_before_stay() -> None:
    written = dict.fromkeys(files(1, 2, 3), OLD)
    assert outdated(written, files(3), {folder(2)}, NOW) == files(1)


def test_where_the_pages_are_this_deployment_s_already_the_last_that_was_written_stays() -> None:
    written = {**dict.fromkeys(files(2), OLD), **dict.fromkeys(files(1), OLD - timedelta(days=1))}
    assert outdated(written, files(3), {folder(3)}, NOW) == files(1)
    assert outdated(written, files(3), set(), NOW) == files(1)


def test_what_is_new_may_be_another_deployment_s() -> None:
    written = {**dict.fromkeys(files(1), OLD), **dict.fromkeys(files(4), NOW - timedelta(minutes=5))}
    assert outdated(written, files(3), {folder(2)}, NOW) == files(1)


def test_without_a_folder_of_its_own_nothing_is_known() -> None:
    assert outdated(dict.fromkeys(files(1, 2), OLD), ["index.html"], set(), NOW) == []


class Bucket:
    """Deployments, one day after the other, each of which may die before any of its changes."""

    def __init__(self) -> None:
        self.written: dict[str, datetime] = {}
        self.pages = {"meeting": 0, "index.html": 0}
        self.now = NOW

    def deploy(self, version: int, changes: int) -> bool:
        """Whether it came to its end, after no more than so many changes."""
        self.now += timedelta(days=1)
        served = {folder(each) for each in self.pages.values() if each}
        gone = outdated(self.written, [*files(version), *self.pages], served, self.now)
        steps = [*(("remove", key) for key in gone), *(("put", key) for key in files(version))]
        steps += [("page", key) for key in self.pages]
        for kind, key in steps[:changes]:
            if kind == "remove":
                del self.written[key]
            elif kind == "put":
                self.written[key] = self.now
            else:
                self.pages[key] = version
        return changes >= len(steps)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 12)), max_size=12))
def test_wherever_deployments_die_the_one_before_stays_and_older_ones_go(runs: list[tuple[int, int]]) -> None:
    bucket, shown = Bucket(), list[int]()
    for version, changes in runs:
        is_done = bucket.deploy(version, changes)
        for each in bucket.pages.values():
            assert each == 0 or set(files(each)) <= bucket.written.keys(), "a page asks for what is gone"
        if is_done and [version] != shown[-1:]:
            assert not shown or set(files(shown[-1])) <= bucket.written.keys(), "an open page asks for what is gone"
            shown.append(version)
        if is_done:
            assert bucket.deploy(version, 99)
            # itself, the one before, and where that was interrupted what it had begun with
            assert len({folder_of(key) for key in bucket.written}) <= 2
