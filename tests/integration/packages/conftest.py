"""The packages, built once for this machine and unpacked as Lambda unpacks them."""

import zipfile
from pathlib import Path

import pytest

from scripts.package_lambdas import BUNDLES, here, package
from tests.support.aws_fixtures import aws_server, dynamodb, table_name
from tests.support.lambda_runtime import copy_runtime_client

__all__ = ["aws_server", "dynamodb", "table_name"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.integration)
            # the first build asks pip for every library
            item.add_marker(pytest.mark.timeout(240), append=False)


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each bundle, for this machine and this Python."""
    output = tmp_path_factory.mktemp("packages")
    for bundle, path in package(here(), output).items():
        with zipfile.ZipFile(path) as archive:
            archive.extractall(output / bundle)
    return {bundle: output / bundle for bundle in BUNDLES}


@pytest.fixture(scope="session")
def runtime_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_runtime_client(tmp_path_factory.mktemp("runtime-client"))
