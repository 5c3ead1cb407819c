"""A zone on any name server with dynamic updates (RFC 2136) and TSIG (RFC 8945).

Ownership is in a TXT record at the same name, in the same update as the A record. A server makes an update wholly or
not at all, and checks its prerequisites in the same step (RFC 2136, section 3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.name
import dns.rdata
import dns.rdatatype
import dns.update
from dns.rdtypes.ANY.TXT import TXT

from elephant.adapters.dns.name_server import NameServer
from elephant.adapters.dns.ownership import Standing, is_mark, mark_of, marked_address
from elephant.adapters.dns.retries import Passing, Retries
from elephant.ports.errors import AddressTaken, Permanent
from elephant.ports.zone import ZoneRecord

_TTL_SECONDS = 60
# the types that a reading asks for; what else is there shows by the server's refusal of a name in use
_ASKED = (dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.TXT)


@dataclass(frozen=True, slots=True)
class Rfc2136Zone:
    """The port Zone. The key needs the right to update the zone's A and TXT records, and to transfer the zone."""

    server: NameServer
    zone: str
    retries: Retries = field(default_factory=Retries)

    def expect(self, name: str) -> None:
        """See Zone.expect: `put` begins with a change that holds only where nothing stands."""

    def put(self, name: str, ip_address: str) -> None:
        """See Zone.put."""
        self.retries.run(lambda: self._put(_absolute(name), ip_address))

    def remove(self, name: str) -> None:
        """See Zone.remove."""
        self.retries.run(lambda: self._remove(_absolute(name)))

    def records(self) -> Sequence[ZoneRecord]:
        """See Zone.records; by a zone transfer (AXFR)."""
        return self.retries.run(self._records)

    def _put(self, name: dns.name.Name, ip_address: str) -> None:
        if self._create(name, ip_address):
            return
        found = self._read(name)
        standing = _standing_of(found)
        if standing.is_exactly(ip_address):
            return
        if standing.is_taken or standing.is_free:
            # in use, and nothing found: by a record that is neither an address nor a text
            if self._stands(name, found):
                raise AddressTaken(f"{name} is taken by something without our TXT record; remove it, or leave it")
        else:
            self._remove(name)
            if self._create(name, ip_address):
                return
        raise Passing(f"{name} changed while it was written")

    def _create(self, name: dns.name.Name, ip_address: str) -> bool:
        """Write the address and its mark; False, and nothing written, where the name is in any use."""
        update = self._update()
        update.absent(name)
        update.add(name, _TTL_SECONDS, "A", ip_address)
        update.add(name, _TTL_SECONDS, "TXT", _quoted(mark_of(ip_address)))
        return self.server.update(update)

    def _remove(self, name: dns.name.Name) -> None:
        """Remove our marks and the addresses that they name, one by one, if the texts still are those read."""
        texts = [rdata for rdata in self.server.read(name, dns.rdatatype.TXT) if isinstance(rdata, TXT)]
        marks = {text for text in map(_text, texts) if is_mark(text)}
        if not marks:
            return
        update = self._update()
        update.present(name, *texts)
        for mark in sorted(marks):
            update.delete(name, "TXT", _quoted(mark))
            update.delete(name, "A", marked_address(mark))
        if not self.server.update(update):
            raise Passing(f"{name} changed while it was removed")

    def _records(self) -> Sequence[ZoneRecord]:
        content: dict[str, list[dns.rdata.Rdata]] = {}
        for name, rdata in self.server.transfer(_absolute(self.zone)):
            content.setdefault(name.to_text(omit_final_dot=True).lower(), []).append(rdata)
        return [record for name, found in content.items() for record in _standing_of(found).records(name)]

    def _read(self, name: dns.name.Name) -> frozenset[dns.rdata.Rdata]:
        return frozenset(rdata for rdtype in _ASKED for rdata in self.server.read(name, rdtype))

    def _stands(self, name: dns.name.Name, found: frozenset[dns.rdata.Rdata]) -> bool:
        """True if a name that is in use holds just this: several queries may have seen several states of it."""
        update = self._update()
        update.present(name)
        for rdtype in _ASKED:
            of_type = [rdata for rdata in found if rdata.rdtype == rdtype]
            if of_type:
                update.present(name, *of_type)
            else:
                update.absent(name, rdtype)
        return self.server.update(update)

    def _update(self) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(_absolute(self.zone))


def _standing_of(found: Iterable[dns.rdata.Rdata]) -> Standing:
    addresses, texts, other_types = set(), set(), set()
    for rdata in found:
        if rdata.rdtype == dns.rdatatype.A:
            addresses.add(rdata.to_text())
        elif isinstance(rdata, TXT):
            texts.add(_text(rdata))
        else:
            other_types.add(dns.rdatatype.to_text(rdata.rdtype))
    return Standing(frozenset(addresses), frozenset(texts), frozenset(other_types))


def _text(rdata: TXT) -> str:
    return b"".join(rdata.strings).decode(errors="backslashreplace")


def _quoted(text: str) -> str:
    return f'"{text}"'


def _absolute(name: str) -> dns.name.Name:
    try:
        return dns.name.from_text(name.lower())
    except dns.exception.DNSException as error:
        raise Permanent(f"{name!r} is no name for DNS: {error}") from error
