"""A user of its own for each machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.embedded.machine_users import FIRST_USER_ID, LAST_USER_ID, choose_user_id
from elephant.ports.errors import Temporary

ALL = range(FIRST_USER_ID, LAST_USER_ID + 1)
MACHINE_IDS = st.integers(min_value=0, max_value=16**17 - 1).map(lambda number: f"d-{number:017x}")


@given(MACHINE_IDS, st.sets(st.sampled_from(ALL)))
def test_it_is_free_and_in_the_range(machine_id: str, taken: set[int]) -> None:
    chosen = choose_user_id(machine_id, taken)
    assert chosen in ALL
    assert chosen not in taken


@given(MACHINE_IDS)
def test_the_last_free_one_is_found(machine_id: str) -> None:
    assert choose_user_id(machine_id, set(ALL) - {LAST_USER_ID}) == LAST_USER_ID
    with pytest.raises(Temporary):
        choose_user_id(machine_id, set(ALL))
