"""A real BIND 9 on loopback, on a free port, with one zone that takes signed updates and transfers."""

import base64
import secrets
import shutil
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.tsig
import dns.update
import dns.xfr
import dns.zone

from tests.support.server_program import ServerProgram, free_ports

NAMED = "/usr/sbin/named"
ZONE = "desks.example"
_CONFIGURATION = """
options {{
    directory "{folder}";
    pid-file none;
    session-keyfile none;
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion no;
    notify no;
    dnssec-validation no;
}};
controls {{ }};
key "{key}" {{ algorithm hmac-sha256; secret "{secret}"; }};
key "powerless" {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "{zone}" {{
    type primary;
    file "{folder}/zone";
    allow-update {{ key "{key}"; }};
    allow-transfer {{ key "{key}"; }};
}};
"""
_CONTENT = f"""$TTL 60
@ IN SOA ns.{ZONE}. nobody.{ZONE}. 1 60 60 60 60
@ IN NS ns.elsewhere.example.
"""


class BindServer(ServerProgram):
    """A context manager; `key` is the name of the key that may do everything, `powerless` of one that may nothing."""

    key = "elephant-key"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self.port, _ = free_ports()

    def _command(self) -> list[str | Path]:
        (self.folder / "zone").write_text(_CONTENT)
        configuration = self.folder / "named.conf"
        configuration.write_text(
            _CONFIGURATION.format(folder=self.folder, port=self.port, key=self.key, secret=self.secret, zone=ZONE)
        )
        # Debian's AppArmor profile goes by the program's path, and would keep it out of this directory.
        program = shutil.copy(NAMED, self.folder / "named")
        return [program, "-g", "-n", "1", "-c", configuration]

    def _answers(self) -> bool:
        query = dns.message.make_query(ZONE, "SOA")
        try:
            return dns.query.tcp(query, "127.0.0.1", timeout=1, port=self.port).rcode() == dns.rcode.NOERROR
        except (OSError, EOFError, dns.exception.DNSException):
            return False

    def content(self) -> set[tuple[str, str, str]]:
        """(name, type, value) of everything but what the zone needs to be one."""
        zone = dns.zone.Zone(dns.name.from_text(ZONE), relativize=False)
        query, _ = dns.xfr.make_query(zone, keyring=self._key())
        dns.query.inbound_xfr("127.0.0.1", zone, query, port=self.port, lifetime=40)
        records = {
            (name.to_text(omit_final_dot=True), dns.rdatatype.to_text(rdata.rdtype), rdata.to_text())
            for name, _, rdata in zone.iterate_rdatas()
        }
        return {record for record in records if record[0] != ZONE}

    def add(self, name: str, kind: str, value: str) -> None:
        """A record that somebody else makes."""
        update = dns.update.UpdateMessage(ZONE)
        update.add(dns.name.from_text(name), 300, kind, value)
        self._send(update)

    def delete(self, name: str, *kind: str) -> None:
        """Remove everything at a name, or everything of one type."""
        update = dns.update.UpdateMessage(ZONE)
        update.delete(dns.name.from_text(name), *kind)
        self._send(update)

    def clear(self) -> None:
        """Back to an empty zone."""
        for name in {record[0] for record in self.content()}:
            self.delete(name)

    def _key(self) -> dns.tsig.Key:
        return dns.tsig.Key(self.key, self.secret, "hmac-sha256")

    def _send(self, update: dns.update.UpdateMessage) -> None:
        update.use_tsig(self._key())
        rcode = dns.query.tcp(update, "127.0.0.1", timeout=40, port=self.port).rcode()
        assert rcode == dns.rcode.NOERROR, dns.rcode.to_text(rcode)
