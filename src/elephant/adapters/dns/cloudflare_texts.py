"""Texts in a zone at Cloudflare, each a TXT record of its own with our comment."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from elephant.adapters.dns.cloudflare import MARK
from elephant.adapters.dns.cloudflare_answers import Row, read_page, read_result
from elephant.adapters.dns.cloudflare_calls import Parameters, send
from elephant.adapters.dns.retries import Retries
from elephant.ports.errors import AddressTaken, Permanent

_TTL_SECONDS = 60
_ROWS_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class CloudflareTexts:
    """The port Texts."""

    client: httpx.Client
    zone_id: str
    retries: Retries = field(default_factory=Retries)

    def add(self, name: str, text: str) -> None:
        """See Texts.add; the API does not say when a record is served."""
        self.retries.run(lambda: self._add(name.lower(), text))

    def remove(self, name: str, text: str) -> None:
        """See Texts.remove."""
        self.retries.run(lambda: self._remove(name.lower(), text))

    def _add(self, name: str, text: str) -> None:
        if any(self._at(name, text)):
            return
        record: Parameters = {
            "type": "TXT",
            "name": name,
            "content": f'"{text}"',
            "ttl": _TTL_SECONDS,
            "comment": MARK,
        }
        answer = read_result(send(self.client, "POST", self._path, json=record))
        if answer.already_there:
            if not any(self._at(name, text)):
                raise AddressTaken(f"no TXT record can stand at {name}: {answer.problem}")
            return
        answer.require()
        # a name outside of the zone is taken for one below it
        if not any(self._at(name, text)):
            self._take_back(answer.result)
            raise Permanent(f"{name} is not in the zone ZONE_ID; check DOMAIN_ROOT")

    def _remove(self, name: str, text: str) -> None:
        for row in list(self._at(name, text)):
            self._delete(row.id)

    def _take_back(self, record: object) -> None:
        if isinstance(record, dict) and isinstance(record.get("id"), str):
            self._delete(record["id"])

    def _delete(self, record_id: str) -> None:
        answer = read_result(send(self.client, "DELETE", f"{self._path}/{record_id}"))
        if not answer.not_there:
            answer.require()

    def _at(self, name: str, text: str) -> Iterator[Row]:
        filters: Parameters = {"name.exact": name, "type": "TXT", "per_page": _ROWS_A_PAGE}
        number, pages = 1, 1
        while number <= pages:
            page = read_page(send(self.client, "GET", self._path, params={**filters, "page": number}))
            yield from (
                row for row in page.rows if row.name == name and row.type == "TXT" and row.content.strip('"') == text
            )
            number, pages = number + 1, page.total_pages

    @property
    def _path(self) -> str:
        return f"zones/{self.zone_id}/dns_records"
