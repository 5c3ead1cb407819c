"""Whose records stand at a name, where a provider has no field for it: a TXT record beside the A record says so."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from elephant.ports.zone import ZoneRecord

_MARK = "heritage=elephant,address="


def mark_of(ip_address: str) -> str:
    """The TXT record's text that makes this address of the same name ours.

    It names the address, so that somebody else's A record never becomes ours by standing beside a mark left over.
    """
    return f"{_MARK}{ip_address}"


def is_mark(text: str) -> bool:
    """True for every text that `mark_of` makes of an IPv4 address."""
    try:
        ipaddress.IPv4Address(marked_address(text))
    except ValueError:
        return False
    return text.startswith(_MARK)


def marked_address(mark: str) -> str:
    """The address that a mark names."""
    return mark.removeprefix(_MARK)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at one name: its IPv4 addresses, its TXT records' texts, and what else there is, by type."""

    addresses: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    other_types: frozenset[str] = frozenset()

    @property
    def marks(self) -> frozenset[str]:
        """Our marks, with or without the address that they name."""
        return frozenset(text for text in self.texts if is_mark(text))

    @property
    def our_addresses(self) -> frozenset[str]:
        """The addresses that a mark of ours names."""
        return frozenset(address for address in self.addresses if mark_of(address) in self.texts)

    @property
    def is_free(self) -> bool:
        """True where nothing stands."""
        return not (self.addresses or self.texts or self.other_types)

    @property
    def is_taken(self) -> bool:
        """True where anything stands that is not ours."""
        return bool(self.other_types or self.addresses - self.our_addresses or self.texts - self.marks)

    def is_exactly(self, ip_address: str) -> bool:
        """True where this address and its mark stand, and nothing else."""
        return self == Standing(frozenset({ip_address}), frozenset({mark_of(ip_address)}))

    def records(self, name: str) -> Iterator[ZoneRecord]:
        """The name's addresses, and our mark if it is alone."""
        ours = self.our_addresses
        for address in sorted(self.addresses):
            yield ZoneRecord(name, address, ours=address in ours)
        if self.marks and not ours:
            yield ZoneRecord(name, None, ours=True)
