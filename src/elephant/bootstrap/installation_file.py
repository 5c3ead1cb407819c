"""`elephant-aws.toml`: what an engineer decided about one installation on AWS. Nothing in it is secret.

It is the whole of what is decided: what it does not name has the template's default at the next deployment.
"""

import contextlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from elephant.bootstrap import aws_values as values
from elephant.bootstrap.aws_parts import PROVIDERS
from elephant.bootstrap.policy_numbers import POLICY_NUMBERS, policy_of
from elephant.domain.timetable import Policy
from elephant.ports.errors import Permanent

FILE_NAME = "elephant-aws.toml"
# what belongs to the installation's own bucket and functions carries the stack's name, and S3 takes 63 characters
_STACK = re.compile(r"[a-z][a-z0-9-]{0,22}[a-z0-9]")
_HEAD = "# Written by `elephant aws init`; nothing in here is secret. docs/deploy.md says what each line means.\n"
_OTHERS, _SAID = "parameters", "said"


def _stack(text: str) -> str:
    if not _STACK.fullmatch(text):
        raise ValueError("must be 2 to 24 of a-z, 0-9 and -, and begin with a letter")
    return text


def _matching(pattern: str, example: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be such as {example}")
        return text

    return read


def _kept(read: Callable[[str], Any] = values.plain, *, default: str | tuple[str, ...] | bool = "") -> Any:  # noqa: ANN401
    return field(default=default, metadata={"read": read})


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Each field is a key of the file; "" and () stand for what is not there. `parameters` are more of the template."""

    region: str = _kept(_matching(r"[a-z]{2}(-[a-z]+)+-[0-9]", "eu-central-1"))
    account: str = _kept(_matching(r"[0-9]{12}", "123456789012"))
    stack: str = _kept(_stack)
    domain_root: str = _kept(values.domain)
    dns_provider: str = _kept(values.one_of(*PROVIDERS))
    zone_id: str = _kept()
    dns_proxied: bool = _kept(default=True)
    rfc2136_server: str = _kept(values.host_and_port)
    dns_secret_arn: str = _kept(values.arn)
    certificate_secret_arn: str = _kept(values.arn)
    acme_directory_url: str = _kept(values.web_page)
    acme_email: str = _kept()
    vpc_id: str = _kept(values.resource_id("vpc"))
    subnet_ids: tuple[str, ...] = _kept(values.resource_id("subnet"), default=())
    image_id: str = _kept(values.resource_id("ami"))
    instance_types: tuple[str, ...] = _kept(_matching(r"[a-z0-9-]+\.[a-z0-9-]+", "m7i.large"), default=())
    oidc_issuer: str = _kept(_matching(r"https://[^\s?#]+", "https://accounts.example.org"))
    oidc_audience: tuple[str, ...] = _kept(default=())
    oidc_client_id: str = _kept()
    oidc_token_url: str = _kept(values.web_page)
    jitsi_domain: str = _kept(values.host_and_port)
    alarm_email: str = _kept(_matching(r"[^\s@]+@[^\s@]+", "engineers@example.org"))
    recordings_bucket: str = _kept()
    parameters: Mapping[str, str] = field(default_factory=dict)
    # the keys that stand in the file, maybe with nothing: what was answered is not asked again
    said: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @property
    def client_id(self) -> str:
        """The pages' id at the issuer; its tokens' first audience unless it is another."""
        return self.oidc_client_id or next(iter(self.oidc_audience), "")

    @property
    def policy(self) -> Policy:
        """The timetable: the numbers among `parameters`, which are those of the functions' settings."""
        named = {name: name.title().replace("_", "") for name in POLICY_NUMBERS}
        return policy_of({name: float(self.parameters[key]) for name, key in named.items() if key in self.parameters})

    def template_parameters(self) -> dict[str, str]:
        """The parameters of infra/template.yaml; what is left out has the template's default."""
        told = {
            "VpcId": self.vpc_id,
            "SubnetIds": ",".join(self.subnet_ids),
            "ImageId": self.image_id,
            "InstanceTypes": ",".join(self.instance_types),
            "DomainRoot": self.domain_root,
            "DnsProvider": self.dns_provider,
            "ZoneId": self.zone_id,
            "DnsSecretArn": self.dns_secret_arn,
            "DnsProxied": _word(self.dns_proxied),
            "Rfc2136Server": self.rfc2136_server,
            "CertificateSecretArn": self.certificate_secret_arn,
            "OidcIssuer": self.oidc_issuer,
            "OidcAudience": ",".join(self.oidc_audience),
            "JitsiDomain": self.jitsi_domain,
            "AlarmEmail": self.alarm_email,
        }
        return {name: text for name, text in {**told, **self.parameters}.items() if text}

    def environment(self) -> dict[str, str]:
        """The functions' settings, as far as the file knows them: for commands that work with the same parts."""
        told = {
            "AWS_DEFAULT_REGION": self.region,
            "INSTALLATION": self.stack,
            "TABLE_NAME": f"{self.stack}-meetings",
            "SCHEDULE_GROUP": self.stack,
            "DOMAIN_ROOT": self.domain_root,
            "DNS_PROVIDER": self.dns_provider,
            "ZONE_ID": self.zone_id,
            "SECRET_ARN": self.dns_secret_arn,
            "DNS_PROXIED": _word(self.dns_proxied),
            "RFC2136_SERVER": self.rfc2136_server,
            "CERTIFICATE_SECRET_ARN": self.certificate_secret_arn,
            "ACME_DIRECTORY_URL": self.acme_directory_url,
            "ACME_EMAIL": self.acme_email,
            "AMI_ID": self.image_id,
            "INSTANCE_TYPE": ",".join(self.instance_types),
        }
        return {name: text for name, text in told.items() if text}


def read_installation(path: Path) -> Installation:
    """The file's content. Raises Permanent where it cannot be read, and names every key that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Permanent(f"there is no {path} here: `elephant aws init` writes it") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Permanent(f"{path} cannot be read: {error}") from error
    return installation_of(content, str(path))


def installation_of(content: Mapping[str, Any], where: str) -> Installation:
    """Raises Permanent that names every key that is unknown or whose value cannot be."""
    problems: list[str] = []
    found: dict[str, Any] = {}
    known = {each.name: each for each in fields(Installation)}
    for name, value in content.items():
        try:
            if name not in known or name == _SAID:
                raise ValueError("is no key that is known here")  # noqa: TRY301  a problem among others
            found[name] = _parameters(value) if name == _OTHERS else read_value(name, value)
        except ValueError as error:
            problems.append(f"{name} {error}")
    if problems:
        raise Permanent(f"{where}: {'; '.join(problems)}")
    return Installation(**found, said=frozenset(found))


def read_value(name: str, value: object) -> str | bool | tuple[str, ...]:
    """A value for this key; texts of several may be separated by commas. Raises ValueError, which completes "key …"."""
    known = next(each for each in fields(Installation) if each.name == name)
    read: Callable[[str], str] = known.metadata["read"]
    if isinstance(known.default, bool):
        return value if isinstance(value, bool) else values.true_or_false(str(value))
    if isinstance(known.default, tuple):
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or not all(isinstance(each, str) for each in parts):
            raise ValueError("must be a list of texts")
        return tuple(read(each.strip()) for each in parts if each.strip())
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004  a problem of the value like any other
    return read(value.strip()) if value.strip() else ""


def write_installation(path: Path, installation: Installation) -> bool:
    """Write the file wholly or not at all; False where it says so already. Raises Permanent where it cannot."""
    text = _HEAD + _toml(installation)
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        _replace(path, text)
    except OSError as error:
        raise Permanent(f"{path} cannot be written: {error}") from error
    return True


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _toml(installation: Installation) -> str:
    """Texts, lists of texts and truths."""
    lines = []
    for each in fields(Installation):
        value = getattr(installation, each.name)
        if each.name not in {_OTHERS, _SAID} and (each.name in installation.said or value != each.default):
            lines.append(f"{each.name} = {_quoted(value)}")
    if installation.parameters:
        lines += ["", f"[{_OTHERS}]"]
        lines += [f"{name} = {_quoted(text)}" for name, text in installation.parameters.items()]
    return "\n".join([*lines, ""])


def _quoted(value: object) -> str:
    """As JSON has it, which TOML reads too, but for surrogates and the one control character that JSON lets stand."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _parameters(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(each, str | int | bool) for each in value.values()):
        raise ValueError("must be a table of the template's parameters, each a text, a number, true or false")
    wrong = [name for name in value if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name)]
    if wrong:
        raise ValueError(f"has names that no parameter has: {', '.join(wrong)}")
    return {name: _word(each) if isinstance(each, bool) else str(each) for name, each in value.items()}


def _word(truth: bool) -> str:
    return "true" if truth else "false"
