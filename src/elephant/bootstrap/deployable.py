"""What is deployed out of a clone: the template, and the two packages that `make package` writes.

A wheel has neither: whoever can deploy has a clone, where `make package` builds what is deployed (docs/decisions/0026).
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import elephant
from elephant.ports.errors import Permanent

_TEMPLATE = Path("infra/template.yaml")
_CODE = re.compile(r"^(\s+CodeUri: )(\S+)$", re.MULTILINE)
_PARAMETERS = re.compile(r"^Parameters:\n((?:(?: .*|#.*)?\n)+)", re.MULTILINE)
_PARAMETER = re.compile(r"^  ([A-Za-z0-9]+):$", re.MULTILINE)
_LARGEST_TEMPLATE_BYTES = 1_000_000
"""CloudFormation reads no larger one out of a bucket ("CloudFormation quotas")."""


@dataclass(frozen=True, slots=True)
class Deployable:
    """`packages` are the zips by what the template calls them, each whole in memory: a few megabytes."""

    template: str
    packages: Mapping[str, bytes]

    def keys(self) -> dict[str, str]:
        """Where each package lies in a bucket: named by its content, so that one that is there is the same."""
        return {path: f"packages/{_digest(content)}.zip" for path, content in self.packages.items()}

    def template_for(self, bucket: str) -> str:
        """The template with its packages in this bucket."""
        keys = self.keys()
        return _CODE.sub(lambda match: f"{match[1]}s3://{bucket}/{keys[match[2]]}", self.template)

    @property
    def parameters(self) -> frozenset[str]:
        """The parameters that the template knows."""
        section = _PARAMETERS.search(self.template)
        return frozenset(_PARAMETER.findall(section[1])) if section else frozenset()


def template_key(template: str) -> str:
    """Where a template lies in a bucket, named by its content."""
    return f"templates/{_digest(template.encode())}.yaml"


def find_checkout(named: Path | None = None) -> Path:
    """The clone to deploy from: the one that is named, the one that this code runs from, or the current folder.

    Raises Permanent where none of them has the template.
    """
    candidates = [named] if named else [Path(elephant.__file__).resolve().parents[2], Path.cwd()]
    for candidate in candidates:
        if (candidate / _TEMPLATE).is_file():
            return candidate
    raise Permanent(
        f"there is no {_TEMPLATE} in {' or '.join(str(each) for each in candidates)}: deploy from a clone of Elephant,"
        " or name one with --checkout"
    )


def read_deployable(checkout: Path) -> Deployable:
    """The template and its packages; raises Permanent where a package is missing or one of them cannot be read."""
    template = _read(checkout / _TEMPLATE).decode()
    paths = {match[2] for match in _CODE.finditer(template)}
    files = {path: (checkout / _TEMPLATE).parent / path for path in sorted(paths)}
    missing = [path.resolve() for path in files.values() if not path.is_file()]
    if missing:
        names = ", ".join(str(path.relative_to(checkout.resolve())) for path in missing)
        raise Permanent(f"{names} is not built yet: run `make package` in {checkout} first")
    if len(template.encode()) > _LARGEST_TEMPLATE_BYTES:
        raise Permanent(f"{checkout / _TEMPLATE} is larger than the megabyte that CloudFormation takes")
    return Deployable(template, {path: _read(file) for path, file in files.items()})


def upload(
    deployable: Deployable, bucket: str, put_once: Callable[[str, bytes], bool], say: Callable[[str], None]
) -> str:
    """Bring packages and template into the bucket and return the template's key; what is there stays as it is."""
    for path, key in deployable.keys().items():
        content = deployable.packages[path]
        was_put = put_once(key, content)
        say(f"{'uploaded' if was_put else 'is there already'}: {Path(path).name}, {len(content) / 1e6:.1f} MB, {key}")
    template = deployable.template_for(bucket)
    key = template_key(template)
    put_once(key, template.encode())
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Permanent(f"{path} cannot be read: {error}") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
