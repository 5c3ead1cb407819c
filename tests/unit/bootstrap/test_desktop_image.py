import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.aws.image_builder import Build, version_of
from elephant.bootstrap.desktop_image import SYSTEMS, DesktopImage, default_machine, read_image
from elephant.bootstrap.installation_file import Installation
from elephant.ports.errors import Permanent
from tests.support.service_model import problems_of_request

ROOT = Path(__file__).resolve().parents[3]
NORTH = Installation(region="eu-central-1", account="123456789012", stack="Elephant-North")
COMPONENT = "arn:aws:imagebuilder:eu-central-1:123456789012:component/elephant-north-desktop-ubuntu/1.2.3/1"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "infra").symlink_to(ROOT / "infra")
    (tmp_path / "build/agent").mkdir(parents=True)
    (tmp_path / "build/agent/elephant-agent.pyz").write_bytes(b"the agent")
    return tmp_path


def image_of(checkout: Path, system: str, machine: str = "x86_64", parent: str = "") -> DesktopImage:
    return read_image(checkout, NORTH, system, machine, parent)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_asked_for_is_what_image_builder_takes(checkout: Path, system: str) -> None:
    image = image_of(checkout, system)
    token = {"clientToken": "t"}
    recipe = image.recipe(COMPONENT, "bucket")
    requests = {
        "CreateComponent": {**image.component(), "semanticVersion": version_of(image.component())},
        "CreateImageRecipe": {**recipe, "semanticVersion": version_of(recipe)},
        "CreateInfrastructureConfiguration": image.infrastructure("elephant-image-eu-central-1"),
        "CreateDistributionConfiguration": image.distribution(),
    }
    for operation, request in requests.items():
        assert problems_of_request("imagebuilder", operation, {**request, **token}) == [], operation


def test_the_parameters_are_those_of_the_document(checkout: Path) -> None:
    image = image_of(checkout, "ubuntu")
    (component,) = image.recipe(COMPONENT, "bucket")["components"]
    told = {each["name"]: each["value"] for each in component["parameters"]}
    digest = hashlib.sha256(image.bundle).hexdigest()
    assert told == {"Bundle": [f"s3://bucket/images/{digest}.zip"], "BundleSha256": [digest]}
    for name in told:
        assert f"'{{{{ {name} }}}}" in image.document


@pytest.mark.parametrize(
    ("system", "machine", "parent"),
    [
        ("ubuntu", "arm64", "ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"),
        ("ubuntu", "x86_64", "ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"),
        ("windows", "x86_64", "ssm:/aws/service/ami-windows-latest/Windows_Server-2025-English-Full-Base"),
    ],
)
def test_what_it_begins_with(checkout: Path, system: str, machine: str, parent: str) -> None:
    assert image_of(checkout, system, machine).parent == parent
    assert image_of(checkout, system, machine, "ami-0123456789abcdef0").parent == "ami-0123456789abcdef0"


def test_what_is_in_the_bundle(checkout: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(image_of(checkout, "windows").bundle)) as archive:
        names = archive.namelist()
        assert archive.read("elephant-agent.pyz") == b"the agent"
        # Windows PowerShell 5.1 takes a script without a mark at its beginning for the system's own code page
        assert all(archive.read(name).isascii() for name in names if name.endswith(".ps1"))
    assert {"steps/dcv.ps1", "files/boot.ps1", "files/agent.toml"} <= set(names)
    assert names == sorted(names)


@given(st.text())
def test_a_version_is_one(content: str) -> None:
    nodes = [int(node) for node in version_of(content).split(".")]
    assert len(nodes) == 3
    assert all(0 <= node < 2**30 for node in nodes)


def test_another_content_is_another_version() -> None:
    assert version_of("a") != version_of("b")
    assert version_of({"a": 1, "b": 2}) == version_of({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("types", "machine"),
    [
        ((), "x86_64"),
        (("m7g.large", "t4g.medium"), "arm64"),
        (("a1.large", "c6gd.large", "c7gn.large"), "arm64"),
        (("m7i.large",), "x86_64"),
        (("g4dn.xlarge", "g6.xlarge"), "x86_64"),
        (("m7g.large", "m7i.large"), "x86_64"),
    ],
)
def test_the_machine_follows_from_the_instance_types(types: tuple[str, ...], machine: str) -> None:
    assert default_machine("ubuntu", Installation(instance_types=types)) == machine
    assert default_machine("windows", Installation(instance_types=types)) == "x86_64"


def test_what_is_missing_is_named(checkout: Path) -> None:
    with pytest.raises(Permanent, match="there is no windows for arm64"):
        image_of(checkout, "windows", "arm64")
    (checkout / "build/agent/elephant-agent.pyz").unlink()
    with pytest.raises(Permanent, match="run `make package`"):
        image_of(checkout, "ubuntu")


def test_the_log_of_a_build() -> None:
    build = Build(
        "arn:aws:imagebuilder:eu-central-1:123456789012:image/elephant-desktop-ubuntu-arm64/1.2.3/4", "FAILED"
    )
    assert build.log == ("/aws/imagebuilder/elephant-desktop-ubuntu-arm64", "1.2.3/4")
