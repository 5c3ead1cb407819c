"""Zones at servers that run here, and a way past our adapters to what stands in them; imported where a conftest offers
them: `zone_world` is every one of them in turn.
"""

import contextlib
import functools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import httpx
import pytest
from botocore.config import Config

from elephant.adapters.dns.cloudflare import CloudflareZone, open_client
from elephant.adapters.dns.cloudflare_texts import CloudflareTexts
from elephant.adapters.dns.name_server import NameServer, tsig_key
from elephant.adapters.dns.retries import Retries
from elephant.adapters.dns.rfc2136 import Rfc2136Zone
from elephant.adapters.dns.rfc2136_texts import Rfc2136Texts
from elephant.adapters.dns.route53 import Route53Zone
from elephant.adapters.dns.route53_texts import Route53Texts
from elephant.ports.texts import Texts
from elephant.ports.zone import Zone
from tests.support import bind_server
from tests.support.aws_clients import client_at
from tests.support.bind_server import BindServer
from tests.support.cloudflare_stand_in import TOKEN, CloudflareStandIn

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.type_defs import ResourceRecordTypeDef

    from tests.support.aws_server import AwsServer

ROOT = bind_server.ZONE
PATIENT_SECONDS = 40.0
Content = set[tuple[str, str, str]]


@dataclass(frozen=True)
class ZoneWorld:
    """A zone at a server; `connect(port, attempts, timeout_seconds)` gives our adapter for it, through any port."""

    provider: str
    port: int
    connect: Callable[[int, int, float], Zone]
    content: Callable[[], Content]
    add: Callable[[str, str, str], object]
    # somebody removes all records of one type from a name that is ours
    delete: Callable[[str, str], object]
    # the same for the TXT records of the zone
    connect_texts: Callable[[int, int, float], Texts]

    def zone(self) -> Zone:
        """Our adapter, as it is meant to be used."""
        return self.connect(self.port, 3, PATIENT_SECONDS)

    def texts(self) -> Texts:
        """Our adapter for TXT records, likewise."""
        return self.connect_texts(self.port, 3, PATIENT_SECONDS)


def brief_retries(attempts: int) -> Retries:
    return Retries(attempts=attempts, first_wait_seconds=0.01)


def route53_client(port: int, attempts: int, timeout_seconds: float) -> "Route53Client":
    config = Config(
        connect_timeout=timeout_seconds,
        read_timeout=timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    client: Route53Client = client_at(f"http://127.0.0.1:{port}", "route53", config)
    return client


@pytest.fixture(scope="session")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BindServer]:
    with BindServer(tmp_path_factory.mktemp("bind")) as server:
        yield server


@pytest.fixture(scope="session")
def cloudflare() -> Iterator[CloudflareStandIn]:
    with CloudflareStandIn() as server:
        yield server


@pytest.fixture(scope="session")
def strict_aws_server(aws_server: "AwsServer") -> Iterator["AwsServer"]:
    from tests.support.strict_route53 import make_strict  # noqa: PLC0415  as late as moto itself

    with pytest.MonkeyPatch.context() as patch:
        make_strict(patch)
        yield aws_server


@pytest.fixture
def rfc2136_world(bind: BindServer) -> ZoneWorld:
    bind.clear()

    def connect(port: int, attempts: int, timeout_seconds: float) -> Zone:
        server = NameServer("127.0.0.1", tsig_key(bind.key, bind.secret), port, timeout_seconds)
        return Rfc2136Zone(server, ROOT, brief_retries(attempts))

    def connect_texts(port: int, attempts: int, timeout_seconds: float) -> Texts:
        server = NameServer("127.0.0.1", tsig_key(bind.key, bind.secret), port, timeout_seconds)
        return Rfc2136Texts(server, ROOT, brief_retries(attempts))

    return ZoneWorld("rfc2136", bind.port, connect, bind.content, bind.add, bind.delete, connect_texts)


