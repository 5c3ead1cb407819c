"""Names that become parts of paths, and tags."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.embedded.names import Tags, is_machine_id, is_seat, machine_id_for
from elephant.domain.meeting import DEFAULT_ROLES, Role

DATA_DIR = Path("/srv/elephant")
TAGS = Tags("d-0123456789abcdef0", "abcdefgh12345678", DEFAULT_ROLES[0])


@given(st.text(), st.text(), st.integers(min_value=1))
def test_an_attempt_has_one_machine_id(meeting_id: str, role: str, attempt: int) -> None:
    machine_id = machine_id_for(meeting_id, Role(role), attempt)
    assert is_machine_id(machine_id)
    assert machine_id == machine_id_for(meeting_id, Role(role), attempt)
    assert machine_id != machine_id_for(meeting_id, Role(role), attempt + 1)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "d-", "d-0123456789ABCDEF0", "d-0123456789abcdef0\n", "d-../../../../etc00"]
)
def test_nothing_else_is_a_machine_id(text: str) -> None:
    assert not is_machine_id(text)


@given(st.text(alphabet="./\\\0\n ~é", min_size=1))
def test_no_path_is_a_seat(text: str) -> None:
    assert not is_seat(text, "role")
    assert not is_seat("abc", text)


def test_tags_survive_an_environment() -> None:
    assert Tags.of_environment({"PATH": "/bin", **TAGS.environment(DATA_DIR)}, DATA_DIR) == TAGS


@pytest.mark.parametrize("name", TAGS.environment(DATA_DIR))
def test_without_any_one_of_them_nobody_is_ours(name: str) -> None:
    environment = TAGS.environment(DATA_DIR)
    del environment[name]
    assert Tags.of_environment(environment, DATA_DIR) is None
    for strange in ("", "../..", "x" * 100):
        assert Tags.of_environment(TAGS.environment(DATA_DIR) | {name: strange}, DATA_DIR) is None


def test_another_data_directory_s_machines_are_not_ours() -> None:
    assert Tags.of_environment(TAGS.environment(DATA_DIR), DATA_DIR / "other") is None
