"""What this machine is for: asked of the metadata service until it is known."""

import logging
import re
import threading
from dataclasses import dataclass

from elephant.agent.ec2.imds import Imds, NotThereError
from elephant.agent.ec2.pauses import Pauses
from elephant.wire.boot_settings import BootSettings

logger = logging.getLogger(__name__)

_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Boot:
    """This machine's id, and what it was told."""

    machine_id: str
    settings: BootSettings


def read_boot(imds: Imds) -> Boot:
    """Ask once; raises OSError, ValueError for what is not as it must be, NotThereError without user data."""
    machine_id = imds.instance_id().strip()
    if not _INSTANCE_ID.fullmatch(machine_id):
        raise ValueError("the instance id must be i- and hexadecimal digits")
    return Boot(machine_id, BootSettings.parse(imds.user_data()))


def await_boot(imds: Imds, stop: threading.Event) -> Boot | None:
    """Ask until it is known; None when told to stop before.

    User data does not change while a machine runs, yet what is damaged may have been read badly: asking on costs
    nothing, and how long a machine lives that knows no meeting is decided elsewhere.
    """
    pauses = Pauses(first_seconds=0.2, last_seconds=10.0)
    said = ""
    while not stop.is_set():
        try:
            return read_boot(imds)
        except NotThereError:
            problem = "this machine has no user data"
        except (OSError, ValueError) as error:
            problem = f"the user data cannot be used: {str(error) or type(error).__name__}"
        if problem != said:
            logger.error("%s", problem)
            said = problem
        stop.wait(pauses.next_seconds())
    return None
