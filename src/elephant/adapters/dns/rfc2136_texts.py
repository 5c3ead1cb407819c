"""Texts in a zone on any name server with dynamic updates (RFC 2136)."""

from dataclasses import dataclass, field

import dns.exception
import dns.name
import dns.rdatatype
import dns.update
from dns.rdtypes.ANY.TXT import TXT

from elephant.adapters.dns.name_server import NameServer
from elephant.adapters.dns.retries import Retries
from elephant.ports.errors import AddressTaken, Permanent

_TTL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Rfc2136Texts:
    """The port Texts. Adding a record that is there and removing one that is not change nothing (section 3.4.2)."""

    server: NameServer
    zone: str
    retries: Retries = field(default_factory=Retries)

    def add(self, name: str, text: str) -> None:
        """See Texts.add; other servers of the zone get it when they ask this one."""
        self.retries.run(lambda: self._add(_absolute(name), text))

    def remove(self, name: str, text: str) -> None:
        """See Texts.remove."""
        update = self._update()
        update.delete(_absolute(name), "TXT", f'"{text}"')
        self.retries.run(lambda: self.server.update(update))

    def _add(self, name: dns.name.Name, text: str) -> None:
        update = self._update()
        update.add(name, _TTL_SECONDS, "TXT", f'"{text}"')
        self.server.update(update)
        # beside a CNAME it is passed over in silence (section 3.4.2.2)
        texts = [rdata for rdata in self.server.read(name, dns.rdatatype.TXT) if isinstance(rdata, TXT)]
        if text.encode() not in {b"".join(rdata.strings) for rdata in texts}:
            raise AddressTaken(f"no TXT record can stand at {name}: a CNAME is there")

    def _update(self) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(_absolute(self.zone))


def _absolute(name: str) -> dns.name.Name:
    try:
        return dns.name.from_text(name.lower())
    except dns.exception.DNSException as error:
        raise Permanent(f"{name!r} is no name for DNS: {error}") from error
