"""The price list, as a stand-in answers it: the shapes are those that the service has, shortened."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.aws.prices import instance_price_per_hour
from elephant.ports.errors import Permanent, Temporary

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
SKU = "2BUMGUJ9SZ8K2SX3"


def a_product(price: object = "0.1148000000", unit: str = "Hrs", currency: str = "USD") -> dict[str, Any]:
    """A product of the list with its price on demand, and one for whoever pays three years before."""
    return {
        "product": {
            "productFamily": "Compute Instance",
            "attributes": {
                "instanceType": "m7i.large",
                "regionCode": "eu-central-1",
                "operatingSystem": "Linux",
                "tenancy": "Shared",
                "preInstalledSw": "NA",
                "capacitystatus": "Used",
                "marketoption": "OnDemand",
                "licenseModel": "No License required",
                "vcpu": "2",
                "usagetype": "EUC1-BoxUsage:m7i.large",
                "operation": "RunInstances",
            },
            "sku": SKU,
        },
        "serviceCode": "AmazonEC2",
        "terms": {
            "OnDemand": {
                f"{SKU}.JRTCKXETXF": {
                    "priceDimensions": {
                        f"{SKU}.JRTCKXETXF.6YS6EN2CT7": {
                            "unit": unit,
                            "endRange": "Inf",
                            "description": "$0.1148 per On Demand Linux m7i.large Instance Hour",
                            "appliesTo": [],
                            "rateCode": f"{SKU}.JRTCKXETXF.6YS6EN2CT7",
                            "beginRange": "0",
                            "pricePerUnit": {currency: price},
                        }
                    },
                    "sku": SKU,
                    "effectiveDate": "2026-11-01T00:00:00Z",
                    "offerTermCode": "JRTCKXETXF",
                    "termAttributes": {},
                }
            },
            "Reserved": {
                f"{SKU}.38NPMPTW36": {
                    "priceDimensions": {
                        f"{SKU}.38NPMPTW36.6YS6EN2CT7": {"unit": "Hrs", "pricePerUnit": {"USD": "0.0203"}},
                        f"{SKU}.38NPMPTW36.2TG2D8R56U": {"unit": "Quantity", "pricePerUnit": {"USD": "534"}},
                    },
                    "termAttributes": {"LeaseContractLength": "3yr"},
                }
            },
        },
        "version": "20261101000000",
    }


class PriceList:
    """Answers as the service does; each answer once, the last one for ever."""

    def __init__(self, *answers: Mapping[str, Any] | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def get_products(self, **asked: Any) -> Mapping[str, Any]:  # noqa: ANN401  botocore's
        self.asked.append(asked)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def page(*products: object, **more: object) -> dict[str, Any]:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in products]
    return {"FormatVersion": "aws_v1", "PriceList": texts, **more}


def price_of(client: Any, cache_file: Path, now: datetime = NOW, **more: str) -> Decimal | None:  # noqa: ANN401
    return instance_price_per_hour(client, "eu-central-1", "m7i.large", now, cache_file, **more)


def test_the_price_of_an_hour_on_demand(tmp_path: Path) -> None:
    client = PriceList(page(a_product()))
    assert price_of(client, tmp_path / "prices.json") == Decimal("0.1148")
    (asked,) = client.asked
    assert asked["ServiceCode"] == "AmazonEC2"
    assert {each["Type"] for each in asked["Filters"]} == {"TERM_MATCH"}
    told = {each["Field"]: each["Value"] for each in asked["Filters"]}
    attributes = a_product()["product"]["attributes"]
    assert told == {field: attributes[field] for field in told}
    assert {"regionCode", "instanceType", "operatingSystem", "tenancy", "preInstalledSw", "capacitystatus"} < set(told)


def test_another_operating_system_has_another_price(tmp_path: Path) -> None:
    client = PriceList(page(a_product()), page(a_product("0.2068")))
    assert price_of(client, tmp_path / "prices.json") == Decimal("0.1148")
    assert price_of(client, tmp_path / "prices.json", operating_system="Windows") == Decimal("0.2068")
    assert {"Windows"} == {each["Value"] for each in client.asked[1]["Filters"] if each["Field"] == "operatingSystem"}


def test_what_the_list_does_not_have_has_no_price_and_is_not_kept(tmp_path: Path) -> None:
    client = PriceList(page(), page(a_product(unit="Quantity")), page(a_product(currency="CNY")), page(a_product()))
    prices = [price_of(client, tmp_path / "prices.json") for _ in range(4)]
    assert prices == [None, None, None, Decimal("0.1148")]


def test_all_pages_are_read_and_of_several_prices_the_highest_counts(tmp_path: Path) -> None:
    client = PriceList(page(NextToken="more"), page(a_product("0.1"), NextToken="most"), page(a_product("0.3")))
    assert price_of(client, tmp_path / "prices.json") == Decimal("0.3")
    assert [each.get("NextToken") for each in client.asked] == [None, "more", "most"]


def test_pages_without_an_end_are_left(tmp_path: Path) -> None:
    client = PriceList(page(a_product(), NextToken="more"))
    assert price_of(client, tmp_path / "prices.json") == Decimal("0.1148")
    assert len(client.asked) < 10


# --- kept prices ------------------------------------------------------------------------------------------------------


def test_a_price_is_kept_for_a_week(tmp_path: Path) -> None:
    client, file = PriceList(page(a_product()), page(a_product("0.2"))), tmp_path / "prices.json"
    ages = [timedelta(0), timedelta(days=6, hours=9), timedelta(days=7)]
    assert [price_of(client, file, NOW + age) for age in ages] == [Decimal("0.1148"), Decimal("0.1148"), Decimal("0.2")]
    assert len(client.asked) == 2
    assert price_of(client, file, NOW + timedelta(days=8)) == Decimal("0.2")
    assert json.loads(file.read_text())["eu-central-1/m7i.large/Linux"]["read_on"] == "2026-11-28"
    assert [each.name for each in tmp_path.iterdir()] == ["prices.json"]


def test_each_machine_has_its_own(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    price_of(PriceList(page(a_product())), file)
    other = PriceList(page(a_product("0.4")))
    assert instance_price_per_hour(other, "us-east-1", "m7i.large", NOW, file) == Decimal("0.4")
    assert price_of(PriceList(RuntimeError()), file) == Decimal("0.1148")


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "7", "[" * 100_000, "\x00", '{"eu-central-1/m7i.large/Linux": 7}',
        '{"eu-central-1/m7i.large/Linux": {"price": "0.5"}}',
        '{"eu-central-1/m7i.large/Linux": {"price": "free", "read_on": "2026-11-21"}}',
        '{"eu-central-1/m7i.large/Linux": {"price": "-1", "read_on": "2026-11-21"}}',
        '{"eu-central-1/m7i.large/Linux": {"price": "0.5", "read_on": "yesterday"}}',
        '{"eu-central-1/m7i.large/Linux": {"price": "0.5", "read_on": "2026-11-22"}}',
    ],
)  # fmt: skip
def test_a_damaged_cache_has_no_price_and_is_replaced(tmp_path: Path, text: str) -> None:
    file = tmp_path / "prices.json"
    file.write_text(text)
    assert price_of(PriceList(page(a_product())), file) == Decimal("0.1148")
    assert price_of(PriceList(RuntimeError()), file) == Decimal("0.1148")


def test_a_cache_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_bytes(b"\xff\xfe")
    assert price_of(PriceList(page(a_product())), file) == Decimal("0.1148")


def test_a_price_that_cannot_be_kept_is_one_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert price_of(PriceList(page(a_product())), tmp_path / "nowhere" / "prices.json") == Decimal("0.1148")
        (tmp_path / "folder").mkdir()
        assert price_of(PriceList(page(a_product())), tmp_path / "folder") == Decimal("0.1148")
    assert "could not be kept" in caplog.text
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


# --- what goes wrong --------------------------------------------------------------------------------------------------


def refused(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetProducts")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused("ThrottlingException"), Temporary),
        (refused("InternalErrorException", 500), Temporary),
        (EndpointConnectionError(endpoint_url="https://api.pricing.us-east-1.amazonaws.com"), Temporary),
        (refused("AccessDeniedException"), Permanent),
        (refused("InvalidParameterException"), Permanent),
    ],
)
def test_i8_an_error_is_no_machine_without_a_price(tmp_path: Path, error: Exception, kind: type[Exception]) -> None:
    file = tmp_path / "prices.json"
    with pytest.raises(kind, match="price list"):
        price_of(PriceList(error), file)
    assert not file.exists()


def without(*path: str) -> dict[str, Any]:
    product = a_product()
    part: dict[str, Any] = product
    for name in path[:-1]:
        part = part[name] if name in part else next(iter(part.values()))
    del part[path[-1]]
    return product


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"PriceList": None},
        {"PriceList": {"a": "b"}},
        page("{"),
        page("[]"),
        page("null"),
        page({}),
        page({"terms": None}),
        page({"terms": {"OnDemand": []}}),
        page({"terms": {"OnDemand": {"a": {}}}}),
        page({"terms": {"OnDemand": {"a": {"priceDimensions": {"b": 7}}}}}),
        page(without("terms", "OnDemand", "*", "priceDimensions")),
        page(a_product("free")),
        page(a_product("0.0000000000")),
        page(a_product("-1")),
        page(a_product("NaN")),
        page(a_product("1e30")),
        page(a_product({"amount": 1})),
    ],
)
def test_a_damaged_answer_is_said_to_be_one(tmp_path: Path, answer: Mapping[str, Any]) -> None:
    file = tmp_path / "prices.json"
    with pytest.raises(Permanent, match="price list"):
        price_of(PriceList(answer), file)
    assert not file.exists()


@given(st.recursive(st.none() | st.text() | st.floats(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["terms", "OnDemand", "priceDimensions", "pricePerUnit", "USD", "unit"]), inner)))  # fmt: skip
def test_any_answer_is_a_price_or_an_error_of_ours(answer: object) -> None:
    for told in ({"PriceList": answer}, {"PriceList": [json.dumps(answer)]}):
        try:
            price = price_of(PriceList(told), Path("/nowhere/prices.json"))
        except Permanent:
            continue
        assert price is None or price > 0


def test_a_client_of_botocore_fits() -> None:
    """The arguments are those that the service's description knows."""
    import botocore.session  # noqa: PLC0415
    from botocore.stub import Stubber  # noqa: PLC0415

    client = botocore.session.Session().create_client(
        "pricing", region_name="us-east-1", aws_access_key_id="nobody", aws_secret_access_key="nothing"
    )
    products: Sequence[str] = page(a_product())["PriceList"]
    with Stubber(client) as stubber:
        stubber.add_response("get_products", {"FormatVersion": "aws_v1", "PriceList": products})
        assert price_of(client, Path("/nowhere/prices.json")) == Decimal("0.1148")
