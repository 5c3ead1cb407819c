"""Whether a token of Cloudflare serves a zone, and the zone a domain. Raises InvalidField with what to do.

Of the API v4: `GET zones/{id}` and `GET user/tokens/verify`; the latter knows no token that belongs to an account, so
it only explains why the former refuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from elephant.adapters.dns.cloudflare_answers import read_result
from elephant.adapters.dns.cloudflare_calls import send
from elephant.adapters.dns.retries import Passing, Retries
from elephant.ports.errors import InvalidField, Permanent


@dataclass(frozen=True, slots=True)
class CloudflareChecks:
    """Over a client with the token; raises Temporary as well."""

    client: httpx.Client
    retries: Retries = field(default_factory=Retries)

    def zone_of(self, domain: str) -> str:
        """The id of the zone that a domain is in, "" where the token shows none."""
        labels = domain.split(".")
        for start in range(len(labels) - 1):
            name = ".".join(labels[start:])
            found = self.retries.run(lambda name=name: self._zones(name))  # type: ignore[misc]
            if found:
                return found
        return ""

    def require_zone(self, zone_id: str, domain: str) -> None:
        """Raises InvalidField where the token does not show the zone, or the domain is not in it."""
        answer = self.retries.run(lambda: self._result(f"zones/{zone_id}"))
        if isinstance(answer, Permanent):
            raise self._why(zone_id) from answer
        name = str(answer.get("name", "")).lower()
        if not name:
            raise Passing("Cloudflare answered with something that is no zone")
        if domain != name and not domain.endswith(f".{name}"):
            raise InvalidField("domain_root", f"{domain} is not in the zone {name} ({zone_id}): change one of the two")

    def _why(self, zone_id: str) -> InvalidField:
        answer = self.retries.run(lambda: self._result("user/tokens/verify"))
        if isinstance(answer, Permanent):
            return InvalidField(
                "dns_token",
                f"does not show the zone {zone_id}, and Cloudflare does not know it as a token of a user: make one with"
                " the right to edit DNS of that zone (My Profile, API Tokens, template Edit zone DNS)",
            )
        if answer.get("status") != "active":
            return InvalidField("dns_token", f"is {answer.get('status')} at Cloudflare: make another")
        return InvalidField(
            "zone_id",
            f"{zone_id} is not shown to this token: copy the zone's id from its overview page, or give the token"
            " Zone:Read and DNS:Edit for it",
        )

    def _zones(self, name: str) -> str:
        answer = read_result(send(self.client, "GET", "zones", params={"name": name}))
        answer.require()
        found = answer.result
        if not isinstance(found, list):
            raise Passing("Cloudflare answered with something that is no list of zones")
        return str(found[0]["id"]) if found else ""

    def _result(self, path: str) -> Mapping[str, object] | Permanent:
        try:
            answer = read_result(send(self.client, "GET", path))
            answer.require()
        except Permanent as refusal:
            return refusal
        if not isinstance(answer.result, dict):
            raise Passing("Cloudflare answered with something that is not understood")
        return answer.result
