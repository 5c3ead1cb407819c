import math
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.aws.dynamodb_values import from_attributes, from_value, to_attributes, to_value
from elephant.ports.errors import InvalidField

texts = st.text(st.characters(exclude_categories=["Cs"]))
whole = st.integers(-(10**37), 10**37)
# where every float has a shorter text than the 38 digits of DynamoDB, and no whole one is rounded
broken = st.floats(-1e15, 1e15).filter(lambda each: each == 0 or abs(each) > 1e-100)


def items_of(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.one_of(st.none(), st.booleans(), texts, numbers)
    nested = st.one_of(values, st.lists(values, max_size=3), st.dictionaries(texts, values, max_size=3))
    return st.dictionaries(texts, nested, max_size=6)


@given(items_of(st.one_of(whole, broken)))
def test_an_item_comes_back_as_it_was(item: dict[str, Any]) -> None:
    assert from_attributes(to_attributes(item)) == item


@given(items_of(whole))
def test_boto3_reads_the_same(item: dict[str, Any]) -> None:
    deserialize = TypeDeserializer().deserialize
    assert {name: deserialize(value) for name, value in to_attributes(item).items()} == item


@given(st.floats(0.001, 240))
def test_a_duration_is_kept_to_the_last_digit(minutes: float) -> None:
    assert float(from_value(to_value("duration_minutes", minutes))) == minutes


def test_whole_numbers_come_back_whole_however_they_are_written() -> None:
    for text, number in {"60": 60, "60.0": 60, "6E+1": 60, "-0.0": 0, "12.5": 12.5}.items():
        found = from_value({"N": text})
        assert found == number
        assert type(found) is type(number)


def test_what_others_may_have_written_can_be_read() -> None:
    assert from_value({"SS": ["a", "b"]}) == ["a", "b"]
    assert from_value({"NS": ["1", "2.5"]}) == [1, 2.5]
    assert from_value({"B": b"x"}) == b"x"
    assert from_value({"BS": [b"x"]}) == [b"x"]
    with pytest.raises(ValueError, match="no type X"):
        from_value({"X": 1})


@pytest.mark.parametrize("value", ["\ud800", ["fine", "\udfff"], {"why": "\ud800"}, math.nan, math.inf, object(), {1}])
def test_what_cannot_be_kept_is_refused_by_the_name_of_its_attribute(value: object) -> None:
    with pytest.raises(InvalidField) as caught:
        to_attributes({"fine": "x", "teacher_name": value})
    assert caught.value.field == "teacher_name"
