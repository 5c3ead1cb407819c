"""What the tools say of the stack's template."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.support.stack import REGION, TEMPLATE, translated

ROOT = TEMPLATE.parents[1]


def lint(directory: Path, text: str) -> str:
    """What cfn-lint prints about a template."""
    # The packages are made by `make package`; that they are there is not the template's business.
    for bundle in ("events", "http"):
        (directory / f"{bundle}-arm64.zip").touch()
    file = directory / "template.yaml"
    file.write_text(text.replace("../build/lambdas/", "./"))
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", REGION, "--", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_cfn_lint_has_nothing_to_say_about_the_template(tmp_path: Path) -> None:
    assert lint(tmp_path, TEMPLATE.read_text()) == ""


def test_cfn_lint_has_nothing_to_say_about_what_sam_makes_of_it(tmp_path: Path) -> None:
    assert lint(tmp_path, json.dumps(translated())) == ""


def test_cfn_lint_would_say_something(tmp_path: Path) -> None:
    assert "PAY_PER_WISH" in lint(tmp_path, TEMPLATE.read_text().replace("PAY_PER_REQUEST", "PAY_PER_WISH"))


def test_every_check_of_checkov_that_is_left_out_has_its_reason_above_it() -> None:
    lines = (ROOT / "infra/checkov.yaml").read_text().partition("skip-check:\n")[2].splitlines()
    assert lines
    reason = ""
    for line in lines:
        if line.lstrip().startswith("# "):
            reason = line
        else:
            assert re.fullmatch(r"  - CKV2?_AWS_\d+", line), line
            assert reason, f"{line} has no reason"
    assert not re.search(r"ignore_checks|checkov:skip|checkov:\n", TEMPLATE.read_text()), "suppressions have one place"
