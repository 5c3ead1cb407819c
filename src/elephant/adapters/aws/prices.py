"""What an hour of a machine costs, out of AWS's price list, kept for a week.

Filters and answers: "Using AWS Price List Query API" (AWS Billing User Guide) and GetProducts (Price List API
Reference). The service has an endpoint in us-east-1, eu-central-1 and ap-south-1 alone, for the prices of all regions:
that is the region of the client, whatever region is asked about.
"""

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Protocol

from elephant.adapters.aws.errors import translating
from elephant.ports.errors import Permanent

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
_RESOURCE = "the AWS price list"
_CURRENCY = "USD"
_PAGES = 5
_HIGHEST = Decimal(1000)


class PricingClient(Protocol):
    """botocore's client of the service `pricing`."""

    def get_products(self, **asked: Any) -> Mapping[str, Any]:  # noqa: ANN401  botocore's
        """One page of the products that all filters fit."""


def instance_price_per_hour(
    pricing_client: PricingClient,
    region: str,
    instance_type: str,
    now: datetime,
    cache_file: Path,
    *,
    operating_system: str = "Linux",
) -> Decimal | None:
    """US dollars for an hour of such a machine on demand, without its disk; None where the list has no such machine.

    Read anew where `cache_file` has no price that is younger than a week; one that is damaged has none. The client
    brings the time limits and the repeated attempts. Raises Temporary and Permanent.
    """
    key = f"{region}/{instance_type}/{operating_system}"
    kept = _read_cache(cache_file)
    price = _kept_price(kept.get(key), now.date())
    if price is not None:
        return price
    prices = [price for product in _products(pricing_client, _filters(region, instance_type, operating_system))
              for price in _prices(product)]  # fmt: skip
    if not prices:
        return None
    # These filters leave one; of several, rather too much than too little.
    highest = max(prices)
    _write_cache(cache_file, {**kept, key: {"price": str(highest), "read_on": now.date().isoformat()}})
    return highest


def _filters(region: str, instance_type: str, operating_system: str) -> list[dict[str, str]]:
    fields = {
        "regionCode": region,
        "instanceType": instance_type,
        "operatingSystem": operating_system,
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
        "licenseModel": "No License required",
    }
    return [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in fields.items()]


def _products(client: PricingClient, filters: list[dict[str, str]]) -> Iterator[Mapping[str, Any]]:
    request: dict[str, Any] = {"ServiceCode": "AmazonEC2", "Filters": filters, "FormatVersion": "aws_v1"}
    for _ in range(_PAGES):
        with translating("pricing", _RESOURCE):
            answer = client.get_products(**request)
        if not isinstance(answer.get("PriceList"), list):
            raise _unreadable("no PriceList in it")
        yield from map(_product, answer["PriceList"])
        if not answer.get("NextToken"):
            return
        request["NextToken"] = answer["NextToken"]


def _product(text: object) -> Mapping[str, Any]:
    """One product; the service hands each over as the text of its JSON."""
    try:
        product = json.loads(text) if isinstance(text, str) else text
    except ValueError as error:
        raise _unreadable("a product that is no JSON") from error
    if not isinstance(product, Mapping):
        raise _unreadable("a product that is no object")
    return product


def _prices(product: Mapping[str, Any]) -> Iterator[Decimal]:
    """What an hour of it costs on demand: a few nested objects, whose keys are the list's own numbers."""
    try:
        terms = product["terms"].get("OnDemand", {})
        dimensions = [each for term in terms.values() for each in term["priceDimensions"].values()]
        for each in dimensions:
            amount = each["pricePerUnit"].get(_CURRENCY)
            if each["unit"] == "Hrs" and amount is not None:
                yield _amount(amount)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(f"a product without {error}") from error


def _amount(value: object) -> Decimal:
    """A price above nothing: the list has products for 0 that nobody can start. Raises ValueError."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("a price") from error
    if not (amount.is_finite() and 0 < amount <= _HIGHEST):
        raise ValueError("a price")
    return amount.normalize()


def _unreadable(what: str) -> Permanent:
    return Permanent(f"{_RESOURCE} answered in a way that nobody here can read: {what}; leave the price out for now")


def _kept_price(entry: object, today: date) -> Decimal | None:
    """The price of an entry that is younger than a week, and not from the future; None for any other."""
    if not isinstance(entry, Mapping):
        return None
    try:
        age = today - date.fromisoformat(str(entry["read_on"]))
        return _amount(entry["price"]) if timedelta(0) <= age < KEPT else None
    except (KeyError, ValueError):
        return None


def _read_cache(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("the prices kept in %s cannot be read, so they are asked for anew (%s)", file, error)
        return {}
    return content if isinstance(content, dict) else {}


def _write_cache(file: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all, whoever else writes; a price that cannot be kept is asked for again next time."""
    try:
        descriptor, aside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "w") as written:
                json.dump(content, written, indent=2)
            Path(aside).replace(file)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(aside).unlink()
            raise
    except OSError as error:
        logger.warning("the price could not be kept in %s (%s)", file, error)
