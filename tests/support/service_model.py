"""What botocore's service models say of a request and botocore itself does not check: patterns and lengths of texts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
from botocore.model import Shape, StructureShape
from botocore.validate import ParamValidator


def problems_of_request(service: str, operation: str, request: Mapping[str, Any]) -> list[str]:
    """Whatever the service would refuse by its model; nothing for a legal request."""
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    assert shape is not None
    report = ParamValidator().validate(dict(request), shape)
    found = [report.generate_report()] if report.has_errors() else []
    return [*found, *_problems(operation, shape, request)]


def _problems(where: str, shape: Shape, value: Any) -> Iterator[str]:  # noqa: ANN401  any parameter's
    if isinstance(shape, StructureShape):
        for name, part in value.items():
            yield from _problems(f"{where}.{name}", shape.members[name], part)
        return
    limits = shape.metadata
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        yield f"{where}: {value!r} is not {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{where}: {value!r} is none of {limits['enum']}"
    size = value if isinstance(value, int) else len(value)
    if not limits.get("min", 0) <= size <= limits.get("max", size):
        yield f"{where}: {size} is not from {limits.get('min')} to {limits.get('max')}"
