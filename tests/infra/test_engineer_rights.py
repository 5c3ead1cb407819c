"""The policies of infra/rights, as they are written; that they fit the calls the tests of each command show."""

import json
from typing import Any

import pytest
import typer.main

from elephant.entrypoints.aws_cli.app import app
from tests.support.engineer_rights import COMMANDS, FOLDER, PAGE, allowed_by_aws, document, policy
from tests.support.iam import grants
from tests.support.service_authorization import avoidable_wildcards, kinds_of_resource
from tests.support.stack import translated

FILES = sorted(path.stem for path in FOLDER.iterdir())
LONGEST = 6144
"""Characters that a managed policy may have, white space aside (IAM User Guide, "IAM and AWS STS quotas")."""


def test_every_file_is_some_command_s() -> None:
    assert sorted({each for names in COMMANDS.values() for each in names}) == FILES


def test_every_command_that_asks_aws_has_one() -> None:
    program: Any = typer.main.get_command(app)
    has = {words[2] for words in map(str.split, COMMANDS) if words[1] == "aws"}
    assert has == set(program.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_there_twice(command: str) -> None:
    allowed = [grant for name in COMMANDS[command] for grant in grants([policy(name)])]
    assert [grant for grant in allowed if allowed.count(grant) > 1] == []


@pytest.mark.parametrize("name", FILES)
def test_iam_takes_it(name: str) -> None:
    assert len("".join(json.dumps(policy(name, "a-stack-with-a-long-name")).split())) <= LONGEST
    for grant in grants([policy(name)]):
        assert kinds_of_resource(grant.action) or grant.resource == "*", grant


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_wider_than_it_has_to_be(name: str) -> None:
    # which of the account's stacks name an image cannot be asked of one stack
    meant = ["cloudformation:DescribeStacks"] if name in {"image-prune", "destroy-images"} else []
    assert avoidable_wildcards([policy(name)]) == meant


def test_every_kind_of_resource_says_what_it_takes() -> None:
    for kind in {each["Type"] for each in translated()["Resources"].values()}:
        service = kind.split("::")[1].lower()
        prefixes = {"apigatewayv2": "apigateway", "cognito": "cognito-idp"}
        assert any(each.startswith(f"{prefixes.get(service, service)}:") for each in allowed_by_aws(kind)), kind


def test_the_tables_on_the_page_are_those_that_follow() -> None:
    text = PAGE.read_text()
    assert text == document(text), "make docs"
