"""How full a zone at Cloudflare is, as Cloudflare itself counts it."""

import httpx

from elephant.adapters.dns.cloudflare_answers import read_result
from elephant.adapters.dns.cloudflare_calls import send
from elephant.adapters.dns.retries import Retries
from elephant.ports.errors import Temporary


def record_usage(client: httpx.Client, zone_id: str, retries: Retries | None = None) -> tuple[int, int | None]:
    """Records of any kind in the zone, and how many its plan allows, None where it does not say.

    Cloudflare API, "Get DNS Record Usage". Raises Temporary and Permanent.
    """

    def ask() -> tuple[int, int | None]:
        answer = read_result(send(client, "GET", f"zones/{zone_id}/dns_records/usage"))
        answer.require()
        match answer.result:
            case {"record_usage": int(used), "record_quota": int(quota)}:
                return used, quota
            case {"record_usage": int(used)}:
                return used, None
            case _:
                raise Temporary("Cloudflare answered with something that is no usage of records")

    return (retries or Retries()).run(ask)
