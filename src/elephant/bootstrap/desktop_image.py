"""What EC2 Image Builder is asked for, out of a clone: a bundle of files, and the requests about it.

Nothing here asks AWS anything: `elephant aws image --dry-run` shows all of it.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elephant.adapters.aws.image_builder import version_of
from elephant.bootstrap.installation_file import Installation
from elephant.bootstrap.stored_zip import stored_zip
from elephant.ports.errors import Permanent

SYSTEMS = ("ubuntu", "windows")
MACHINES = ("arm64", "x86_64")
PREFIX = "images/"
"""Where bundles lie in the artifact bucket; the build's role may read what is below."""
_AGENT = Path("build/agent/elephant-agent.pyz")

# AWS keeps these parameters at the newest image of each ("Find an Ubuntu AMI"; "Windows AMI parameters"); the owners
# are Canonical and Amazon.
_UBUNTU = "ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/{machine}/hvm/ebs-gp3/ami-id"
_WINDOWS = "ssm:/aws/service/ami-windows-latest/Windows_Server-2025-English-Full-Base"
_CANONICALS_WORDS = {"arm64": "arm64", "x86_64": "amd64"}
_BUILD_TYPES = {
    ("ubuntu", "arm64"): ["m7g.large", "m6g.large", "t4g.large"],
    ("ubuntu", "x86_64"): ["m7i.large", "m6i.large", "t3.large"],
    ("windows", "x86_64"): ["m7i.xlarge", "m6i.xlarge", "t3.xlarge"],
}
_DISK_GIB = {"ubuntu": 20, "windows": 50}


@dataclass(frozen=True, slots=True)
class DesktopImage:
    """One image to be: its document and its bundle, each whole in memory (a few hundred kilobytes)."""

    system: str
    machine: str
    document: str
    bundle: bytes
    parent: str
    stack: str
    region: str
    subnet_id: str = ""
    security_group_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The recipe's and the image's; Image Builder's ARNs have it in small letters."""
        return recipe_name(self.stack, self.system, self.machine)

    @property
    def platform(self) -> str:
        """Image Builder's word for the system."""
        return "Windows" if self.system == "windows" else "Linux"

    @property
    def bundle_sha256(self) -> str:
        """What the bundle is, and what it is called by."""
        return hashlib.sha256(self.bundle).hexdigest()

    @property
    def bundle_key(self) -> str:
        """Where the bundle lies in the artifact bucket."""
        return f"{PREFIX}{self.bundle_sha256}.zip"

    def component(self) -> dict[str, Any]:
        """CreateComponent, without its version."""
        return {
            "name": component_name(self.stack, self.system),
            "description": "Amazon DCV, a kiosk browser and Elephant's agent",
            "platform": self.platform,
            "data": self.document,
            "tags": self._tags,
        }

    def recipe(self, component_arn: str, bucket: str) -> dict[str, Any]:
        """CreateImageRecipe, without its version."""
        parameters = {"Bundle": f"s3://{bucket}/{self.bundle_key}", "BundleSha256": self.bundle_sha256}
        disk = {"volumeSize": _DISK_GIB[self.system], "volumeType": "gp3", "deleteOnTermination": True}
        return {
            "name": self.name,
            "components": [
                {
                    "componentArn": component_arn,
                    "parameters": [{"name": name, "value": [text]} for name, text in parameters.items()],
                }
            ],
            "parentImage": self.parent,
            "blockDeviceMappings": [{"deviceName": "/dev/sda1", "ebs": disk}],
            "tags": self._tags,
        }

    def infrastructure(self, instance_profile: str) -> dict[str, Any]:
        """CreateInfrastructureConfiguration.

        The machines are tagged as the build's and not as Elephant's, which have a meeting, or are swept away.
        """
        where: dict[str, Any] = {}
        if self.subnet_id:
            where = {"subnetId": self.subnet_id, "securityGroupIds": list(self.security_group_ids)}
        return {
            "name": self.name,
            "instanceTypes": _BUILD_TYPES[self.system, self.machine],
            "instanceProfileName": instance_profile,
            "instanceMetadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "terminateInstanceOnFailure": True,
            "resourceTags": {"ElephantImage": self.stack},
            "tags": self._tags,
            **where,
        }

    def distribution(self) -> dict[str, Any]:
        """CreateDistributionConfiguration."""
        return {
            "name": self.name,
            "distributions": [
                {
                    "region": self.region,
                    "amiDistributionConfiguration": {
                        "name": f"{self.name} {{{{ imagebuilder:buildDate }}}}",
                        "description": f"A desktop of Elephant, {self.bundle_sha256[:12]}",
                        "amiTags": self._tags,
                    },
                }
            ],
            "tags": self._tags,
        }

    def shown(self, bucket: str, instance_profile: str) -> dict[str, Any]:
        """Every request, with `(...)` for what only AWS can tell."""
        component = self.component()
        return {
            "component": {**component, "semanticVersion": version_of(component), "data": "(the document above)"},
            "recipe": self.recipe("(the component)", bucket),
            "infrastructure": self.infrastructure(instance_profile),
            "distribution": self.distribution(),
        }

    @property
    def _tags(self) -> dict[str, str]:
        return {"Project": "Elephant", "Installation": self.stack}


def recipe_name(stack: str, system: str, machine: str) -> str:
    """A recipe's, its images' and its configurations' name."""
    return f"{component_name(stack, system)}-{machine.replace('_', '-')}".lower()


def component_name(stack: str, system: str) -> str:
    """A component's name."""
    return f"{stack}-desktop-{system}".lower()


def recipe_names(stack: str) -> list[str]:
    """Every name that a recipe of this stack may have."""
    return [recipe_name(stack, system, machine) for system, machine in _BUILD_TYPES]


def read_image(checkout: Path, installation: Installation, system: str, machine: str, parent: str) -> DesktopImage:
    """The image that a clone describes; raises Permanent where a file is missing, or nobody has such a machine."""
    if (system, machine) not in _BUILD_TYPES:
        raise Permanent(f"there is no {system} for {machine}: AWS has no Windows Server on arm64, so use --arch x86_64")
    folder = checkout / "infra/image" / system
    agent = checkout / _AGENT
    if not agent.is_file():
        raise Permanent(f"{_AGENT} is not built yet: run `make package` in {checkout} first")
    files = {"elephant-agent.pyz": agent}
    for part in ("steps", "files"):
        files |= {file.relative_to(folder).as_posix(): file for file in (folder / part).iterdir() if file.is_file()}
    standard = _WINDOWS if system == "windows" else _UBUNTU.format(machine=_CANONICALS_WORDS[machine])
    return DesktopImage(
        system,
        machine,
        _read(folder / "component.yaml").decode(),
        stored_zip({name: _read(file) for name, file in files.items()}),
        parent or standard,
        installation.stack,
        installation.region,
    )


def default_machine(system: str, installation: Installation) -> str:
    """The machine that the installation's instance types have: arm64 where all of them are Graviton's."""
    families = [kind.partition(".")[0] for kind in installation.instance_types]
    graviton = bool(families) and all(_is_graviton(family) for family in families)
    return "arm64" if graviton and system != "windows" else "x86_64"


def _is_graviton(family: str) -> bool:
    """A `g` behind the generation's number says so ("Amazon EC2 instance type naming conventions"); a1 is older."""
    return family == "a1" or "g" in family.lstrip("abcdefghijklmnopqrstuvwxyz-").lstrip("0123456789")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Permanent(f"{path} cannot be read: {error}") from error
