"""Hosts with tokens, in memory."""

from elephant.domain.hours import Host
from elephant.ports.hosts import KeptHost, token_digest


class KeptHosts:
    """See Hosts; `let_in` makes a host's token."""

    def __init__(self) -> None:
        self._hosts: dict[str, KeptHost] = {}

    def let_in(self, name: str, hours_per_month: float | None = None, token: str | None = None) -> str:
        """A host of that name, who may have been one already; their token from now on."""
        minutes = None if hours_per_month is None else hours_per_month * 60
        token = token or f"the-token-of-{name}"
        host = Host(name=name, minutes_per_month=minutes)
        self._hosts[name] = KeptHost(host=host, token_digest=token_digest(token))
        return token

    def put_out(self, name: str) -> None:
        """No host any more."""
        del self._hosts[name]

    def named(self, name: str) -> KeptHost | None:
        """See Hosts.named."""
        return self._hosts.get(name)

    def with_token(self, digest: str) -> KeptHost | None:
        """See Hosts.with_token."""
        return next((each for each in self._hosts.values() if each.token_digest == digest), None)
