"""What a setting's text means; each reader raises ValueError with words that complete "this setting …"."""

import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

_ARN = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:\S+")
_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_LARGEST_PORT = 65535
_HIGHEST_PRICE = 1000
_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def plain(text: str) -> str:
    """Anything in one line."""
    if not text.isprintable() or " " in text:
        raise ValueError("must be printable and without spaces")
    return text


def arn(text: str) -> str:
    """The full name of a resource."""
    if not _ARN.fullmatch(text):
        raise ValueError("must be an ARN, such as arn:aws:lambda:eu-central-1:123456789012:function:launch-ec2")
    return text


def resource_id(prefix: str) -> Callable[[str], str]:
    """The id of a resource of EC2."""

    def read(text: str) -> str:
        if not re.fullmatch(rf"{prefix}-[0-9a-f]+", text):
            raise ValueError(f"must be an id, such as {prefix}-0123456789abcdef0")
        return text

    return read


def comma_list(read: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    """Several values, separated by commas."""
    return lambda text: tuple(read(part.strip()) for part in text.split(",") if part.strip())


def domain(text: str) -> str:
    """A name in DNS, in lower case and without the dot at its end."""
    name = text.rstrip(".").lower()
    if not re.fullmatch(_HOST, name) or "." not in name or ".." in name:
        raise ValueError("must be a name in DNS, such as desks.example.org")
    return name


def host_and_port(text: str) -> str:
    """A host name or IPv4 address, maybe with a port."""
    host, _, port = text.partition(":")
    if not re.fullmatch(_HOST, host) or (":" in text and not (port.isdecimal() and 0 < int(port) <= _LARGEST_PORT)):
        raise ValueError("must be a host name alone or with a port, such as meet.example.org")
    return text


def web_page(text: str) -> str:
    """The address of a page, to which a query can be added."""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in {"http", "https"} and parts.hostname is not None and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or "?" in text or "#" in text or not text.isprintable() or " " in text:
        raise ValueError("must begin with https:// or http:// and a host name, without ? and #")
    return text


def bucket(text: str) -> str:
    """The name of a bucket of S3 (S3 User Guide, "General purpose bucket naming rules")."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text) or ".." in text:
        raise ValueError("must be the name of a bucket: 3 to 63 small letters, digits, hyphens and dots")
    return text


def one_of(*words: str) -> Callable[[str], str]:
    """One of a few words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of: {', '.join(words)}")
        return text

    return read


def true_or_false(text: str) -> bool:
    """A yes or a no."""
    if text.lower() not in _WORDS:
        raise ValueError("must be true or false")
    return _WORDS[text.lower()]


def host_token(text: str) -> str:
    """A credential that cannot be guessed."""
    if not re.fullmatch(r"[!-~]{16,256}", text):
        raise ValueError("must be 16 to 256 letters, digits and signs of ASCII, without spaces")
    return text


def whole_number(text: str) -> int:
    """A whole number of 1 or more."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise ValueError("must be a whole number from 1 on")
    return int(text)


def price(text: str) -> Decimal:
    """An amount of money, exactly as it is written."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount <= _HIGHEST_PRICE):
        raise ValueError(f"must be a price, such as 0.0912, of at most {_HIGHEST_PRICE}")
    return amount


def number_up_to(longest: float, *, may_be_zero: bool) -> Callable[[str], float]:
    """A number that may have a fraction."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        is_enough = number >= 0 if may_be_zero else number > 0
        if not is_enough or number > longest:
            raise ValueError(f"must be a number {'from' if may_be_zero else 'above'} 0 to {longest:g}")
        return number

    return read
