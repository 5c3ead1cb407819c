"""`elephant aws deploy` over moto and a stand-in for CloudFormation."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from elephant.adapters.aws.buckets import Bucket
from elephant.adapters.aws.prices import instance_price_per_hour
from elephant.bootstrap import deployable, engineer_clients
from elephant.bootstrap.aws_deployment import STOPPED_BY_DESTROY, PageFile
from elephant.bootstrap.installation_file import read_installation, write_installation
from elephant.bootstrap.service import utc_now
from elephant.entrypoints.aws_cli import deploy, prices
from elephant.entrypoints.aws_cli.page_files import site_of
from elephant.ports.errors import Permanent, Temporary
from tests.support.cloudflare_stand_in import TOKEN
from tests.support.deployment_world import DeploymentWorld

pytestmark = pytest.mark.integration


@pytest.fixture
def ready(world: DeploymentWorld, few_pages: None) -> DeploymentWorld:
    world.decide()
    return world


@pytest.fixture
def deployed(ready: DeploymentWorld) -> DeploymentWorld:
    assert ready.deploy().exit_code == 0
    ready.cloudformation.calls.clear()
    return ready


def status_of(world: DeploymentWorld) -> str:
    return world.standing.status if world.standing else "gone"


def change(world: DeploymentWorld, grace_minutes: int = 20) -> None:
    """Decide something else, so that there is something to deploy."""
    kept = read_installation(world.file)
    write_installation(world.file, replace(kept, parameters={"GraceMinutes": str(grace_minutes)}))


# --- what it is for ---------------------------------------------------------------------------------------------------


def test_from_nothing_to_a_stack_with_its_pages_up(world: DeploymentWorld) -> None:
    begun = world.init()
    assert begun.exit_code == 0, begun.output
    done = world.deploy()
    assert done.exit_code == 0, done.output
    assert status_of(world) == "CREATE_COMPLETE"
    for url in (
        "https://pages.cloudfront.example",
        "https://api-",
        "auth.eu-central-1.amazoncognito.com",
        "cloudwatch",
    ):
        assert url in done.stdout
    assert "elephant certs issue" in done.stdout
    assert "admin-create-user --region eu-central-1 --user-pool-id eu-central-1_Pool" in done.stdout
    assert world.standing is not None
    bucket, s3 = world.standing.resources["PagesBucket"], world.client("s3")
    page = s3.get_object(Bucket=bucket, Key="index.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert page["CacheControl"] == "no-cache"
    assert b"https://api-" in page["Body"].read()
    script = next(each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"] if each["Key"].endswith(".js"))
    assert "immutable" in s3.get_object(Bucket=bucket, Key=script)["CacheControl"]
    invalidated = world.client("cloudfront").list_invalidations(DistributionId=world.standing.resources["Pages"])
    assert invalidated["InvalidationList"]["Quantity"] == 1


def test_what_is_deployed_lies_in_the_bucket_under_its_own_hash(deployed: DeploymentWorld) -> None:
    assert deployed.standing is not None
    bucket = f"{deployed.stack}-artifacts-123456789012-eu-central-1"
    used = set(re.findall(rf"CodeUri: s3://{bucket}/(packages/[0-9a-f]{{64}}\.zip)\n", deployed.standing.template))
    assert len(used) == 2
    assert "../build" not in deployed.standing.template
    s3 = deployed.client("s3")
    assert used < {each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert all(s3.head_object(Bucket=bucket, Key=key)["ContentLength"] for key in used)


def test_a_second_time_there_is_nothing_to_do(deployed: DeploymentWorld) -> None:
    done = deployed.deploy()
    assert done.exit_code == 0, done.output
    assert "no changes" in done.stdout
    assert "is there already: http-arm64.zip" in done.stdout
    assert "ExecuteChangeSet" not in deployed.cloudformation.calls
    assert deployed.standing is not None
    assert deployed.standing.change_sets == {}
    assert "host page:  https://pages.cloudfront.example" in done.stdout


def test_what_the_file_decides_is_deployed(deployed: DeploymentWorld) -> None:
    change(deployed)
    done = deployed.deploy()
    assert done.exit_code == 0, done.output
    assert status_of(deployed) == "UPDATE_COMPLETE"
    assert deployed.standing is not None
    assert deployed.standing.parameters["GraceMinutes"] == "20"
    assert "changes the stack" in done.stdout


def test_the_pages_are_told_whose_tokens_count(deployed: DeploymentWorld) -> None:
    assert deployed.standing is not None
    outputs, kept = deployed.outputs(deployed.standing), read_installation(deployed.file)
    ours = site_of(kept, outputs)
    assert ours.issuer == "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool"
    assert (ours.client_id, ours.token_url) == ("the-client", "")
    theirs = replace(kept, oidc_issuer="https://login.example.org/", oidc_audience=("a-client", "b"))
    without_pool = {name: each for name, each in outputs.items() if not name.startswith("Hosts")}
    assert site_of(theirs, without_pool).issuer == "https://login.example.org/"
    assert site_of(theirs, without_pool).client_id == "a-client"
    slower = replace(kept, parameters={"LaunchLeadMinutes": "25"})
    assert site_of(slower, outputs).policy.launch_lead.total_seconds() == 25 * 60


def test_old_files_of_the_pages_go_and_those_of_the_version_before_stay(
    ready: DeploymentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing goes that somebody else put there."""
    ready.stand_up()
    assert ready.standing is not None
    bucket, s3 = ready.standing.resources["PagesBucket"], ready.client("s3")
    folders = [f"static/{number:016x}/" for number in range(4)]
    versions = iter(folders)

    def one_more(folder: Path, *_: object) -> list[PageFile]:
        version = next(versions)
        path = folder / "file"
        path.write_text(f'<script src="/{version}host.js"></script>')
        return [PageFile(path, key, "text/html", "no-cache") for key in (f"{version}host.js", "index.html")]

    for key in ("static/host.js", "static/0123456789abcdef/a/b.js", "favicon.ico"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"somebody else's")
    monkeypatch.setattr(deploy, "page_files", one_more)
    monkeypatch.setattr(deploy, "utc_now", lambda: utc_now() + timedelta(days=2))

    def there() -> list[str]:
        listed = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        return [folder for folder in folders if f"{folder}host.js" in listed] + [
            key for key in listed if "host.js" not in key or key == "static/host.js"
        ]

    theirs = ["favicon.ico", "index.html", "static/0123456789abcdef/a/b.js", "static/host.js"]
    for _ in range(2):
        assert ready.deploy().exit_code == 0
    assert there() == [*folders[:2], *theirs]
    done = ready.deploy()
    assert "removed 1 files of older pages" in done.stdout
    assert there() == [*folders[1:3], *theirs]
    monkeypatch.setattr(Bucket, "written", refuse)
    kept = ready.deploy()
    assert (kept.exit_code, "old files of the pages stay: not you" in kept.stdout) == (0, True), kept.output
    assert there() == [*folders[1:], *theirs]


