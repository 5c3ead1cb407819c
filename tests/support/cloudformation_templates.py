"""What the stand-in for CloudFormation reads out of templates with SAM's translator, and what it refuses in them."""

import copy
import functools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from tests.support.cloudformation_wire import Refusal

REGION = "eu-central-1"
_URL = re.compile(r"https://([a-z0-9.-]+)\.s3\.[a-z0-9-]+\.amazonaws\.com/(\S+)")


def template_at(url: str, read: Callable[[str, str], bytes]) -> str:
    """The template in a bucket, all of whose packages are there too; `read` raises LookupError for what is not."""
    match = _URL.fullmatch(url)
    if match is None:
        raise Refusal("ValidationError", f"TemplateURL must be a supported URL: {url}")
    template = _object(match[1], match[2], read).decode()
    for bucket, key in re.findall(r"CodeUri: s3://([a-z0-9.-]+)/(\S+)", template):
        _object(bucket, key, read)
    if re.search(r"CodeUri: (?!s3://)", template):
        raise Refusal("ValidationError", "'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key'")
    return template


def _object(bucket: str, key: str, read: Callable[[str, str], bytes]) -> bytes:
    try:
        return read(bucket, key)
    except LookupError as error:
        raise Refusal("ValidationError", f"S3 error: the specified key does not exist: {bucket}/{key}") from error


def checked_parameters(template: str, given: dict[str, str]) -> dict[str, str]:
    """All that the template knows, with its defaults; each given one has a value that it allows."""
    known = _parameters_of(_wherever_packages_are(template))
    if unknown := sorted(given.keys() - known.keys()):
        raise Refusal("ValidationError", f"Parameters: {unknown} do not exist in the template")
    missing = [name for name, each in known.items() if "Default" not in each and name not in given]
    if missing:
        raise Refusal("ValidationError", f"Parameters: {missing} must have values")
    for name, value in given.items():
        allowed, pattern = known[name].get("AllowedValues"), known[name].get("AllowedPattern")
        is_allowed = allowed is None or value in map(str, allowed)
        if not is_allowed or (pattern and not re.fullmatch(pattern, value)):
            raise Refusal("ValidationError", f"Parameter '{name}' must match pattern {pattern or allowed}")
    return {name: given.get(name, str(each.get("Default", ""))) for name, each in known.items()}


def translated(template: str) -> dict[str, dict[str, Any]]:
    """The resources that SAM makes of a template; raises what SAM says against it."""
    return _translated(_wherever_packages_are(template))


def _wherever_packages_are(template: str) -> str:
    return re.sub(r"s3://[a-z0-9.-]+/", "s3://packages/", template)


@functools.cache
def _parameters_of(template: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml_parse(template)["Parameters"]
    return found


@functools.cache
def _translated(template: str) -> dict[str, dict[str, Any]]:
    """Once for all buckets, since it takes two seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        content = transform(copy.deepcopy(yaml_parse(template)), {}, dict)
    resources: dict[str, dict[str, Any]] = json.loads(json.dumps(content))["Resources"]
    return resources
