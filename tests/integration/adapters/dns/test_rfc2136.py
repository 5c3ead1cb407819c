"""What BIND 9 refuses, and answers that no server gives when asked to."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

import dns.message
import dns.rcode
import dns.tsig
import dns.update
import pytest

from elephant.adapters.dns.name_server import NameServer, tsig_key
from elephant.adapters.dns.retries import Retries
from elephant.adapters.dns.rfc2136 import Rfc2136Zone
from elephant.ports.errors import AddressTaken, Permanent, Temporary
from elephant.ports.zone import Zone
from tests.support.bind_server import BindServer
from tests.support.scripted_name_server import Answer, ScriptedNameServer
from tests.support.zone_worlds import PATIENT_SECONDS, ROOT, ZoneWorld

pytestmark = pytest.mark.integration

NAME, IP = f"i-0123456789abcdef0.{ROOT}", "192.0.2.10"
SECRET = base64.b64encode(b"a secret of the tests").decode()
KEY = tsig_key("elephant-key", SECRET)
CALLS: dict[str, Callable[[Zone], object]] = {
    "put": lambda zone: zone.put(NAME, IP),
    "remove": lambda zone: zone.remove(NAME),
    "list": lambda zone: zone.records(),
}
every_call = pytest.mark.parametrize("call", CALLS)


def a_zone(
    bind: BindServer,
    *,
    key: str = BindServer.key,
    secret: str | None = None,
    zone: str = ROOT,
    host: str = "127.0.0.1",
    algorithm: str = "hmac-sha256",
) -> Zone:
    server = NameServer(host, tsig_key(key, secret or bind.secret, algorithm), bind.port, PATIENT_SECONDS)
    return Rfc2136Zone(server, zone, Retries(sleep=lambda _: None))


def test_a_host_may_be_a_name(rfc2136_world: ZoneWorld, bind: BindServer) -> None:
    zone = a_zone(bind, host="localhost")
    zone.put(NAME, IP)
    assert [record.name for record in zone.records()] == [NAME]


@every_call
def test_a_host_without_an_address_is_to_be_tried_again(bind: BindServer, call: str) -> None:
    with pytest.raises(Temporary, match=r"nowhere\.invalid"):
        CALLS[call](a_zone(bind, host="nowhere.invalid"))


@every_call
@pytest.mark.parametrize(
    ("key", "secret", "algorithm"),
    [
        ("nobodys-key", None, "hmac-sha256"),
        (BindServer.key, SECRET, "hmac-sha256"),
        (BindServer.key, None, "hmac-sha512"),
    ],
)
def test_a_key_that_the_server_does_not_have(
    bind: BindServer, call: str, key: str, secret: str | None, algorithm: str
) -> None:
    with pytest.raises(Permanent, match="share the key"):
        CALLS[call](a_zone(bind, key=key, secret=secret, algorithm=algorithm))


@pytest.mark.parametrize("call", ["put", "list"])
def test_a_key_that_may_do_nothing(rfc2136_world: ZoneWorld, bind: BindServer, call: str) -> None:
    with pytest.raises(Permanent, match=r"REFUSED.*the key may not do this"):
        CALLS[call](a_zone(bind, key="powerless"))


def test_a_key_that_may_do_nothing_removes_nothing(rfc2136_world: ZoneWorld, bind: BindServer) -> None:
    rfc2136_world.zone().put(NAME, IP)
    before = rfc2136_world.content()
    with pytest.raises(Permanent, match="REFUSED"):
        a_zone(bind, key="powerless").remove(NAME)
    assert rfc2136_world.content() == before


@pytest.mark.parametrize(("call", "rcode"), [("put", "NOTAUTH|NOTZONE"), ("remove", "REFUSED"), ("list", "NOTAUTH")])
def test_a_zone_that_the_server_does_not_have(bind: BindServer, call: str, rcode: str) -> None:
    def remove_there(zone: Zone) -> None:
        zone.remove("i-0.other.example")

    zone = a_zone(bind, zone="other.example")
    with pytest.raises(Permanent, match=rcode):
        {**CALLS, "remove": remove_there}[call](zone)


def test_a_name_in_another_zone(bind: BindServer) -> None:
    with pytest.raises(Permanent, match=r"NOTZONE.*not in that zone"):
        a_zone(bind).put("i-0123456789abcdef0.other.example", IP)


@pytest.mark.parametrize("name", ["", "..", f"{'a' * 64}.{ROOT}"])
def test_what_is_no_name(bind: BindServer, name: str) -> None:
    with pytest.raises(Permanent, match=r"no name for DNS|NOTZONE|FORMERR|NOTAUTH"):
        a_zone(bind).put(name, IP)


def test_an_address_that_somebody_deleted_is_written_again(rfc2136_world: ZoneWorld) -> None:
    zone = rfc2136_world.zone()
    zone.put(NAME, IP)
    before = rfc2136_world.content()
    rfc2136_world.delete(NAME, "A")
    zone.put(NAME, IP)
    assert rfc2136_world.content() == before


@dataclass(frozen=True, slots=True)
class Meddled(NameServer):
    """Somebody else writes just before our first update that would change something of ours."""

    meddling: list[Callable[[], object]] = field(default_factory=list)

    def update(self, update: dns.update.UpdateMessage) -> bool:
        """See NameServer.update."""
        removes = any(rrset.deleting is not None for rrset in update.update)
        if removes and self.meddling:
            self.meddling.pop()()
        return NameServer.update(self, update)


@pytest.mark.parametrize("call", ["put", "remove"])
def test_i3_what_stopped_being_ours_between_our_reading_and_our_removing_stays(
    rfc2136_world: ZoneWorld, bind: BindServer, call: str
) -> None:
    rfc2136_world.zone().put(NAME, "192.0.2.11")
    key = tsig_key(bind.key, bind.secret)
    server = Meddled("127.0.0.1", key, bind.port, meddling=[lambda: bind.delete(NAME, "TXT")])
    zone = Rfc2136Zone(server, ROOT, Retries(sleep=lambda _: None))
    if call == "put":
        with pytest.raises(AddressTaken):
            zone.put(NAME, IP)
    else:
        zone.remove(NAME)
    assert server.meddling == []
    assert rfc2136_world.content() == {(NAME, "A", "192.0.2.11")}


# --- answers as no server gives them when asked to ---


def signed(query: dns.message.Message, rcode: dns.rcode.Rcode, key: dns.tsig.Key = KEY, error: int = 0) -> bytes:
    response = dns.message.make_response(query, tsig_error=error)
    response.use_tsig(key, tsig_error=error)
    response.request_mac = query.mac or b""
    response.set_rcode(rcode)
    return response.to_wire()


def unsigned(query: dns.message.Message, rcode: dns.rcode.Rcode) -> bytes:
    response = dns.message.make_response(query)
    response.tsig = None
    response.set_rcode(rcode)
    return response.to_wire()


def ask(call: str, answer: Answer) -> None:
    """A call to a server that always answers so."""
    with ScriptedNameServer(KEY, answer) as server:
        zone = Rfc2136Zone(
            NameServer("127.0.0.1", KEY, server.port, PATIENT_SECONDS), ROOT, Retries(sleep=lambda _: None)
        )
        CALLS[call](zone)


@every_call
def test_a_server_s_failure_passes(call: str) -> None:
    seen = []

    def answer(query: dns.message.Message) -> bytes:
        seen.append(query)
        return signed(query, dns.rcode.SERVFAIL)

    with pytest.raises(Temporary, match="SERVFAIL"):
        ask(call, answer)
    assert len(seen) == 3


@every_call
@pytest.mark.parametrize(
    "rcode", [dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.NOTZONE, 11]
)
def test_every_other_rcode_is_for_somebody_to_mend(call: str, rcode: int) -> None:
    code = dns.rcode.Rcode.make(rcode)
    with pytest.raises(Permanent, match=dns.rcode.to_text(code)):
        ask(call, lambda query: signed(query, code))


@pytest.mark.parametrize("rcode", [dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN])
@pytest.mark.parametrize(("stands", "error"), [(True, AddressTaken), (False, Temporary)])
def test_a_name_in_use_by_something_that_no_query_shows_is_taken_if_that_still_holds(
    rcode: dns.rcode.Rcode, error: type[Exception], *, stands: bool
) -> None:
    def answer(query: dns.message.Message) -> bytes:
        if isinstance(query, dns.update.UpdateMessage) and not (stands and not query.update):
            return signed(query, rcode)
        return signed(query, dns.rcode.NOERROR)

    with pytest.raises(error):
        ask("put", answer)


@every_call
def test_success_without_a_signature_is_none(call: str) -> None:
    with pytest.raises((Permanent, Temporary), match=r"requires a TSIG|missing TSIG"):
        ask(call, lambda query: unsigned(query, dns.rcode.NOERROR))


@every_call
def test_success_with_somebody_else_s_signature_is_none(call: str) -> None:
    impostor = tsig_key("elephant-key", base64.b64encode(b"another secret").decode())
    with pytest.raises(Permanent, match="share the key"):
        ask(call, lambda query: signed(query, dns.rcode.NOERROR, impostor))


@every_call
def test_a_clock_that_differs_is_named(call: str) -> None:
    with pytest.raises(Permanent, match="clocks differ"):
        ask(call, lambda query: signed(query, dns.rcode.NOTAUTH, error=dns.rcode.BADTIME))


@every_call
@pytest.mark.parametrize("wire", [b"", b"x", b"\0" * 12, b"\xff" * 40])
def test_what_is_no_answer_passes(call: str, wire: bytes) -> None:
    with pytest.raises(Temporary):
        ask(call, lambda _: wire)
