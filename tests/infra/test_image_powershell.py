"""The scripts for Windows, as far as they can be looked at without one: their structure, and that each word is known.

What a PowerShell would say of them is on the checklist of the first deployment.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).resolve().parents[2] / "infra/image/windows").rglob("*.ps1"))
PAIRS = {"(": ")", "{": "}", "[": "]"}
# Cmdlets of Windows PowerShell 5.1 and of the modules that Windows Server brings.
KNOWN = set(
    re.findall(
        r"\S+",
        """
    Add-LocalGroupMember Add-Type ConvertFrom-Json ConvertTo-SecureString Copy-Item Disable-NetFirewallRule
    Disable-ScheduledTask Get-AuthenticodeSignature Get-ChildItem Get-Content Get-Date Get-FileHash
    Get-ItemProperty Get-LocalUser Get-NetFirewallRule Get-ScheduledTask Get-ScheduledTaskInfo Get-Service
    Invoke-RestMethod Invoke-WebRequest Join-Path New-Item New-ItemProperty New-LocalUser New-NetFirewallRule
    New-Object New-ScheduledTaskAction New-ScheduledTaskPrincipal New-ScheduledTaskSettingsSet
    New-ScheduledTaskTrigger New-TimeSpan Out-Null Register-ScheduledTask Remove-Item Remove-ItemProperty
    Remove-LocalUser Remove-NetFirewallRule Restart-Computer Set-ItemProperty Set-NetFirewallProfile Set-Service
    Split-Path Start-Process Start-ScheduledTask Start-Sleep Start-Transcript Stop-Service Stop-Transcript
    Test-Path Unregister-ScheduledTask Write-Output Write-Verbose
    """,
    )
)
_CMDLET = re.compile(r"(?<![\w$.\\/-])[A-Z][a-z]+-[A-Z][A-Za-z]+\b")


def code_of(text: str) -> str:
    """A script without its comments and what its texts say; raises ValueError where a text does not end."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        two, one = text[at : at + 2], text[at]
        if two in {"@'", '@"'}:
            end = text.find(f"\n{two[::-1]}", at)
            at = _after(end, 3, text, at)
            kept.append('""')
        elif one == "`":
            at += 2
        elif one in "'\"":
            end = at + 1
            while end < len(text) and text[end] != one:
                end += 2 if text[end] == "`" and one == '"' else 1
            at = _after(end if end < len(text) else -1, 1, text, at)
            kept.append('""')
        elif one == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        else:
            kept.append(one)
            at += 1
    return "".join(kept)


def _after(end: int, length: int, text: str, at: int) -> int:
    if end < 0:
        raise ValueError(f"the text of line {text.count(chr(10), 0, at) + 1} does not end")
    return end + length


def unbalanced(code: str) -> Iterator[str]:
    """A sentence for each bracket that has no other."""
    waiting: list[str] = []
    for character in code:
        if character in PAIRS:
            waiting.append(PAIRS[character])
        elif character in PAIRS.values() and (not waiting or waiting.pop() != character):
            yield f"a {character} that nothing opened"
    yield from (f"a {bracket} is missing" for bracket in waiting)


@pytest.fixture(params=SCRIPTS, ids=lambda file: file.name)
def script(request: pytest.FixtureRequest) -> str:
    file: Path = request.param
    return file.read_text()


def test_texts_and_brackets_are_whole(script: str) -> None:
    assert list(unbalanced(code_of(script))) == []


@pytest.mark.parametrize("text", ["'it", '"a `" b', "@'\nlong\n' @"])
def test_a_text_that_does_not_end_is_found(text: str) -> None:
    with pytest.raises(ValueError, match="line 1 does not end"):
        code_of(text)


@pytest.mark.parametrize("text", ["if ($a) {", "(", "$a]", "{ ( } )"])
def test_a_bracket_without_another_is_found(text: str) -> None:
    assert list(unbalanced(code_of(text)))


def test_every_cmdlet_is_known(script: str) -> None:
    own = set(re.findall(r"^function ([\w-]+)", script, re.MULTILINE))
    assert set(_CMDLET.findall(code_of(script))) - own - KNOWN == set()


def test_the_first_error_ends_it(script: str) -> None:
    """PowerShell goes on after most errors unless it is told not to."""
    statements = [line for line in script.splitlines() if line and not line.startswith(("#", "param("))]
    assert statements[0] == "$ErrorActionPreference = 'Stop'"


def test_a_program_that_fails_is_noticed() -> None:
    """The error preference is about cmdlets; what a program leaves with has to be looked at."""
    for file in SCRIPTS:
        for line in file.read_text().splitlines():
            if re.match(r"\s*& (?:(icacls|reg)\.exe (?!unload)|\$python )", line):
                assert re.search(r"LASTEXITCODE", file.read_text().split(line)[1][:160]), f"{file.name}: {line}"


def test_the_password_is_made_at_boot_and_kept_nowhere_else() -> None:
    boot = next(file for file in SCRIPTS if file.name == "boot.ps1").read_text()
    assert "RandomNumberGenerator" in boot
    assert "[ElephantLsa]::Keep('DefaultPassword', $password)" in boot
    uses = [line.strip() for line in boot.splitlines() if "$password" in line and not line.strip().startswith("#")]
    assert uses == [
        "$password = New-Password",
        "$secret = ConvertTo-SecureString -AsPlainText -Force $password",
        "[ElephantLsa]::Keep('DefaultPassword', $password)",
    ]
    others = [file for file in SCRIPTS if file.name not in {"boot.ps1", "check-image.ps1"}]
    assert not any("LocalUser -" in file.read_text() or "AutoAdminLogon" in file.read_text() for file in others)


def test_the_metadata_service_is_for_system_alone() -> None:
    doors = next(file for file in SCRIPTS if file.name == "doors.ps1").read_text()
    rule = re.search(r"-LocalUser '([^']+)'", doors)
    assert rule is not None
    # an entry that denies comes first: whom it names the rule passes over
    assert rule[1] == "O:LSD:(D;;CC;;;S-1-5-18)(A;;CC;;;S-1-1-0)"
