"""One name server and the key that we share with it: signed updates, queries and transfers, over TCP."""

import base64
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import dns.exception
import dns.inet
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.tsig
import dns.update
import dns.xfr
import dns.zone

from elephant.adapters.dns.retries import Passing
from elephant.ports.errors import ElephantError, Permanent

# what a server answers where a prerequisite does not hold (RFC 2136, section 2.2)
_PREREQUISITES = frozenset({dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN})
_ADVICE = {
    dns.rcode.REFUSED: "the key may not do this; look at the server's update policy and allow-transfer",
    dns.rcode.NOTAUTH: "the server has no such zone, or does not know the key",
    dns.rcode.NOTZONE: "the name is not in that zone",
    dns.rcode.NOTIMP: "the server takes no dynamic updates",
}
_ALGORITHMS = ("hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")
# a whole zone may take so many times as long as one message
_TRANSFER_TIMES = 4


def tsig_key(name: str, secret: str, algorithm: str = "hmac-sha256") -> dns.tsig.Key:
    """A shared key; `secret` is base64, as `tsig-keygen` prints it.

    Raises Permanent, which never repeats the secret.
    """
    if algorithm not in _ALGORITHMS:
        raise Permanent(f"the TSIG algorithm {algorithm!r} is none of: {', '.join(_ALGORITHMS)}")
    try:
        is_empty = not base64.b64decode(secret, validate=True)
    except ValueError:
        is_empty = True
    if is_empty:
        raise Permanent("the TSIG secret is not base64")
    return dns.tsig.Key(name, secret, algorithm)


@dataclass(frozen=True, slots=True)
class NameServer:
    """`host` is a name or an IP address; `timeout_seconds` is for a whole exchange, connecting included."""

    host: str
    key: dns.tsig.Key
    port: int = 53
    timeout_seconds: float = 5.0

    def update(self, update: dns.update.UpdateMessage) -> bool:
        """Send a dynamic update; False, and nothing was changed, where one of its prerequisites does not hold."""
        rcode = self._exchange(update).rcode()
        if rcode in _PREREQUISITES:
            return False
        self._require(rcode, f"an update of {update.zone[0].name}")
        return True

    def read(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Sequence[dns.rdata.Rdata]:
        """What stands at a name: of this type, or the CNAME that stands there instead of everything else."""
        # no recursion: the server answers from its zone, not from a cache
        query = dns.message.make_query(name, rdtype, flags=0)
        response = self._exchange(query)
        if response.rcode() == dns.rcode.NXDOMAIN:
            return []
        self._require(response.rcode(), f"a query for {name}")
        return [rdata for rrset in response.answer if rrset.name == name for rdata in rrset]

    def transfer(self, zone: dns.name.Name) -> Iterator[tuple[dns.name.Name, dns.rdata.Rdata]]:
        """Every record of the zone, by AXFR."""
        content = dns.zone.Zone(zone, relativize=False)
        query, _ = dns.xfr.make_query(content, keyring=self.key)
        with self._meanings(f"a transfer of {zone}"):
            dns.query.inbound_xfr(
                self._address(),
                content,
                query,
                port=self.port,
                timeout=self.timeout_seconds,
                lifetime=_TRANSFER_TIMES * self.timeout_seconds,
            )
        for name, _ttl, rdata in content.iterate_rdatas():
            yield name, rdata

    def _exchange(self, message: dns.message.Message) -> dns.message.Message:
        """The answer to a message. Over TCP: an answer that is lost shows at once, and nobody else can send one."""
        message.use_tsig(self.key)
        with self._meanings(f"{dns.opcode.to_text(message.opcode())} of {message.question[0].name}"):
            # refuses an answer that is not signed with the key
            return dns.query.tcp(message, self._address(), timeout=self.timeout_seconds, port=self.port)

    def _address(self) -> str:
        if dns.inet.is_address(self.host):
            return self.host
        return str(socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0][4][0])

    def _require(self, rcode: dns.rcode.Rcode, what: str) -> None:
        if rcode == dns.rcode.NOERROR:
            return
        text = f"{self.host} answered {dns.rcode.to_text(rcode)} to {what}"
        if rcode == dns.rcode.SERVFAIL:
            raise Passing(text)
        raise Permanent(f"{text}: {_ADVICE[rcode]}" if rcode in _ADVICE else text)

    @contextmanager
    def _meanings(self, what: str) -> Iterator[None]:
        """Raise Passing or Permanent for every error of dnspython and of the socket."""
        try:
            yield
        except dns.xfr.TransferError as error:
            try:
                self._require(error.rcode, what)
            except ElephantError as meaning:
                raise meaning from error
        except dns.tsig.PeerBadTime as error:
            raise Permanent(f"{self.host} refuses the time of our signature: the two clocks differ") from error
        except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.tsig.BadKey, dns.tsig.BadAlgorithm) as error:
            raise Permanent(f"{self.host} and we do not share the key {self.key.name}: {error}") from error
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise Passing(f"{self.host}: {what}: {type(error).__name__} {error}") from error
