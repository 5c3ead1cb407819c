"""Settings of the embedded mode, read once from the environment."""

import os
import re
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from elephant.bootstrap.policy_settings import PolicySettings, Seconds


def default_data_dir() -> Path:
    """Where the XDG base directory specification wants a user's data."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "elephant"


class EmbeddedSettings(PolicySettings):
    """ELEPHANT_* settings of one machine; flags of the command line win over them."""

    model_config = SettingsConfigDict(env_prefix="ELEPHANT_", frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=default_data_dir, description="everything that is kept lies here")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="TCP port to listen on; 0 takes a free one")
    public_url: str = Field("", description="how people's browsers reach this server; found out where empty")
    host_token: SecretStr | None = Field(None, description="the host's credential; made once and kept where unset")
    frontend_base_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="pages other than our own that invitation links may lead to; separated by commas"
    )
    jitsi_domain: str = Field("", description="the call service's host name, such as meet.example.org; empty for none")
    app: str = Field("", description="command that runs in each desktop; empty for a browser on the call or room")
    geometry: str = Field("1280x800", pattern=r"^\d{2,5}x\d{2,5}$", description="size of a desktop before it is opened")
    sandbox: bool = Field(True, description="put desktops in a bubblewrap sandbox where that works")
    record: bool = Field(True, description="record a desktop while somebody is connected to it")
    heartbeat_seconds: Seconds = Field(5, gt=0, description="how often a desktop reports, changes aside")
    price_per_hour: Annotated[Decimal, Field(ge=0, le=1000)] | None = Field(
        None, description="what an hour of one desktop costs, in US dollars; shown as an estimate"
    )
    tls: bool = Field(False, description="serve HTTPS with a certificate of a local authority")
    certfile: Path | None = Field(None, description="a certificate of your own, PEM")
    keyfile: Path | None = Field(None, description="its key, PEM")

    @field_validator("frontend_base_urls", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("public_url", "frontend_base_urls")
    @classmethod
    def _leads_to_a_page(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (value,) if isinstance(value, str) else value:
            parts = urlsplit(url)
            if url and (parts.scheme not in {"http", "https"} or not parts.hostname or "?" in url or "#" in url):
                raise ValueError(f"{url!r} must begin with https:// or http:// and a host name, without ? and #")
        return value

    @field_validator("jitsi_domain")
    @classmethod
    def _is_a_host(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", value):
            raise ValueError("must be a host name alone, such as meet.example.org")
        return value

    @field_validator("host_token")
    @classmethod
    def _cannot_be_guessed(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[!-~]{16,256}", value.get_secret_value()):
            raise ValueError("must be 16 to 256 letters, digits and signs of ASCII, without spaces")
        return value

    @field_validator("app")
    @classmethod
    def _parses(cls, value: str) -> str:
        shlex.split(value)
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.certfile is None) != (self.keyfile is None):
            raise ValueError("certfile and keyfile go together")
        return self

    @property
    def uses_https(self) -> bool:
        """True where the server speaks TLS itself."""
        return self.tls or self.certfile is not None
