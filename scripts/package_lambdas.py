"""Writes the zips that are deployed to Lambda: the same bytes for the same inputs, without Docker.

Two bundles, each good for all of its functions, which differ in the name of their handler alone: `events` for those
that AWS itself calls, `http` with the web framework on top. Run it as `make package`.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUNDLES = ("events", "http")
# The services that the functions call; botocore brings the descriptions of four hundred others.
SERVICES = frozenset({"dynamodb", "ec2", "lambda", "route53", "s3", "scheduler", "secretsmanager", "service-quotas"})
OUR_FILES, OUR_PACKAGE = ("pyproject.toml", "README.md", "LICENSE"), "src/elephant"
LAMBDA_PYTHON = "3.13"
# Lambda unpacks a package here; tracebacks name it.
TASK_ROOT = "/var/task"
_OLDEST_TIME_OF_A_ZIP = (1980, 1, 1, 0, 0, 0)
_A_FILE_THAT_ALL_MAY_READ = 0o100644 << 16
_ELF_MACHINES = {0x3E: "x86_64", 0xB7: "aarch64"}
# What pip leaves about its own work: true of this machine only, or no longer true.
_TRACES_OF_PIP = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


class CannotPackage(Exception):
    """The package would not be what is declared."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a package is for; `compiler` is a Python of that version that runs here, None where there is none."""

    name: str
    machine: str
    python: str
    pip_options: tuple[str, ...]
    compiler: Path | None


def lock_of(bundle: str) -> Path:
    """The libraries of a bundle, with their hashes."""
    return ROOT / f"requirements/functions-{bundle}.txt"


def here() -> Target:
    """This machine and this Python, for the tests."""
    version = ".".join(map(str, sys.version_info[:2]))
    return Target("here", os.uname().machine, version, (), Path(sys.executable))


def arm64() -> Target:
    """Lambda's arm64 with Amazon Linux 2023, whose C library is 2.34: anything built for that or older."""
    glibc = [f"--platform=manylinux_2_{minor}_aarch64" for minor in (34, 28, 17)]
    options = (*glibc, "--platform=manylinux2014_aarch64", f"--python-version={LAMBDA_PYTHON}", "--implementation=cp")
    return Target("arm64", "aarch64", LAMBDA_PYTHON, options, _find_python(LAMBDA_PYTHON))


def package(
    target: Target,
    output: Path,
    *,
    bundles: Sequence[str] = BUNDLES,
    checkout: Path = ROOT,
    kept: Path = ROOT / "build/libraries",
) -> dict[str, Path]:
    """Write `{bundle}-{target}.zip` into `output` and return their paths.

    Our own code is the `checkout`'s; what pip installs is `kept` for the next time. Raises CannotPackage and
    subprocess.CalledProcessError.
    """
    output.mkdir(parents=True, exist_ok=True)
    written = {bundle: output / f"{bundle}-{target.name}.zip" for bundle in bundles}
    with tempfile.TemporaryDirectory(dir=output) as name:
        ours, unfinished = Path(name) / "ours", Path(name) / "zip"
        _install_ourselves(checkout, ours)
        _compile(ours, target)
        for bundle, destination in written.items():
            libraries = _installed_libraries(lock_of(bundle), target, kept)
            write_zip({**_files_of(libraries), **_files_of(ours)}, unfinished)
            unfinished.replace(destination)
    return written


