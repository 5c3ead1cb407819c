"""What a function that runs all the time knows about the machines' certificate, without asking each time."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from elephant.domain.certificate import Certificate, expiry_warning
from elephant.ports.errors import ElephantError

logger = logging.getLogger(__name__)

_EVERY, _AFTER_AN_ERROR = timedelta(days=1), timedelta(hours=1)


class CertificateWatch:
    """Reads the certificate once a day in each process; `read` is None where there is none to look after."""

    def __init__(self, read: Callable[[], Certificate | None] | None) -> None:
        self._read = read
        self._due_at: datetime | None = None
        self._held: Certificate | None = None
        self._problem = ""

    def is_due(self, now: datetime) -> bool:
        """True where `look` would make a call."""
        return self._read is not None and (self._due_at is None or now >= self._due_at)

    def look(self, now: datetime) -> None:
        """Read the certificate and log what is to be said about it. Never raises what reading it raises."""
        if self._read is None:
            return
        try:
            self._held, self._due_at = self._read(), now + _EVERY
            self._problem = "" if self._held else "the machines have no certificate yet: run `elephant certs issue`"
        except ElephantError as error:
            self._held, self._due_at = None, now + _AFTER_AN_ERROR
            self._problem = f"the machines' certificate could not be read: {error}"
        if self.warning(now):
            logger.warning("certificate: %s", self.warning(now))

    def warning(self, now: datetime) -> str:
        """What has to be done about it as far as is known, or nothing."""
        return self._problem or (expiry_warning(self._held, now) if self._held else "")
