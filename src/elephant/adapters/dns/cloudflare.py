"""A zone at Cloudflare, over its API v4. Ownership is in the record's comment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx

from elephant.adapters.dns.cloudflare_answers import Row, read_page, read_result
from elephant.adapters.dns.cloudflare_calls import Parameters, send
from elephant.adapters.dns.expected import Expected
from elephant.adapters.dns.retries import Passing, Retries
from elephant.ports.errors import AddressTaken
from elephant.ports.zone import ZoneRecord

MARK = "managed by elephant"

# a proxied record's ttl is always automatic, which is written as 1; a DNS-only record's is 60 s at least
_AUTOMATIC_TTL, _SHORTEST_TTL_SECONDS = 1, 60
# the API's own default is 100, its largest is five million: one page for nearly every zone
_ROWS_A_PAGE = 1000


def open_client(
    token: str, *, api_url: str = "https://api.cloudflare.com/client/v4", timeout_seconds: float = 5.0
) -> httpx.Client:
    """A client with the API token; `timeout_seconds` is for connecting, and for each wait for bytes."""
    return httpx.Client(
        base_url=api_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout_seconds,
        # One connection for one call: an answer too many would be taken for that of the next call, and a function
        # that slept for an hour would find every kept connection dead.
        limits=httpx.Limits(max_keepalive_connections=0),
        # the token goes to nobody else
        follow_redirects=False,
    )


@dataclass(frozen=True, slots=True)
class CloudflareZone:
    """The port Zone. The API has no conditional write: each change is decided on a reading just before it."""

    client: httpx.Client
    zone_id: str
    proxied: bool
    retries: Retries = field(default_factory=Retries)
    expected: Expected = field(default_factory=Expected)

    def expect(self, name: str) -> None:
        """See Zone.expect. Nothing is read while an earlier expectation of another name was followed by no `put`."""
        if self.expected.begin(name.lower()) and not list(self._at(name.lower())):
            self.expected.is_free(name.lower())

    def put(self, name: str, ip_address: str) -> None:
        """See Zone.put."""
        # Only that nothing stood there may be known beforehand, and only for the first attempt.
        known: list[list[Row]] = [[]] if self.expected.end(name.lower()) else []
        self.retries.run(lambda: self._put(name.lower(), ip_address, known))

    def remove(self, name: str) -> None:
        """See Zone.remove."""
        self.retries.run(lambda: self._delete(self._ours(name.lower())))

    def records(self) -> Sequence[ZoneRecord]:
        """See Zone.records. A record that moves to another page meanwhile may be missed until the next reading."""
        return self.retries.run(lambda: [_record(row) for row in self._rows({"type": "A"})])

    def _put(self, name: str, ip_address: str, known: list[list[Row]]) -> None:
        rows = known.pop() if known else list(self._at(name))
        if any(not _is_ours(row) for row in rows):
            raise AddressTaken(f"{name} is taken by a record without the comment {MARK!r}; remove it, or leave it")
        kept = next((row for row in rows if self._is_right(row, ip_address)), rows[0] if rows else None)
        # two copies of a function at once may have made two
        self._delete(row for row in rows if row is not kept)
        if kept is None:
            self._write("POST", self._path, name, ip_address)
        elif not self._is_right(kept, ip_address):
            self._write("PUT", f"{self._path}/{kept.id}", name, ip_address)

    def _write(self, method: str, path: str, name: str, ip_address: str) -> None:
        record: Parameters = {
            "type": "A",
            "name": name,
            "content": ip_address,
            "proxied": self.proxied,
            "ttl": _AUTOMATIC_TTL if self.proxied else _SHORTEST_TTL_SECONDS,
            "comment": MARK,
        }
        answer = read_result(send(self.client, method, path, json=record))
        if answer.already_there or answer.not_there:
            raise Passing(f"{name} changed while it was written: {answer.problem}")
        answer.require()

    def _delete(self, rows: Iterator[Row]) -> None:
        for row in rows:
            answer = read_result(send(self.client, "DELETE", f"{self._path}/{row.id}"))
            if not answer.not_there:
                answer.require()

    def _ours(self, name: str) -> Iterator[Row]:
        return (row for row in list(self._at(name)) if _is_ours(row))

    def _at(self, name: str) -> Iterator[Row]:
        return (row for row in self._rows({"name.exact": name}) if row.name == name)

    def _rows(self, filters: Parameters) -> Iterator[Row]:
        number, pages = 1, 1
        while number <= pages:
            page = read_page(
                send(self.client, "GET", self._path, params={**filters, "page": number, "per_page": _ROWS_A_PAGE})
            )
            yield from page.rows
            number, pages = number + 1, page.total_pages

    def _is_right(self, row: Row, ip_address: str) -> bool:
        return row.content == ip_address and row.proxied == self.proxied

    @property
    def _path(self) -> str:
        return f"zones/{self.zone_id}/dns_records"


def _is_ours(row: Row) -> bool:
    return row.type == "A" and row.comment == MARK


def _record(row: Row) -> ZoneRecord:
    return ZoneRecord(row.name, row.content, ours=_is_ours(row))
