"""An unprivileged user for each machine, where the server is root."""

import pwd
from collections.abc import Collection

from elephant.ports.errors import Temporary

# The range that systemd.exec(5) reserves for DynamicUser=: belongs to nobody, and systemd asks before taking one.
FIRST_USER_ID = 61184
LAST_USER_ID = 65519


def choose_user_id(machine_id: str, taken: Collection[int]) -> int:
    """A user id for a machine, the same one as long as that is free, that nobody else uses.

    Raises Temporary when all are taken.
    """
    count = LAST_USER_ID - FIRST_USER_ID + 1
    start = int(machine_id.removeprefix("d-"), 16)
    for step in range(count):
        user_id = FIRST_USER_ID + (start + step) % count
        if user_id not in taken:
            return user_id
    raise Temporary(f"all user ids from {FIRST_USER_ID} to {LAST_USER_ID} are in use by other machines or users")


def known_user_ids() -> set[int]:
    """The user ids that have a name on this host."""
    return {entry.pw_uid for entry in pwd.getpwall()}
