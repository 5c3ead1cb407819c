"""The script for Windows, as far as it can be read without PowerShell; the one for Linux is run elsewhere."""

import re

import pytest

from elephant.adapters.aws.user_data_certificate import WINDOWS_FOLDER, windows_certificate_script

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:certificate-AbCdEf"
PAIRS = {")": "(", "}": "{", "]": "["}


def without_texts(script: str) -> str:
    """The script with every text in single quotes taken out; fails where one does not end."""
    bare = re.sub(r"'(?:[^']|'')*'", "", script)
    assert "'" not in bare
    return bare


def test_every_bracket_and_every_text_ends() -> None:
    bare = without_texts(windows_certificate_script(ARN))
    # nothing of it is expanded, continued or left to a comment
    assert not set(bare) & set('"`#')
    stack: list[str] = []
    for sign in bare:
        if sign in PAIRS.values():
            stack.append(sign)
        elif sign in PAIRS:
            assert stack.pop() == PAIRS[sign]
    assert stack == []


def test_every_variable_is_set_before_it_is_read() -> None:
    bare = without_texts(windows_certificate_script(ARN))
    automatic = {"null", "ErrorActionPreference", "LASTEXITCODE"}
    seen: set[str] = set()
    for found in re.finditer(r"\$(\w+)( = | in )?", bare):
        if found[2]:
            seen.add(found[1])
        assert found[1] in seen | automatic, found[1]


def test_nobody_else_can_read_the_key_at_any_time() -> None:
    script = windows_certificate_script(ARN)
    order = [
        script.index(word)
        for word in ("icacls.exe $fresh /inheritance:r", "WriteAllText", "Move-Item", "Restart-Service")
    ]
    assert order == sorted(order)
    # the system and the administrators, whatever the language of the machine calls them
    assert re.findall(r"\*(S-[0-9-]+):F", script) == ["S-1-5-18", "S-1-5-32-544"]


def test_it_fetches_this_secret_and_writes_where_dcv_reads() -> None:
    script = windows_certificate_script(ARN)
    assert f"-SecretId '{ARN}' -Region 'eu-central-1'" in script
    assert f"$folder = '{WINDOWS_FOLDER}'" in script
    assert script.isascii()


@pytest.mark.parametrize("quote", ["'", "\u2018", "\u2019"])
def test_an_arn_is_no_command(quote: str) -> None:
    script = windows_certificate_script(f"arn:aws:x:eu:1:a{quote}; Remove-Item")
    assert f"a{quote}{quote}; Remove-Item'" in script
