"""Edits one setting of DCV's configuration: on Linux in dcv.conf, on Windows in the registry.

Both are GSettings (Amazon DCV Administrator Guide, "Modifying configuration parameters"): dcv.conf is a key file of
sections, comments and `key=value`, whose texts stand in double quotes; the registry has a key for each section.
"""

import contextlib
import logging
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from elephant.agent.ec2.programs import run_command
from elephant.agent.ec2.settings import REGISTRY

logger = logging.getLogger(__name__)

SECTION, KEY = "security", "auth-token-verifier"
REG_SECONDS = 20.0
_HEADER = re.compile(r"\s*\[([^\]]*)\]\s*")


def with_setting(content: str, section: str, key: str, value: str) -> str:
    """The file with this setting once in its section, and every other line as it was.

    The first line that sets it is replaced where it stands and any further one goes; without one it is put below the
    section's header, which is added at the end where it is missing.
    """
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    wanted = f'{key}="{quoted}"'
    lines = content.split("\n")
    inside, header, found = False, -1, -1
    kept: list[str] = []
    for line in lines:
        if match := _HEADER.fullmatch(line):
            inside = match[1] == section
            header = len(kept) if inside and header < 0 else header
        elif inside and line.partition("=")[0].strip() == key and "=" in line:
            if found >= 0:
                continue
            found = len(kept)
            line = wanted + ("\r" if line.endswith("\r") else "")  # noqa: PLW2901
        kept.append(line)
    if found >= 0:
        return "\n".join(kept)
    if header >= 0:
        kept.insert(header + 1, wanted)
        return "\n".join(kept)
    separator = "" if content == "" or content.endswith("\n") else "\n"
    return f"{content}{separator}[{section}]\n{wanted}\n"


def set_verifier(dcv_conf: str, url: str, before_change: Callable[[], None], *, reg: str = "reg") -> None:
    """Have DCV ask this address about tokens; `before_change` is called unless it does already.

    Raises OSError.
    """
    if dcv_conf.startswith(REGISTRY):
        _set_in_registry(rf"{dcv_conf}\{SECTION}", url, before_change, reg)
    else:
        _set_in_file(Path(dcv_conf), url, before_change)


def _set_in_file(path: Path, url: str, before_change: Callable[[], None]) -> None:
    try:
        content = path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        content = ""
    wanted = with_setting(content, SECTION, KEY, url)
    if wanted == content:
        return
    before_change()
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(wanted.encode("utf-8", "surrogateescape"))
    with contextlib.suppress(FileNotFoundError):
        shutil.copymode(path, aside)
        _copy_owner(path, aside)
    aside.replace(path)
    logger.info("%s: %s is %s", path, KEY, url)


def _copy_owner(source: Path, target: Path) -> None:
    status = source.stat()
    if hasattr(os, "chown"):
        os.chown(target, status.st_uid, status.st_gid)


def _set_in_registry(key: str, url: str, before_change: Callable[[], None], reg: str) -> None:
    asked = run_command([reg, "query", key, "/v", KEY], REG_SECONDS)
    if asked.code == 0 and asked.output.decode(errors="replace").split()[-1:] == [url]:
        return
    before_change()
    done = run_command([reg, "add", key, "/v", KEY, "/t", "REG_SZ", "/d", url, "/f"], REG_SECONDS)
    if done.code != 0:
        raise OSError(f"reg add ended with {done.code}")
    logger.info("%s: %s is %s", key, KEY, url)
