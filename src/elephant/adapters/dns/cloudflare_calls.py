"""Calls to Cloudflare's API."""

import httpx

from elephant.adapters.dns.retries import Passing

Parameters = dict[str, str | int | bool | list[str]]


def send(
    client: httpx.Client, method: str, path: str, *, params: Parameters | None = None, json: Parameters | None = None
) -> httpx.Response:
    """An answer, whatever it says. Raises Passing where there was none."""
    try:
        return client.request(method, path, params=params, json=json)
    except httpx.RequestError as error:
        # its text may be empty, its name says what happened: ReadTimeout, ConnectError
        raise Passing(f"Cloudflare: {method} {path}: {type(error).__name__} {error}") from error