@pytest.fixture
def cloudflare_world(cloudflare: CloudflareStandIn) -> Iterator[ZoneWorld]:
    zone_id = cloudflare.add_zone(ROOT)

    @functools.cache
    def client(port: int, timeout_seconds: float) -> httpx.Client:
        return clients.enter_context(
            open_client(TOKEN, api_url=f"http://127.0.0.1:{port}/client/v4", timeout_seconds=timeout_seconds)
        )

    def connect(port: int, attempts: int, timeout_seconds: float) -> Zone:
        return CloudflareZone(client(port, timeout_seconds), zone_id, proxied=True, retries=brief_retries(attempts))

    def connect_texts(port: int, attempts: int, timeout_seconds: float) -> Texts:
        return CloudflareTexts(client(port, timeout_seconds), zone_id, brief_retries(attempts))

    def content() -> Content:
        return {(each["name"], each["type"], each["content"]) for each in cloudflare.zones[zone_id][1].values()}

    def add(name: str, kind: str, value: str) -> None:
        cloudflare.add_record(zone_id, name, kind, value, comment="somebody else's")

    def delete(name: str, kind: str) -> None:
        records = cloudflare.zones[zone_id][1]
        for row in [row for row in records.values() if (row["name"], row["type"]) == (name, kind)]:
            del records[row["id"]]

    with contextlib.ExitStack() as clients:
        yield ZoneWorld("cloudflare", cloudflare.port, connect, content, add, delete, connect_texts)
    assert cloudflare.complaints == []


@pytest.fixture
def route53_world(strict_aws_server: "AwsServer") -> Iterator[ZoneWorld]:
    port = int(strict_aws_server.url.rpartition(":")[2])
    with contextlib.ExitStack() as clients:

        @functools.cache
        def client(port: int, attempts: int, timeout_seconds: float) -> "Route53Client":
            return clients.enter_context(contextlib.closing(route53_client(port, attempts, timeout_seconds)))

        yield _route53_world(port, client)


def _route53_world(port: int, client: "Callable[[int, int, float], Route53Client]") -> ZoneWorld:
    direct = client(port, 3, PATIENT_SECONDS)
    zone_id = direct.create_hosted_zone(Name=ROOT, CallerReference=secrets.token_hex(8))["HostedZone"]["Id"]

    def connect(port: int, attempts: int, timeout_seconds: float) -> Zone:
        return Route53Zone(client(port, attempts, timeout_seconds), zone_id, brief_retries(attempts))

    def content() -> Content:
        pages = direct.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone_id)
        return {
            (each["Name"].rstrip("."), each["Type"], record["Value"])
            for page in pages
            for each in page["ResourceRecordSets"]
            for record in each["ResourceRecords"]
            if each["Name"] != f"{ROOT}."
        }

    def change(action: Literal["UPSERT", "DELETE"], name: str, kind: str, values: set[str], ttl: int) -> None:
        records: list[ResourceRecordTypeDef] = [{"Value": value} for value in sorted(values)]
        record_set = {"Name": f"{name}.", "Type": kind, "TTL": ttl, "ResourceRecords": records}
        changes: list[Any] = [{"Action": action, "ResourceRecordSet": record_set}]
        direct.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})

    def values(name: str, kind: str) -> set[str]:
        return {value for found, type_, value in content() if (found, type_) == (name, kind)}

    def add(name: str, kind: str, value: str) -> None:
        change("UPSERT", name, kind, {*values(name, kind), value}, 300)

    def delete(name: str, kind: str) -> None:
        change("DELETE", name, kind, values(name, kind), 60)

    def connect_texts(port: int, attempts: int, timeout_seconds: float) -> Texts:
        return Route53Texts(client(port, attempts, timeout_seconds), zone_id, brief_retries(attempts), poll_seconds=0.0)

    return ZoneWorld("route53", port, connect, content, add, delete, connect_texts)


@pytest.fixture(params=["cloudflare", "route53", "rfc2136"])
def zone_world(request: pytest.FixtureRequest) -> ZoneWorld:
    world: ZoneWorld = request.getfixturevalue(f"{request.param}_world")
    return world
