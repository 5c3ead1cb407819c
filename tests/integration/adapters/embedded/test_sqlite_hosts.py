"""The hosts in the SQLite file."""

from pathlib import Path

import pytest

from elephant.adapters.embedded.sqlite import FILE_NAME, SqliteDatabase
from elephant.adapters.embedded.sqlite_hosts import SqliteHosts
from elephant.domain.hours import Host
from elephant.ports.hosts import HostExists, HostNotFound, KeptHost, token_digest

pytestmark = pytest.mark.integration

ANA, BEN = Host(name="ana", minutes_per_month=90.5), Host(name="ben")
TOKEN = "a-token-of-ana"


@pytest.fixture
def hosts(tmp_path: Path) -> SqliteHosts:
    found = SqliteHosts(SqliteDatabase(tmp_path))
    found.add(BEN, token_digest("a-token-of-ben"))
    found.add(ANA, token_digest(TOKEN))
    return found


def test_hosts_are_found_by_name_and_by_token(hosts: SqliteHosts) -> None:
    ana = KeptHost(host=ANA, token_digest=token_digest(TOKEN))
    assert hosts.named("ana") == hosts.with_token(token_digest(TOKEN)) == ana
    assert hosts.named("Ana") is hosts.with_token(TOKEN) is hosts.with_token("") is None
    assert hosts.all() == [ANA, BEN]


def test_a_token_is_not_in_the_file(hosts: SqliteHosts, tmp_path: Path) -> None:
    found = b"".join(path.read_bytes() for path in tmp_path.glob(f"{FILE_NAME}*"))
    assert token_digest(TOKEN).encode() in found
    assert TOKEN.encode() not in found


def test_a_name_is_given_once(hosts: SqliteHosts) -> None:
    with pytest.raises(HostExists, match="ana"):
        hosts.add(Host(name="ana"), token_digest("another"))
    assert hosts.with_token(token_digest("another")) is None
    assert hosts.named("ana") == KeptHost(host=ANA, token_digest=token_digest(TOKEN))


def test_a_new_token_replaces_the_old_one(hosts: SqliteHosts) -> None:
    assert hosts.renew("ana", token_digest("another")) == ANA
    assert hosts.with_token(token_digest(TOKEN)) is None
    assert hosts.with_token(token_digest("another")) == hosts.named("ana")


def test_who_is_removed_is_gone(hosts: SqliteHosts) -> None:
    hosts.remove("ana")
    assert hosts.named("ana") is hosts.with_token(token_digest(TOKEN)) is None
    assert hosts.all() == [BEN]
    for act in (hosts.remove, lambda name: hosts.renew(name, "digest")):
        with pytest.raises(HostNotFound, match="ana"):
            act("ana")
