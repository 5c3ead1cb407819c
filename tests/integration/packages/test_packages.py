"""What is in the zips that are deployed: what is declared, for Lambda's machine, the same bytes every time."""

import hashlib
import marshal
import re
import shutil
import sys
import zipfile
from importlib.metadata import files, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.package_lambdas import (
    BUNDLES,
    OUR_FILES,
    OUR_PACKAGE,
    SERVICES,
    TASK_ROOT,
    CannotPackage,
    Target,
    arm64,
    compiled_surprises,
    here,
    lock_of,
    package,
)
from tests.support.lambda_runtime import run_bare

ROOT = Path(__file__).resolve().parents[3]
# as docs/aws-functions.md says: the most megabytes of each bundle, zipped and unpacked
SIZES = {
    match["bundle"]: (int(match["zipped"]), int(match["unpacked"]))
    for match in re.finditer(
        r"^\| `(?P<bundle>\w+)` \|.*\| (?P<zipped>\d+) MB \| (?P<unpacked>\d+) MB \|$",
        (ROOT / "docs/aws-functions.md").read_text(),
        re.MULTILINE,
    )
}
UNCHECKED_HASH = 1


@pytest.fixture(scope="session")
def for_lambda() -> Target:
    """Lambda's arm64, with or without bytecode as this machine can."""
    return arm64()


