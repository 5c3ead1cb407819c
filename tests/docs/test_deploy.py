"""docs/deploy.md has every line of the installation's file, and names no parameter that the template does not have."""

import re
from dataclasses import fields

import pytest

from elephant.bootstrap.installation_file import Installation
from tests.support.documents import DOCS, code_of
from tests.support.stack import template

KEYS = {each.name for each in fields(Installation)} - {"parameters", "said"}


def test_every_key_of_the_file_is_in_the_table_and_no_other() -> None:
    rows = re.findall(r"^\| (`[a-z].*?) \|", (DOCS / "deploy.md").read_text(), re.MULTILINE)
    assert sorted(re.findall(r"`([a-z0-9_]+)`", " ".join(rows))) == sorted(KEYS)


@pytest.mark.parametrize("page", ["costs", "deploy", "run-it", "aws-first-deploy"])
def test_parameters_and_outputs_are_the_template_s(page: str) -> None:
    named = {
        word for text in code_of(DOCS / f"{page}.md")[1] for word in re.findall(r"^[A-Z][a-z]+(?:[A-Z][a-z]*)+", text)
    }
    known = {*template()["Parameters"], *template()["Outputs"]}
    elsewhere = {
        "AccessDenied", "ActionsFailed", "AuthorizationType", "ChecksumSHA", "ConcurrentExecutions", "DnsRecords",
        "LastProcessingResult", "MachinesPastDeadline", "MeetingID", "OptimizationStatus", "StartingPosition",
        "StatusCode", "TerminateInstances", "UnauthorizedOperation",
    }  # fmt: skip
    assert named - known - elsewhere == set()
