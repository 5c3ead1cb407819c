"""Take a machine's directory away, in one step for everybody who looks."""

import logging
from pathlib import Path

from elephant.adapters.embedded.disk import remove_tree
from elephant.adapters.embedded.machine_folder import MachineFolder
from elephant.ports.errors import Temporary

logger = logging.getLogger(__name__)

_GONE = ".gone-"


def discard(folder: MachineFolder) -> None:
    """Remove a machine's directory; the caller holds its lock, and none of its processes lives.

    It is renamed first, so that nobody ever finds half of it. Raises Temporary.
    """
    gone = folder.path.with_name(f"{_GONE}{folder.path.name}")
    remove_tree(gone)
    try:
        folder.path.rename(gone)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Temporary(f"could not remove {folder.path}: {error}") from error
    remove_tree(gone)


def remove_halves(machines_dir: Path) -> None:
    """Finish what a `discard` left undone when it was killed; what resists is tried again the next time."""
    for path in machines_dir.glob(f"{_GONE}*"):
        try:
            remove_tree(path)
        except Temporary:
            logger.warning("a machine's directory is still there", exc_info=True)
