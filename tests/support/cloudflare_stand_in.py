"""A stand-in for Cloudflare's API v4 on loopback: it checks every request and answers as the API is known to.

Known: the envelope, bearer tokens, pages with `result_info.total_pages`, `success: false` with HTTP 200, 429 with
Retry-After for every call, `ttl` 1 for what is proxied, `comment`. The codes of errors are those that users of the
API report: 81053 to 81058 for what stands there already, 81044 for what is gone, 81045 for a full zone.
"""

import ipaddress
import json
import secrets
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.loopback_server import LoopbackServer
from tests.support.origin_ca_stand_in import OriginCa

TOKEN = "a-token-of-the-stand-in"
ADDRESS_TYPES = {"A", "AAAA", "CNAME"}
WRITABLE = {"type", "name", "content", "ttl", "proxied", "comment", "tags", "settings"}
FILTERS = {"name", "name.exact", "type", "content", "comment.exact"}


@dataclass
class Refusal:
    """An answer that is given instead of the real one."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(status: int, code: int = 1, *, headers: Mapping[str, str] | None = None) -> Refusal:
    """An envelope that says no, with any HTTP status, 200 too."""
    return Refusal(status, json.dumps(envelope(None, errors=[(code, "no")])), headers or {})


def envelope(
    result: object, *, errors: list[tuple[int, str]] | None = None, result_info: object = None
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "success": not errors,
        "errors": [{"code": code, "message": message} for code, message in errors or []],
        "messages": [],
        "result": result,
    }
    return content if result_info is None else {**content, "result_info": result_info}


class Problem(Exception):
    """What the API refuses: a status, a code and its words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class CloudflareStandIn(LoopbackServer):
    """Zones by id; `complaints` collects what no client should send, `refusals` are given before anything else."""

    def __init__(self, *, largest_page: int = 4, quota: int = 200) -> None:
        super().__init__("cloudflare", _handler_of(self))
        self.largest_page, self.quota = largest_page, quota
        self.zones: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {}
        self.origin_ca = OriginCa()
        self.token_status = "active"
        self.complaints: list[str] = []
        self.calls: list[str] = []
        self.refusals: deque[Refusal] = deque()
        self.refuse_all: Refusal | None = None
        self._lock = threading.Lock()

    def add_zone(self, name: str) -> str:
        zone_id = secrets.token_hex(16)
        self.zones[zone_id] = (name, {})
        return zone_id

    def add_record(self, zone_id: str, name: str, kind: str, content: str, comment: str | None = None) -> str:
        """A record that somebody else made, in the dashboard."""
        record_id = secrets.token_hex(16)
        self.zones[zone_id][1][record_id] = {
            "id": record_id, "type": kind, "name": name, "content": content, "proxied": False, "proxiable": True,
            "ttl": 300, "comment": comment, "tags": [], "settings": {}, "meta": {},
        }  # fmt: skip
        return record_id

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Refusal:
        with self._lock:
            url = urlsplit(target)
            self.calls.append(f"{method} {url.path.rpartition('/')[2] if url.path.count('/') > 5 else 'dns_records'}")
            if self.refuse_all is not None:
                return self.refuse_all
            if self.refusals:
                return self.refusals.popleft()
            try:
                content = self._answer(method, url.path, dict(parse_qsl(url.query)), headers, body)
            except Problem as problem:
                return Refusal(problem.status, json.dumps(envelope(None, errors=[(problem.code, problem.message)])))
            return Refusal(200, json.dumps(content))

    def _answer(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            is_verify = path.endswith("/user/tokens/verify")
            raise Problem(401, 1000, "Invalid API Token") if is_verify else Problem(403, 10000, "Authentication error")
        match path.removeprefix("/client/v4/").split("/"):
            case ["certificates", *serial] if len(serial) <= 1:
                return self._certificates(method, serial, query, body)
            case ["user", "tokens", "verify"] | ["zones"] | ["zones", _] if method == "GET":
                return envelope(self._shown(path.rpartition("/")[2], query.get("name")))
            case ["zones", zone_id, "dns_records", *rest] if zone_id in self.zones and len(rest) <= 1:
                zone, records = self.zones[zone_id]
            case _:
                raise Problem(404, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?")
        if method == "GET" and not rest:
            return self._page(records, query)
        if method == "GET" and rest == ["usage"]:
            return envelope({"record_usage": len(records), "record_quota": self.quota})
        if rest and rest[0] not in records:
            raise Problem(404, 81044, "Record does not exist.")
        if method == "DELETE" and rest:
            del records[rest[0]]
            return envelope({"id": rest[0]})
        if (method == "POST" and not rest) or (method in {"PUT", "PATCH"} and rest):
            self._complain(headers.get("Content-Type") != "application/json", "a body that is not said to be JSON")
            record_id = rest[0] if rest else secrets.token_hex(16)
            old = records.get(record_id, {}) if method == "PATCH" else {}
            record = {**old, **self._checked(zone, json.loads(body)), "id": record_id}
            self._require_room(records, record)
            records[record_id] = record
            return envelope(record)
        raise Problem(405, 10405, "Method not allowed")

    def _shown(self, last: str, name: str | None) -> object:
        """What the token shows: itself, the zones of a name, or one zone."""
        if last == "verify":
            return {"id": "a" * 32, "status": self.token_status}
        if last == "zones":
            return [{"id": zone_id, "name": zone[0]} for zone_id, zone in self.zones.items() if zone[0] == name]
        if last not in self.zones:
            raise Problem(403, 9109, "Unauthorized to access requested resource")
        return {"id": last, "name": self.zones[last][0], "status": "active"}

    def _certificates(self, method: str, serial: list[str], query: dict[str, str], body: bytes) -> dict[str, Any]:
        found: object = None
        if method == "GET" and not serial:
            self._complain(query.get("zone_id") not in self.zones, "a listing of no zone's certificates")
            found = self.origin_ca.page(int(query.get("page", 1)), int(query.get("per_page", 20)))
        elif method == "POST" and not serial:
            found = self.origin_ca.create([name for name, _ in self.zones.values()], json.loads(body))
        elif method == "DELETE" and serial:
            if serial[0] not in self.origin_ca.given:
                raise Problem(404, 1101, "Certificate not found")
            found = {"id": self.origin_ca.given.pop(serial[0])["id"]}
        if found is None:
            raise Problem(405, 10405, "Method not allowed")
        if isinstance(found, tuple):
            raise Problem(400, *found)
        return envelope(found)

    def _page(self, records: dict[str, dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        page, per_page = int(query.pop("page", 1)), int(query.pop("per_page", 100))
        self._complain(page < 1 or not 1 <= per_page <= 5_000_000, f"page {page}, per_page {per_page}")
        self._complain(not set(query) <= FILTERS, f"filters {sorted(query)}")
        wanted = {name.removesuffix(".exact"): value for name, value in query.items()}
        found = [each for each in records.values() if all(each[name] == value for name, value in wanted.items())]
        per_page = min(per_page, self.largest_page)
        info = {
            "page": page,
            "per_page": per_page,
            "count": len(found[(page - 1) * per_page : page * per_page]),
            "total_count": len(found),
            "total_pages": -(-len(found) // per_page),
        }
        return envelope(found[(page - 1) * per_page : page * per_page], result_info=info)

    def _checked(self, zone: str, record: dict[str, Any]) -> dict[str, Any]:
        self._complain(not set(record) <= WRITABLE, f"fields {sorted(record)}")
        if record["type"] == "TXT" and not record["name"].endswith(f".{zone}"):
            # a name that does not end in the zone's is taken for one below it
            record = {**record, "name": f"{record['name']}.{zone}"}
        name, ttl, proxied = record["name"], record["ttl"], record.get("proxied", False)
        self._complain(not name.endswith(f".{zone}"), f"the name {name} in {zone}")
        self._complain(ttl != 1 and (proxied or not 60 <= ttl <= 86400), f"ttl {ttl}, proxied {proxied}")
        self._complain(len(record.get("comment", "")) > 100, "a comment of more than a free zone's 100 characters")
        if record["type"] == "A":
            try:
                ipaddress.IPv4Address(record["content"])
            except ValueError as error:
                raise Problem(400, 9005, "Content for A record must be a valid IPv4 address.") from error
        return {"proxied": False, "proxiable": True, "comment": None, "tags": [], "settings": {}, "meta": {}, **record}

    def _require_room(self, records: dict[str, dict[str, Any]], record: dict[str, Any]) -> None:
        others = [each for each in records.values() if each["name"] == record["name"] and each["id"] != record["id"]]
        if any(each["type"] == record["type"] and each["content"] == record["content"] for each in others):
            raise Problem(400, 81058, "An identical record already exists.")
        if any("CNAME" in {each["type"], record["type"]} and each["type"] in ADDRESS_TYPES for each in others):
            raise Problem(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
        if record["id"] not in records and len(records) >= self.quota:
            raise Problem(400, 81045, "Record quota exceeded.")

    def _complain(self, wrong: bool, what: str) -> None:
        if wrong:
            self.complaints.append(what)
            raise Problem(400, 9999, what)


def _handler_of(stand_in: CloudflareStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = stand_in.answer(self.command, self.path, dict(self.headers), body)
            content = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Every request would be a line."""

    return Handler
