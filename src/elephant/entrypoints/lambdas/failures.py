"""What goes wrong in a function: logged once, with whom it is about, and raised, so that the platform tries again."""

import contextlib
import logging
from collections.abc import Iterator

from elephant.ports.errors import Temporary

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def failures_logged(what: str) -> Iterator[None]:
    """Log what the block raises and raise it again; `what` names the function, and the meeting and role if known."""
    try:
        yield
    except Temporary as error:
        # It is expected to pass: one line, no traceback.
        logger.warning("%s did not work and will be tried again: %s", what, error)
        raise
    except Exception:
        logger.exception("%s failed", what)
        raise
