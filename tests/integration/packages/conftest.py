"""The packages, built once for this machine and unpacked as Lambda unpacks them."""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.package_lambdas import BUNDLES, here, package
from tests.support.aws_fixtures import aws_server, lambda_stand_in
from tests.support.aws_installation import AwsInstallation
from tests.support.ec2_fixtures import desktop_image, ec2_rules
from tests.support.lambda_runtime import copy_runtime_client
from tests.support.zone_worlds import cloudflare

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer
    from tests.support.cloudflare_stand_in import CloudflareStandIn
    from tests.support.ec2_rules import Ec2Rules
    from tests.support.lambda_stand_in import LambdaStandIn

__all__ = ["aws_server", "cloudflare", "desktop_image", "ec2_rules", "lambda_stand_in"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.integration)
            # the first build asks pip for every library; behind what a test says itself
            item.add_marker(pytest.mark.timeout(400))


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


@pytest.fixture
def installation(
    aws_server: "AwsServer",
    cloudflare: "CloudflareStandIn",
    lambda_stand_in: "LambdaStandIn",
    ec2_rules: "Ec2Rules",
    desktop_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AwsInstallation:
    """Its settings are this process's too, for what a test prepares."""
    assert ec2_rules.instances == []
    installation = AwsInstallation(aws_server, cloudflare, lambda_stand_in, desktop_image)
    for name, value in installation.environment.items():
        monkeypatch.setenv(name, value)
    return installation
