"""One setting of DCV's configuration changes, and nothing else does."""

import configparser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.agent.ec2.dcv_conf import set_verifier, with_setting

KEY = "auth-token-verifier"
URL = "https://api.example/dcv/auth/i-0123"
LINE = f'{KEY}="{URL}"'


def edited(content: str, url: str = URL) -> str:
    return with_setting(content, "security", KEY, url)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"[security]\n{LINE}\n"),
        ("[log]\nlevel=info", f"[log]\nlevel=info\n[security]\n{LINE}\n"),
        ('[security]\n#auth-token-verifier="x"\na=1\n', f'[security]\n{LINE}\n#auth-token-verifier="x"\na=1\n'),
        (f'[security]\na=1\n{KEY} = "old"\n[log]\n', f"[security]\na=1\n{LINE}\n[log]\n"),
        (f"[security]\n{KEY}=1\nb=2\n{KEY}=2\n", f"[security]\n{LINE}\nb=2\n"),
        (f"[other]\n{KEY}=1\n", f"[other]\n{KEY}=1\n[security]\n{LINE}\n"),
        (f"[security]\r\n{KEY}=1\r\n", f"[security]\r\n{LINE}\r\n"),
    ],
)
def test_the_setting_is_put_in_its_place(before: str, after: str) -> None:
    assert edited(before) == after


lines = st.sampled_from(
    [
        "[security]",
        "[log]",
        " [security] ",
        f"{KEY}=old",
        f'{KEY} = "x"',
        f"#{KEY}=x",
        "",
        "a=1",
        "# é",
        "\x0b",
        "[",
        "=",
    ]
) | st.text(alphabet=st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=20)
files = st.lists(lines, max_size=12).map("\n".join)


@given(files, st.sampled_from([URL, "https://b", 'with "quotes" and \\']))
def test_once_is_enough_and_foreign_lines_stay_in_order(content: str, url: str) -> None:
    once = edited(content, url)
    assert edited(once, url) == once

    def foreign(text: str) -> list[str]:
        return [
            line
            for line in text.split("\n")
            if line.strip() not in {"", "[security]"} and not line.strip().startswith(KEY)
        ]

    assert foreign(once) == foreign(content)


@given(st.lists(st.sampled_from(["[security]", "[log]", f"{KEY}=old", f"#{KEY}=x", "a=1", "b=2"]), max_size=12))
def test_whoever_reads_the_file_finds_the_setting_once(listed: list[str]) -> None:
    reader = configparser.ConfigParser(strict=False, interpolation=None)
    once = edited("\n".join(["[first]", *listed]))
    reader.read_string(once)
    assert reader["security"][KEY] == f'"{URL}"'
    assert once.split("\n").count(LINE) == 1


def test_the_file_keeps_its_mode_and_is_left_alone_the_second_time(tmp_path: Path) -> None:
    path = tmp_path / "dcv.conf"
    path.write_bytes(b"[security]\n# \xff is no UTF-8\n")
    path.chmod(0o640)
    changes: list[str] = []
    set_verifier(str(path), URL, lambda: changes.append("change"))
    assert path.read_bytes() == f"[security]\n{LINE}\n".encode() + b"# \xff is no UTF-8\n"
    assert path.stat().st_mode & 0o777 == 0o640
    written = path.stat().st_mtime_ns
    set_verifier(str(path), URL, lambda: changes.append("change"))
    assert (changes, path.stat().st_mtime_ns) == (["change"], written)


REG = r"""#!/bin/sh
printf '%s\n' "$*" >> '{here}/calls'
case "$1" in
query)
    [ -f '{here}/value' ] || exit 1
    printf '\r\n%s\r\n    auth-token-verifier    REG_SZ    %s\r\n\r\n' "$2" "$(cat '{here}/value')";;
add) printf %s "$8" > '{here}/value';;
esac
"""


def test_on_windows_it_is_a_value_in_the_registry(tmp_path: Path) -> None:
    reg = tmp_path / "reg"
    reg.write_text(REG.replace("{here}", str(tmp_path)))
    reg.chmod(0o755)
    key = r"HKEY_USERS\S-1-5-18\Software\GSettings\com\nicesoftware\dcv"
    changes: list[str] = []
    for _ in range(2):
        set_verifier(key, URL, lambda: changes.append("change"), reg=str(reg))
    assert changes == ["change"]
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [
        rf"query {key}\security /v {KEY}",
        rf"add {key}\security /v {KEY} /t REG_SZ /d {URL} /f",
        rf"query {key}\security /v {KEY}",
    ]
    reg.write_text("#!/bin/sh\nexit 5\n")
    with pytest.raises(OSError, match="reg add ended with 5"):
        set_verifier(key, URL, lambda: None, reg=str(reg))