def write_zip(entries: dict[str, Path], destination: Path) -> None:
    """A zip of these files by name, whatever their order, times and modes are."""
    with zipfile.ZipFile(destination, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, file in sorted(entries.items()):
            info = zipfile.ZipInfo(name, _OLDEST_TIME_OF_A_ZIP)
            info.create_system = 3  # unix, on any system
            info.external_attr = _A_FILE_THAT_ALL_MAY_READ
            archive.writestr(info, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def compiled_surprises(folder: Path, target: Target) -> Iterator[str]:
    """A sentence for every shared library below `folder` that the target's machine or Python cannot load."""
    for file in sorted(folder.rglob("*")):
        name = file.name
        if not (name.endswith(".so") or ".so." in name):
            continue
        head = file.read_bytes()[:20]
        machine = struct.unpack_from("<H", head, 18)[0] if head[:4] == b"\x7fELF" else None
        if _ELF_MACHINES.get(machine or 0) != target.machine:
            yield f"{file.relative_to(folder)} is not for {target.machine}"
        tag = f".cpython-{target.python.replace('.', '')}-"
        if tag not in name and not name.endswith(".abi3.so"):
            yield f"{file.relative_to(folder)} is not for Python {target.python}"


def _installed_libraries(lock: Path, target: Target, kept: Path) -> Path:
    compiler = _version_of(target.compiler) if target.compiler else "none"
    inputs = [lock.read_text(), repr(target), compiler, Path(__file__).read_text()]
    folder = kept / hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept) as name:
        installed = Path(name) / "installed"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        pip += ["--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile", *target.pip_options]
        subprocess.run([*pip, "--target", str(installed), "--requirement", str(lock)], check=True)
        _remove_what_no_function_needs(installed)
        _compile(installed, target)
        if surprises := list(compiled_surprises(installed, target)):
            raise CannotPackage("; ".join(surprises))
        with contextlib.suppress(OSError):  # somebody else was first, with the same
            installed.rename(folder)
    return folder


def _remove_what_no_function_needs(installed: Path) -> None:
    for folder in [installed / "bin", *installed.glob("*/tests"), *installed.glob("*/.*")]:
        shutil.rmtree(folder, ignore_errors=True)
    for service in (each for each in (installed / "botocore/data").iterdir() if each.is_dir()):
        # botocore takes the newest description of a service unless it is told another
        for unused in sorted(service.iterdir())[: -1 if service.name in SERVICES else None]:
            shutil.rmtree(unused)
        if service.name not in SERVICES:
            service.rmdir()
    for leftover in installed.glob("*.dist-info/*"):
        if leftover.name in _TRACES_OF_PIP:
            leftover.unlink()


def _install_ourselves(checkout: Path, folder: Path) -> None:
    """Our own wheel, built from a copy: setuptools would pick up what an earlier build left beside the source."""
    with tempfile.TemporaryDirectory() as name:
        source, wheels = Path(name) / "source", Path(name) / "wheels"
        source.mkdir()
        for file in OUR_FILES:
            shutil.copy(checkout / file, source)
        ours = source / OUR_PACKAGE
        shutil.copytree(checkout / OUR_PACKAGE, ours, ignore=shutil.ignore_patterns("__pycache__"))
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-input"]
        options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(wheels)]
        subprocess.run([*pip, *options, str(source)], check=True)
        (wheel,) = wheels.iterdir()
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    for leftover in folder.glob("*.dist-info/RECORD"):
        leftover.unlink()


def _compile(folder: Path, target: Target) -> None:
    """Bytecode beside every module, which depends on nothing but its source: Lambda cannot write any by itself."""
    if target.compiler is None:
        return
    command = [str(target.compiler), "-W", "ignore", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", TASK_ROOT, str(folder)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})


def _files_of(folder: Path) -> dict[str, Path]:
    files = {str(file.relative_to(folder)): file for file in folder.rglob("*") if not file.is_dir()}
    if links := [name for name, file in files.items() if file.is_symlink()]:
        raise CannotPackage(f"links: {links}")
    return files


def _find_python(version: str) -> Path | None:
    """A Python of this version: $LAMBDA_PYTHON, this one, or the first of its usual name."""
    named = os.environ.get("LAMBDA_PYTHON", "")
    for candidate in [named] if named else [sys.executable, f"python{version}"]:
        found = shutil.which(candidate)
        if found and _version_of(Path(found)).startswith(f"{version}."):
            return Path(found)
    if named:
        raise CannotPackage(f"LAMBDA_PYTHON={named} is not a working Python {version}")
    return None


def _version_of(python: Path) -> str:
    answer = subprocess.run(
        [str(python), "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


def _line_about(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries) / 1e6
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    size = path.stat().st_size / 1e6
    return (
        f"{os.path.relpath(path)}  {size:.1f} MB ({unpacked:.1f} MB in {len(entries)} files unpacked)  sha256 {digest}"
    )


def main() -> int:
    """Write both bundles and print what they weigh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--for", dest="target", choices=["arm64", "here"], default="arm64", help="which machine")
    parser.add_argument("--output", type=Path, default=ROOT / "build/lambdas", help="where to write")
    arguments = parser.parse_args()
    try:
        target = arm64() if arguments.target == "arm64" else here()
        if target.compiler is None:
            print(
                f"No Python {target.python} here (LAMBDA_PYTHON=/path/to/python{target.python} names one), so the "
                "packages have no bytecode: they work, and every cold start takes twice as long",
                file=sys.stderr,
            )
        for path in package(target, arguments.output).values():
            print(_line_about(path))
    except CannotPackage as error:
        print(f"Cannot package: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
