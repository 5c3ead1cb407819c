"""Items as DynamoDB carries them: every value with its type's letter beside it.

boto3's own translation refuses broken numbers; an item's are few and short, and come back exactly as they were.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from elephant.ports.errors import InvalidField

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Attributes = dict[str, "AttributeValueTypeDef"]


def to_attributes(item: Mapping[str, Any]) -> Attributes:
    """An item's values with their types; raises InvalidField for one that DynamoDB cannot keep."""
    return {name: to_value(name, value) for name, value in item.items()}


def to_value(name: str, value: object) -> "AttributeValueTypeDef":
    """One value with its type; `name` is the attribute that it belongs to, for the error."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": _text(name, value)}
        case int() | float():
            return {"N": _number(name, value)}
        case list() | tuple():
            return {"L": [to_value(name, each) for each in value]}
        case Mapping():
            return {"M": {str(key): to_value(name, each) for key, each in value.items()}}
        case _:
            raise InvalidField(name, f"is a {type(value).__name__}, which no table can keep")


def _text(name: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # DynamoDB keeps UTF-8, and half of a pair of surrogates has none.
        raise InvalidField(name, "has half of a Unicode surrogate pair in it; write the whole character") from error
    return text


def _number(name: str, number: float) -> str:
    # The shortest text that gives the same float again, at most 17 of the 38 digits that DynamoDB keeps.
    exact = Decimal(repr(number))
    if not exact.is_finite():
        raise InvalidField(name, "must be a finite number")
    return str(exact)


def from_attributes(attributes: "Mapping[str, Any]") -> dict[str, Any]:
    """The item of a response or of a stream's image; raises ValueError for a type that DynamoDB does not have."""
    return {name: from_value(value) for name, value in attributes.items()}


def from_value(value: Mapping[str, Any]) -> Any:  # noqa: ANN401  an item holds any value
    """One value without its type; whole numbers as int, broken ones as float, sets as lists."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL" | "B":
            return content
        case "N":
            return _number_of(cast("str", content))
        case "NULL":
            return None
        case "L":
            return [from_value(each) for each in content]
        case "M":
            return from_attributes(content)
        case "SS" | "BS":
            return list(content)
        case "NS":
            return [_number_of(each) for each in content]
        case _:
            raise ValueError(f"DynamoDB has no type {kind}")


def _number_of(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
