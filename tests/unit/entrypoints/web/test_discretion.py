import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.entrypoints.web.discretion import without_paths


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("the disk is full; make room", "the disk is full; make room"),
        ("/srv/elephant/elephant.sqlite3 is damaged", "… is damaged"),
        (
            "the disk that holds /srv/x.sqlite3 is full (database or disk is full)",
            "the disk that holds … is full (database or disk is full)",
        ),
        ("not allowed ([Errno 13] Permission denied: '/srv/d/home')", "not allowed ([Errno 13] Permission denied: …"),
        ("/srv/My Data/x cannot be opened", "… cannot be opened"),
        ("disk I/O error in /srv/a b/c", "disk I/O error in …"),
        ("run `make run`, or see https://example.org/a", "run `make run`, or see https://example.org/a"),
    ],
)
def test_paths_are_kept_back_and_nothing_else(text: str, told: str) -> None:
    assert without_paths(text) == told


@given(
    st.lists(st.from_regex(r"[a-z.0-9]+", fullmatch=True), min_size=1), st.text(st.characters(exclude_characters="-"))
)
def test_no_word_of_a_path_is_told(names: list[str], around: str) -> None:
    path = "/" + "/".join(f"{name}-secret" for name in names)
    assert "-secret" not in without_paths(f"{around} {path} is damaged")