def test_no_right_is_named_that_it_does_not_need(ready: DeploymentWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over all that it ever does; that it needs no other is looked at wherever it runs."""
    for words in ("--dry-run", "--yes"):
        assert ready.deploy(words).exit_code == 0
    assert ready.standing is not None
    bucket = ready.standing.resources["PagesBucket"]
    versions = [f"static/{number:016x}/host.js" for number in range(3)]
    for key in versions[:2]:  # the newer one stays, as that of the version before
        ready.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")

    def newest(folder: Path, *_: object) -> list[PageFile]:
        (folder / "host.js").touch()
        return [PageFile(folder / "host.js", versions[2], "text/javascript", "no-cache")]

    monkeypatch.setattr(deploy, "page_files", newest)
    for name in STOPPED_BY_DESTROY:
        ready.client("lambda").put_function_concurrency(
            FunctionName=f"{ready.stack}-{name}", ReservedConcurrentExecutions=0
        )
    monkeypatch.setattr(deploy, "utc_now", lambda: utc_now() + timedelta(days=2))
    # as it is, with a price list that does not answer: the pages show no price then
    ready.environment["AWS_ENDPOINT_URL_PRICING"] = "http://127.0.0.1:9"
    monkeypatch.setattr(prices, "instance_price_per_hour", instance_price_per_hour)
    done = ready.deploy()
    assert done.exit_code == 0, done.output
    assert ready.unneeded("deploy") == []


def refuse(*_: object) -> None:
    raise Permanent("not you")


def test_a_price_is_a_parameter_of_the_stack_and_none_keeps_nobody_from_deploying(
    deployed: DeploymentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deployed.standing is not None
    assert deployed.standing.parameters["InstancePricePerHour"] == "0.1008"

    def look_up(*asked: object, **_: object) -> Decimal:
        assert isinstance(asked[-1], Path)
        assert asked[-1].parent.is_dir(), "or no price could be kept"
        return Decimal("1E+1")

    monkeypatch.setattr(prices, "instance_price_per_hour", look_up)
    done = deployed.deploy()
    assert done.exit_code == 0, done.output
    assert deployed.standing.parameters["InstancePricePerHour"] == "10", "as the template wants it written"

    def refuse(*_: object, **__: object) -> None:
        raise Temporary("the price list is away")

    monkeypatch.setattr(prices, "instance_price_per_hour", refuse)
    done = deployed.deploy()
    assert done.exit_code == 0, done.output
    assert "the price of m5.large cannot be found out, so pages show none: the price list is away" in done.stdout


# --- only looking -----------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_be_made_and_leaves_nothing(ready: DeploymentWorld) -> None:
    done = ready.deploy("--dry-run")
    assert done.exit_code == 0, done.output
    assert re.search(r"made +Meetings +AWS::DynamoDB::Table", done.stdout)
    assert "nothing was changed" in done.stdout
    assert ready.standing is None
    assert "ExecuteChangeSet" not in ready.cloudformation.calls


def test_a_dry_run_leaves_a_stack_as_it_is(deployed: DeploymentWorld) -> None:
    change(deployed)
    done = deployed.deploy("--dry-run")
    assert done.exit_code == 0, done.output
    assert re.search(r"changed +LaunchEc2 +AWS::Lambda::Function", done.stdout)
    assert status_of(deployed) == "CREATE_COMPLETE"
    assert deployed.standing is not None
    assert deployed.standing.change_sets == {}
    assert "DeleteStack" not in deployed.cloudformation.calls


def test_a_dry_run_does_not_delete_what_somebody_else_plans(ready: DeploymentWorld) -> None:
    assert ready.deploy("--dry-run").exit_code == 0
    ready.cloudformation.fault("DeleteChangeSet", "lose", times=0)
    kept = ready.cloudformation._delete_change_set
    try:
        ready.cloudformation._delete_change_set = lambda **_: {}  # type: ignore[method-assign]  # theirs stands
        assert ready.deploy("--dry-run").exit_code == 0
    finally:
        ready.cloudformation._delete_change_set = kept  # type: ignore[method-assign]
    assert status_of(ready) == "REVIEW_IN_PROGRESS"
    assert ready.deploy().exit_code == 0
    assert status_of(ready) == "CREATE_COMPLETE"


# --- what must not happen unasked -------------------------------------------------------------------------------------


def test_what_holds_data_is_replaced_only_on_demand(deployed: DeploymentWorld) -> None:
    change(deployed)
    deployed.cloudformation.replaced = {"Meetings", "SweepRole"}
    refused = deployed.run(
        "deploy", "--checkout", str(deployed.folder / "clone"), FORCE_COLOR="1", TERM="xterm", NO_COLOR=""
    )
    assert refused.exit_code == 1
    (line,) = [line for line in refused.stdout.splitlines() if "what it holds is lost" in line]
    assert "Meetings" in line
    assert "\x1b[31m" in line, "in red"
    assert "what Meetings hold would be lost" in refused.stderr
    assert status_of(deployed) == "CREATE_COMPLETE"
    done = deployed.deploy("--yes")
    assert done.exit_code == 0, done.output
    assert status_of(deployed) == "UPDATE_COMPLETE"


def test_another_accounts_credentials_are_refused(ready: DeploymentWorld) -> None:
    kept = read_installation(ready.file)
    write_installation(ready.file, replace(kept, account="999999999999"))
    done = ready.deploy()
    assert done.exit_code == 1
    assert "the installation is in 999999999999, and your credentials are of 123456789012" in done.stderr


# --- what is missing or wrong -----------------------------------------------------------------------------------------


def test_a_stack_of_somebody_else_by_that_name_is_not_changed(deployed: DeploymentWorld) -> None:
    assert deployed.standing is not None
    deployed.standing.parameters = {"Environment": "production"}
    for options in ((), ("--dry-run",), ("--yes",)):
        done = deployed.deploy(*options)
        assert done.exit_code == 1
        assert f"there is a stack {deployed.stack} already that is none of Elephant's" in done.stderr
    assert "CreateChangeSet" not in deployed.cloudformation.calls


def test_packages_that_are_not_built_are_named(ready: DeploymentWorld, tmp_path: Path, clone: Path) -> None:
    bare = tmp_path / "bare"
    (bare / "infra").mkdir(parents=True)
    (bare / "infra/template.yaml").write_text((clone / "infra/template.yaml").read_text())
    done = ready.run("deploy", "--checkout", str(bare))
    assert done.exit_code == 1
    assert (
        "build/lambdas/events-arm64.zip, build/lambdas/http-arm64.zip is not built yet: run `make package`"
        in done.stderr
    )


def test_a_folder_that_is_no_clone_is_refused(ready: DeploymentWorld, tmp_path: Path) -> None:
    done = ready.run("deploy", "--checkout", str(tmp_path))
    assert done.exit_code == 1
    assert "deploy from a clone" in done.stderr


def test_this_code_knows_its_own_clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clone: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert (deployable.find_checkout() / "pyproject.toml").is_file()
    installed = SimpleNamespace(__file__=str(tmp_path / "lib/site-packages/elephant/__init__.py"))
    monkeypatch.setattr(deployable, "elephant", installed)
    monkeypatch.chdir(clone)
    assert deployable.find_checkout() == clone


def test_without_a_file_and_without_answers_it_says_what_to_do(ready: DeploymentWorld) -> None:
    kept = read_installation(ready.file)
    write_installation(ready.file, replace(kept, image_id=""))
    lacking = ready.deploy()
    assert lacking.exit_code == 1
    assert "lacks image_id: run `elephant aws init`; `elephant aws image` makes an image" in lacking.stderr
    ready.file.unlink()
    missing = ready.deploy()
    assert missing.exit_code == 1
    assert "`elephant aws init` writes it" in missing.stderr


def test_a_parameter_that_the_template_does_not_know_is_named(ready: DeploymentWorld) -> None:
    kept = read_installation(ready.file)
    write_installation(ready.file, replace(kept, parameters={"GarceMinutes": "20"}))
    done = ready.deploy()
    assert done.exit_code == 1
    assert "GarceMinutes" in done.stderr
    assert ready.standing is None


def test_a_plan_that_cloudformation_refuses_leaves_no_stack(ready: DeploymentWorld) -> None:
    ready.cloudformation.fails = ("ChangeSet", "Requires a transform that this account may not use")
    done = ready.deploy()
    assert done.exit_code == 1
    assert "Requires a transform that this account may not use" in done.stderr
    assert ready.standing is None


# --- failing half way -------------------------------------------------------------------------------------------------


def test_a_creation_that_fails_says_what_failed_first_and_the_next_one_begins_anew(ready: DeploymentWorld) -> None:
    ready.cloudformation.fails = ("HostsSignIn", "Domain already exists")
    failed = ready.deploy()
    assert failed.exit_code == 1
    assert "What failed first: HostsSignIn (AWS::Made::Up): Domain already exists" in failed.stderr
    assert "`elephant aws deploy` makes it anew" in failed.stderr
    assert status_of(ready) == "ROLLBACK_COMPLETE"
    looked = ready.deploy("--dry-run")
    assert looked.exit_code == 1, "a dry run deletes nothing"
    assert status_of(ready) == "ROLLBACK_COMPLETE"
    done = ready.deploy()
    assert done.exit_code == 0, done.output
    assert "deletes the empty stack" in done.stdout
    assert status_of(ready) == "CREATE_COMPLETE"


def test_a_change_that_fails_leaves_what_ran_before(deployed: DeploymentWorld) -> None:
    change(deployed)
    deployed.cloudformation.fails = ("Sweep", "InsufficientPermissions")
    failed = deployed.deploy()
    assert failed.exit_code == 1
    assert "What failed first: Sweep (AWS::Made::Up): InsufficientPermissions" in failed.stderr
    assert "what ran before still runs" in failed.stderr
    assert status_of(deployed) == "UPDATE_ROLLBACK_COMPLETE"
    assert deployed.deploy().exit_code == 0
    assert status_of(deployed) == "UPDATE_COMPLETE"


def test_a_stack_that_no_deployment_can_change_has_a_way_out(deployed: DeploymentWorld) -> None:
    assert deployed.standing is not None
    for status, way_out in {
        "UPDATE_ROLLBACK_FAILED": f"aws cloudformation continue-update-rollback --stack-name {deployed.stack}",
        "DELETE_FAILED": "`elephant aws destroy`",
        "ROLLBACK_FAILED": "`elephant aws destroy`",
    }.items():
        deployed.standing.status = status
        done = deployed.deploy()
        assert done.exit_code == 1
        assert way_out in done.stderr
    assert "CreateChangeSet" not in deployed.cloudformation.calls


def test_it_waits_for_what_goes_on_already(deployed: DeploymentWorld) -> None:
    stack = deployed.standing
    assert stack is not None
    stack.status = "UPDATE_IN_PROGRESS"
    stack.steps.extend([lambda: None, lambda: None, lambda: stack.becomes("UPDATE_COMPLETE", "", "another")])
    done = deployed.deploy()
    assert done.exit_code == 0, done.output
    assert "waits until that is over" in done.stdout


@pytest.mark.parametrize("kind", ["throttle", "broken", "lose"])
def test_what_passes_is_passed_over(deployed: DeploymentWorld, kind: str) -> None:
    """In one deployment each, for the sake of time."""
    for number, operation in enumerate(
        ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeStacks", "DescribeStackEvents"]
    ):
        change(deployed, grace_minutes=20 + number)
        deployed.cloudformation.calls.clear()
        deployed.cloudformation.fault(operation, kind)
        done = deployed.deploy()
        assert done.exit_code == 0, (operation, done.output)
        assert status_of(deployed) == "UPDATE_COMPLETE", operation
        expected = 2 if operation == "ExecuteChangeSet" else 1
        assert deployed.cloudformation.calls.count("ExecuteChangeSet") == expected, operation


def test_a_network_that_is_away_for_minutes_ends_nothing(
    deployed: DeploymentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(deployed)
    monkeypatch.setattr(engineer_clients, "_ATTEMPTS", 1)
    assert deployed.deploy("--dry-run").exit_code == 0
    begun = deployed.cloudformation._execute_change_set

    def go_and_cut(**request: str) -> dict[str, object]:
        deployed.cloudformation.fault("DescribeStacks", "broken", times=20)
        return begun(**request)

    monkeypatch.setattr(deployed.cloudformation, "_execute_change_set", go_and_cut)
    done = deployed.deploy()
    assert done.exit_code == 0, done.output


def test_an_answer_that_never_comes_is_waited_for_no_longer_than_set(
    deployed: DeploymentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engineer_clients, "_ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(engineer_clients, "_ATTEMPTS", 2)
    deployed.cloudformation.fault("ListStackResources", "hang", times=2)
    deployed.cloudformation.fault("DescribeStacks", "hang", times=2)
    done = deployed.deploy()
    assert done.exit_code == 1
    assert "could not be reached just now" in done.stderr


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_what_it_says_or_writes(deployed: DeploymentWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="elephant")
    deployed.cloudformation.fails = ("Sweep", "told to")
    change(deployed)
    assert deployed.deploy().exit_code == 1
    assert deployed.deploy().exit_code == 0
    assert deployed.standing is not None
    said = (
        "\n".join(deployed.printed)
        + caplog.text
        + deployed.standing.template
        + json.dumps(deployed.standing.parameters)
    )
    written = [path.read_bytes() for path in deployed.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    for secret in (TOKEN, deployed.environment["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in said
        assert not any(secret.encode() in content for content in written)