@pytest.fixture(scope="session")
def zips(for_lambda: Target, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return package(for_lambda, tmp_path_factory.mktemp("for-lambda"))


@pytest.fixture(scope="session")
def folders(zips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("unpacked-for-lambda")
    for bundle, path in zips.items():
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder / bundle)
    return {bundle: folder / bundle for bundle in zips}


def pins_of(bundle: str) -> list[Requirement]:
    lines = [line for line in lock_of(bundle).read_text().splitlines() if re.match(r"[a-z0-9]", line)]
    return [Requirement(line.rstrip(" \\")) for line in lines]


def names_in(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def without_bytecode(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc"}


def test_another_checkout_and_nothing_kept_give_the_same_bytes(for_lambda: Target, tmp_path: Path) -> None:
    built: list[Path] = []
    for checkout in (tmp_path / "one", tmp_path / "another/place"):
        # both from the first, in case that somebody is at work on the repository meanwhile
        shutil.copytree(ROOT / OUR_PACKAGE if not built else tmp_path / "one" / OUR_PACKAGE, checkout / OUR_PACKAGE)
        for file in OUR_FILES:
            shutil.copyfile(ROOT / file, checkout / file)
        packages = package(
            for_lambda, checkout / "build", bundles=["events"], checkout=checkout, kept=checkout / "libraries"
        )
        built.append(packages["events"])
    assert contents(built[0]) == contents(built[1])
    assert built[0].read_bytes() == built[1].read_bytes()


@pytest.mark.parametrize("bundle", BUNDLES)
def test_entries_are_sorted_and_tell_neither_when_nor_where(bundle: str, zips: dict[str, Path]) -> None:
    with zipfile.ZipFile(zips[bundle]) as archive:
        entries = archive.infolist()
        text = b"".join(
            archive.read(entry) for entry in entries if entry.filename.endswith((".py", ".pyc", "METADATA"))
        )
    names = [entry.filename for entry in entries]
    assert names == sorted(set(names))
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert str(ROOT).encode() not in text


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_compiled_file_is_for_lambda(bundle: str, folders: dict[str, Path], for_lambda: Target) -> None:
    compiled = [file for file in folders[bundle].rglob("*") if file.is_file() and file.read_bytes()[:4] == b"\x7fELF"]
    assert list(compiled_surprises(folders[bundle], for_lambda)) == []
    assert {file.suffix for file in compiled} <= {".so"}
    # the events need no compiled code at all; pydantic and markupsafe have some
    assert bool(compiled) == (bundle == "http")


def test_compiled_files_of_another_machine_or_python_are_found(unpacked: dict[str, Path]) -> None:
    found = list(compiled_surprises(unpacked["http"], Target("other", "aarch64", "3.99", (), None)))
    assert any("is not for aarch64" in each for each in found)
    assert any("is not for Python 3.99" in each for each in found)
    assert list(compiled_surprises(unpacked["http"], here())) == []


@pytest.mark.parametrize("bundle", BUNDLES)
def test_the_packages_hold_what_is_locked_and_us(bundle: str, folders: dict[str, Path]) -> None:
    described = {each.name.removesuffix(".dist-info") for each in folders[bundle].glob("*.dist-info")}
    locked = {f"{pin.name.replace('-', '_')}-{str(pin.specifier).removeprefix('==')}" for pin in pins_of(bundle)}
    assert {each.lower() for each in described} == {*locked, f"project_elephant-{version('project-elephant')}"}


@pytest.mark.parametrize("bundle", BUNDLES)
def test_no_file_comes_from_anywhere_else(bundle: str, unpacked: dict[str, Path]) -> None:
    """The developers' environment has the same versions, with lists of their files."""
    declared = {str(file) for pin in pins_of(bundle) for file in files(pin.name) or []}
    others = {
        name for name in without_bytecode(unpacked[bundle]) - declared if not name.startswith("project_elephant-")
    }
    ours = {f"elephant/{name}" for name in without_bytecode(ROOT / "src/elephant")}
    assert others
    assert others <= ours


@pytest.mark.parametrize("bundle", BUNDLES)
def test_no_tests_no_programs_and_no_traces_of_pip(bundle: str, zips: dict[str, Path]) -> None:
    parts = {part for name in names_in(zips[bundle]) for part in name.split("/")}
    assert sorted(parts & {"tests", "bin", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}) == []
    assert [part for part in parts if part.startswith(".")] == []


@pytest.mark.parametrize("bundle", BUNDLES)
def test_one_description_of_each_service_that_is_called(bundle: str, zips: dict[str, Path]) -> None:
    described = {tuple(name.split("/")[2:4]) for name in names_in(zips[bundle]) if re.match(r"botocore/data/.*/", name)}
    assert sorted(service for service, _ in described) == sorted(SERVICES)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_sizes(bundle: str, zips: dict[str, Path], folders: dict[str, Path], unpacked: dict[str, Path]) -> None:
    most, most_unpacked = SIZES[bundle]
    zipped = [zips[bundle], unpacked[bundle].parent / f"{bundle}-here.zip"]
    assert max(each.stat().st_size for each in zipped) < most * 1e6
    for folder in (folders[bundle], unpacked[bundle]):
        assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < most_unpacked * 1e6


@pytest.mark.parametrize("bundle", BUNDLES)
def test_no_requirement_depends_on_the_python_that_packages(bundle: str) -> None:
    """pip asks the markers of the Python that runs it, whatever --python-version says."""
    answers = {
        pin.name: {
            pin.marker.evaluate({"python_full_version": f"{each}.0", "python_version": each})
            for each in ["3.11", "3.12", "3.13", "3.14"]
        }
        for pin in pins_of(bundle)
        if pin.marker
    }
    assert [name for name, answer in answers.items() if len(answer) > 1] == []


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_module_is_compiled_for_good(bundle: str, unpacked: dict[str, Path]) -> None:
    """Lambda's folder is read-only: what is not compiled now is compiled at every cold start."""
    tag = sys.implementation.cache_tag
    for module in unpacked[bundle].rglob("*.py"):
        bytecode = (module.parent / "__pycache__" / f"{module.stem}.{tag}.pyc").read_bytes()
        assert int.from_bytes(bytecode[4:8], "little") == UNCHECKED_HASH
        code = marshal.loads(bytecode[16:])  # noqa: S302  of our own making
        assert code.co_filename == f"{TASK_ROOT}/{module.relative_to(unpacked[bundle])}"


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_package_knows_its_version_and_every_service_without_anything_else(
    bundle: str, unpacked: dict[str, Path]
) -> None:
    code = (
        "from importlib.metadata import version; from elephant.bootstrap.aws_clients import Clients; c = Clients();"
        "names = [n for n in vars(c) if not n.startswith('_')];"
        "print(version('project-elephant'), *sorted({getattr(c, n).meta.service_model.service_name for n in names}))"
    )
    said = run_bare(code, unpacked[bundle], {"AWS_DEFAULT_REGION": "eu-central-1"}).split()
    assert said == [version("project-elephant"), *sorted(SERVICES)]


def test_a_named_python_must_be_the_one_of_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_PYTHON", "no-such-python")
    with pytest.raises(CannotPackage, match="LAMBDA_PYTHON=no-such-python is not a working Python"):
        arm64()
