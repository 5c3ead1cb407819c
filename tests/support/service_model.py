"""What botocore's service models say of a request and botocore itself does not check: patterns and lengths of texts."""

import functools
import re
from collections.abc import Iterator, Mapping, Sized
from typing import Any

import botocore.session
from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.validate import ParamValidator


@functools.cache
def _operation(service: str, operation: str) -> OperationModel:
    """Read once: a model is megabytes."""
    return botocore.session.get_session().get_service_model(service).operation_model(operation)


def problems_of_request(service: str, operation: str, request: Mapping[str, Any]) -> list[str]:
    """Whatever the service would refuse by its model; nothing for a legal request."""
    shape = _operation(service, operation).input_shape
    assert shape is not None
    return _problems_of(operation, shape, request)


def problems_of_answer(service: str, operation: str, answer: Mapping[str, Any]) -> list[str]:
    """Whatever the service would never say, by its model; for stand-ins that must not say it either."""
    shape = _operation(service, operation).output_shape
    return _problems_of(operation, shape, answer) if shape is not None else [repr(answer)] if answer else []


def _problems_of(operation: str, shape: Shape, content: Mapping[str, Any]) -> list[str]:
    report = ParamValidator().validate(dict(content), shape)
    found = [report.generate_report()] if report.has_errors() else []
    return [*found, *_problems(operation, shape, content)]


def _problems(where: str, shape: Shape, value: Any) -> Iterator[str]:  # noqa: ANN401  any parameter's
    if isinstance(shape, StructureShape):
        for name, part in value.items():
            if name in shape.members:
                yield from _problems(f"{where}.{name}", shape.members[name], part)
        return
    if isinstance(shape, ListShape):
        for number, part in enumerate(value):
            yield from _problems(f"{where}[{number}]", shape.member, part)
    limits = shape.metadata
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        yield f"{where}: {value!r} is not {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{where}: {value!r} is none of {limits['enum']}"
    if isinstance(value, bool) or not isinstance(value, int | Sized):
        return
    size = value if isinstance(value, int) else len(value)
    if not limits.get("min", 0) <= size <= limits.get("max", size):
        yield f"{where}: {size} is not from {limits.get('min')} to {limits.get('max')}"
