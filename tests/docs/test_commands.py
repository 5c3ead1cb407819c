"""Every command in the documentation is run by a test, or is on the checklist of the first deployment.

A command that nobody runs goes wrong one day without anybody's notice. RUN_BY says which test runs which; what needs a
real account is in docs/aws-first-deploy.md, where somebody goes through it with their eyes open. Beyond that every
command has to be one: the words of `elephant` are parsed by the real program, those of `aws` by its service models.
"""

import ast
import re
import shutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer.main

from elephant.entrypoints.cli.main import app
from tests.support.aws_cli import call_of, problems_of
from tests.support.documents import GUIDES, ROOT, Command, commands_in_blocks, commands_in_lines

CHECKLIST = "docs/aws-first-deploy.md"
_COMMANDS = "tests/integration/entrypoints/cli/test_commands.py"
_HOSTS = "tests/integration/entrypoints/cli/test_hosts.py"
_UP = "tests/integration/entrypoints/cli/test_up.py"
_CERTS = "tests/integration/certificates/test_command.py"
_HERE = "tests/docs/test_commands.py"
_PACKAGES = "tests/integration/packages/test_packages.py"
_RUN_IT = "tests/docs/test_run_it.py"
_ISSUED = f"{_CERTS}::test_from_no_certificate_to_a_renewed_one"
RUN_BY: Mapping[str, str] = {
    r"make run( ARGS=.*)?": f"{_UP}::test_it_prints_the_host_page_serves_and_stops",
    r"make test( ARGS=.*)?": ".ci/run",
    r"make check": ".ci/run",
    r"make site": "tests/docs/test_site.py::test_every_page_is_built_and_can_be_reached_from_the_first",
    r"make docs": "tests/docs/test_site.py::test_the_figures_of_the_costs_are_worked_out",
    r"make package": f"{_PACKAGES}::test_another_checkout_and_nothing_kept_give_the_same_bytes",
    r"make reliability": "tests/resilience/aws/test_fault_matrix.py::test_the_page_says_what_was_found",
    r"make rehearsal": "tests/integration/packages/test_rehearsal.py::test_a_whole_meeting_leaves_nothing",
    # these change the tree or take their time: that make would know what to do is all that is looked at
    r"make (format|bench( BENCH=\w+)?|audit|lock|clean)": f"{_HERE}::test_a_target_of_make_is_there",
    r"elephant aws image( .*)?": "tests/integration/image/test_image_command.py::test_an_image_from_a_clone",
    r"elephant up": f"{_UP}::test_it_prints_the_host_page_serves_and_stops",
    r"elephant (--help|certs)": f"{_COMMANDS}::test_help",
    r"elephant doctor": f"{_COMMANDS}::test_doctor_on_this_machine",
    r"elephant doctor --aws": "tests/integration/aws/test_doctor.py::test_an_installation_that_is_well",
    r"elephant (schedule|meetings|show|cancel|extend)( .*)?": f"{_COMMANDS}::test_a_meeting_from_booking_to_cancelling",
    r"elephant hosts (add|list|token|remove)( .*)?": f"{_HOSTS}::test_a_host_from_the_first_token_to_the_last",
    r"elephant sweep --dry-run": f"{_COMMANDS}::test_a_dry_sweep_says_what_it_would_do",
    r"elephant sweep --force": f"{_COMMANDS}::test_a_sweep_with_nothing_to_do",
    r"elephant certs (issue( --force)?|renew|status)": _ISSUED,
    r"aws secretsmanager create-secret --name elephant/certificate": _ISSUED,
    # all but those that the checklist has, because moto has neither functions nor stacks here
    r"docs/run-it\.md: aws (?!logs tail|lambda|cloudformation).*": f"{_RUN_IT}::test_its_commands_do_what_they_say",
    r"curl -sS .*\$URL.*": "tests/integration/entrypoints/web/test_documented_examples.py::test_the_examples_work",
}
"""A command, as a pattern of the whole of it, and the test that runs it, or the gate that does."""

PASSED_ON = {"aws": "elephant.entrypoints.aws_cli.app", "certs": "elephant.entrypoints.aws_cli.certs"}
"""Commands that pass their words on to another program, and the module of that."""

BLOCKS = [command for page in GUIDES for command in commands_in_blocks(page)]
IN_BLOCKS = {str(command) for command in BLOCKS}
EVERYWHERE = [*BLOCKS, *(command for page in GUIDES for command in commands_in_lines(page))]


def unique(program: str) -> list[Command]:
    """The commands of one program, on whichever page first."""
    return list({str(each): each for each in reversed(EVERYWHERE) if each.words[0] == program}.values())


def is_meant(pattern: str, command: Command) -> bool:
    """Whether a pattern of RUN_BY means this command; one that begins with a page means those of that page."""
    text = f"{command.page}: {command}" if pattern.startswith("docs/") else str(command)
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def test_every_command_is_run_by_a_test_or_is_on_the_checklist() -> None:
    listed = {str(command) for command in BLOCKS if command.page == CHECKLIST}
    alone = [
        f"{each.page}: {each}"
        for each in BLOCKS
        if str(each) not in listed and not any(is_meant(pattern, each) for pattern in RUN_BY)
    ]
    assert alone == []


@pytest.mark.parametrize("pattern", RUN_BY)
def test_what_runs_it_is_there(pattern: str) -> None:
    file, _, name = RUN_BY[pattern].partition("::")
    text = (ROOT / file).read_text()
    if name:
        functions = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
        assert name in functions
    else:
        assert re.search(f"^make .*{pattern.partition('(')[0].split()[1]}", text, re.MULTILINE)


def test_no_pattern_is_there_for_nothing() -> None:
    assert [pattern for pattern in RUN_BY if not any(is_meant(pattern, each) for each in EVERYWHERE)] == []


@pytest.mark.parametrize("command", unique("make"), ids=str)
def test_a_target_of_make_is_there(command: Command) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert [word for word in command.words[1:] if "=" not in word and word not in targets] == []


@pytest.mark.parametrize("command", unique("elephant"), ids=str)
def test_the_program_knows_the_command_and_its_options(command: Command) -> None:
    words = list(command.words[1:])
    program: Any = typer.main.get_command(app)
    while words[:1] != ["--help"]:
        try:
            context = program.make_context("elephant", words)
        except Exception as error:
            # within a sentence a command may stand without what it needs
            if str(command) not in IN_BLOCKS and type(error).__name__ in {"MissingParameter", "NoArgsIsHelpError"}:
                return
            raise
        if not hasattr(program, "commands"):
            return
        name, program, words = program.resolve_command(context, [*context._protected_args, *context.args])
        if name in PASSED_ON:
            program = typer.main.get_command(import_module(PASSED_ON[name]).app)


@pytest.mark.parametrize("command", unique("aws"), ids=str)
def test_the_service_models_know_the_call(command: Command, tmp_path: Path) -> None:
    (tmp_path / "item.json").write_text('{"id": {"S": "abcdefghijklmnop"}}')
    (tmp_path / "infra").symlink_to(ROOT / "infra")
    shutil.copy(ROOT / "infra/rights/doctor.json", tmp_path)
    # what a reader has to put in has no shape of its own; an ARN and a UUID's length are what botocore looks at
    words = [re.sub(r"^[A-Z_]+_ARN$", "arn:aws:service:region:123456789012:name", word) for word in command.words[1:]]
    words = ["0" * 36 if word == "MAPPING_ID" else word for word in words]
    call = call_of(words, tmp_path)
    if str(command) in IN_BLOCKS:
        assert problems_of(call) == []
