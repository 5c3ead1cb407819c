"""No function imports what it does not use: in Lambda each import is paid for at every cold start.

How long it takes is measured by benchmarks/measure_cold_start.py; here nothing depends on a clock.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import sent_events
from tests.support.aws_installation import DOMAIN_ROOT, AwsInstallation
from tests.support.builders import at
from tests.support.cold_start import EVENT_FUNCTIONS, SETTINGS, importing, up_to_the_first_call
from tests.support.lambda_runtime import run_bare

# The web framework, the other mode's store, the command line: nothing of these serves an event.
NEVER = {"fastapi", "jinja2", "pydantic", "rich", "sqlite3", "starlette", "typer", "uvicorn"}
NEVER_OURS = ("elephant.adapters.embedded", "elephant.adapters.memory", "elephant.agent", "elephant.entrypoints.web")
# Providers of DNS, and the signing of keys: only when they are used, which is after a first call at the soonest.
NOT_YET = {"dns", "httpx", "itsdangerous"}
PROGRAMS = {"import": importing, "up to the first call": up_to_the_first_call}


def top_level(modules: list[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("function", EVENT_FUNCTIONS)
def test_an_event_function_has_nothing_that_it_does_not_use(
    function: str, program: Callable[[str], str], unpacked: dict[str, Path]
) -> None:
    # The http bundle holds all of what must not be imported; in the other one most of it could not be.
    modules = run_bare(program(function), unpacked["http"], SETTINGS).split()
    assert "botocore" in top_level(modules)
    assert sorted(top_level(modules) & (NEVER | NOT_YET)) == []
    assert [module for module in modules if module.startswith(NEVER_OURS)] == []


@pytest.mark.parametrize(("provider", "library"), [("cloudflare", "httpx"), ("route53", "")])
def test_only_the_library_of_the_provider_in_use_is_imported(
    provider: str, library: str, unpacked: dict[str, Path], installation: AwsInstallation
) -> None:
    """The watchdog's whole run: an instance that EC2 knows nothing of may still have a record of ours."""
    settings = {**installation.environment, "DNS_PROVIDER": provider}
    if provider == "route53":
        zone = installation.server.client("route53").create_hosted_zone(Name=DOMAIN_ROOT, CallerReference="once")
        settings["ZONE_ID"] = zone["HostedZone"]["Id"].rpartition("/")[2]
    event = sent_events.state_change("i-0123456789abcdef0", "terminated", at(0))
    code = (
        "import json, sys; from elephant.entrypoints.lambdas.dns_watchdog import handler;"
        f"handler(json.loads({json.dumps(event)!r}), None); print(*sys.modules)"
    )
    modules = run_bare(code, unpacked["events"], settings).split()
    assert top_level(modules) & NOT_YET == {library} - {""}
