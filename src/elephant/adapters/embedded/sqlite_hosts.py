"""The hosts in the SQLite file; of a token only its digest is kept."""

from collections.abc import Sequence

from elephant.adapters.embedded.sqlite import SqliteDatabase
from elephant.domain.hours import Host
from elephant.ports.hosts import HostExists, HostNotFound, KeptHost

_ALL = "SELECT name, minutes_per_month, token_digest FROM hosts ORDER BY name"
_NAMED = "SELECT name, minutes_per_month, token_digest FROM hosts WHERE name = ?"
_WITH_TOKEN = "SELECT name, minutes_per_month, token_digest FROM hosts WHERE token_digest = ?"  # noqa: S105  no token

_Row = tuple[str, float | None, str]


class SqliteHosts:
    """See Hosts. Whoever is removed or has a new token is out at their next request."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def named(self, name: str) -> KeptHost | None:
        """See Hosts.named."""
        return _only(self._database.read(_NAMED, (name,)))

    def with_token(self, token_digest: str) -> KeptHost | None:
        """See Hosts.with_token."""
        return _only(self._database.read(_WITH_TOKEN, (token_digest,)))

    def all(self) -> Sequence[Host]:
        """Every host, by name."""
        return [_kept(row).host for row in self._database.read(_ALL)]

    def add(self, host: Host, token_digest: str) -> None:
        """Let a new host in; raises HostExists."""
        with self._database.write() as connection:
            added = connection.execute(
                "INSERT INTO hosts (name, minutes_per_month, token_digest) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO NOTHING",
                (host.name, host.minutes_per_month, token_digest),
            )
            if added.rowcount == 0:
                raise HostExists(f"there is a host {host.name} already; `elephant hosts token` gives them a new token")

    def renew(self, name: str, token_digest: str) -> Host:
        """Another token in place of the old one, which is worth nothing any more; raises HostNotFound."""
        with self._database.write() as connection:
            changed = connection.execute("UPDATE hosts SET token_digest = ? WHERE name = ?", (token_digest, name))
            self._require(changed.rowcount, name)
            return _kept(connection.execute(_NAMED, (name,)).fetchone()).host

    def remove(self, name: str) -> None:
        """Let a host in no more; their meetings stay. Raises HostNotFound."""
        with self._database.write() as connection:
            self._require(connection.execute("DELETE FROM hosts WHERE name = ?", (name,)).rowcount, name)

    def _require(self, found: int, name: str) -> None:
        if found == 0:
            raise HostNotFound(f"there is no host {name}; `elephant hosts list` shows them")


def _only(rows: Sequence[_Row]) -> KeptHost | None:
    return _kept(rows[0]) if rows else None


def _kept(row: _Row) -> KeptHost:
    name, minutes_per_month, token_digest = row
    return KeptHost(host=Host(name=name, minutes_per_month=minutes_per_month), token_digest=token_digest)
