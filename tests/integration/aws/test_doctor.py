"""`elephant doctor --aws` as an engineer runs it: all is well, or says what is not, or says that it does not know."""

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from elephant.bootstrap import aws_clients
from elephant.bootstrap.aws_clients import Clients
from elephant.entrypoints.cli.main import app
from tests.support.builders import a_certificate, a_meeting
from tests.support.cloudflare_stand_in import CloudflareStandIn
from tests.support.deployed_stack import DeployedStack
from tests.support.deployment_world import tags_of
from tests.support.ec2_quotas import VCPUS
from tests.support.engineer_calls import asking
from tests.support.engineer_rights import policies_of
from tests.support.function_rights import denied, unused

if TYPE_CHECKING:
    from tests.support.aws_server import AwsServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

Break = Callable[[DeployedStack], object]
EVERYTHING = [
    "credentials", "stack", "image", "vCPUs", "addresses", "records", "meetings", "table", "stream",
    "subnets", "security group", "zone", "certificate", "link secret", "sweep", "dead letters", "stream failures",
    "alarms", "machines",
]  # fmt: skip


_made: dict[object, Any] = {}
_make: Any = Clients._make


@pytest.fixture(autouse=True)
def _clients_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making them takes most of a run's time: those for the same place, with the same credentials, are shared."""

    def made_once(clients: Clients, service: str, *how: object) -> Any:  # noqa: ANN401  a client of any service
        names = ("AWS_ENDPOINT_URL", f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ACCESS_KEY_ID")
        which = (service, *how, clients._region, *map(os.environ.get, names))
        if which not in _made:
            _made[which] = _make(clients, service, *how)
        return _made[which]

    monkeypatch.setattr(Clients, "_make", made_once)
    # on a busy machine moto may take longer than people would wait
    for name in ("_ANSWER_SECONDS_OF_A_LOOK", "_ANSWER_SECONDS_OF_THE_TABLE"):
        monkeypatch.setattr(aws_clients, name, 30)


@pytest.fixture
def deployed(aws_server: "AwsServer", cloudflare: CloudflareStandIn) -> Iterator[DeployedStack]:
    quotas = dict(VCPUS)
    deployed = DeployedStack(aws_server, cloudflare)
    with deployed.formation:
        yield deployed
    VCPUS.clear()
    VCPUS.update(quotas)
    cloudflare.quota = 200
    assert deployed.formation.complaints == []


def run(deployed: DeployedStack, *words: str, **more: str) -> Result:
    told = ["doctor", "--aws", "--region", "eu-central-1", "--stack", deployed.name, *words]
    return CliRunner().invoke(app, told, env={**deployed.environment, **more})


def findings(done: Result) -> dict[str, Mapping[str, Any]]:
    return {each["what"]: each for each in json.loads(done.stdout)["findings"]}


def test_an_installation_that_is_well(deployed: DeployedStack) -> None:
    done = run(deployed, "--json")
    found = findings(done)
    assert [each for each in found.values() if not each["is_well"]] == []
    assert list(found) == EVERYTHING
    assert done.exit_code == 0
    assert found["vCPUs"]["says"].startswith("2 desktops would need 4 vCPUs at ")
    assert found["vCPUs"]["says"].endswith(" and the quota is 512")


def test_the_rights_that_are_named_are_enough_and_none_too_many(deployed: DeployedStack) -> None:
    book(deployed, 1)
    with asking(tags_of) as asked:
        assert run(deployed).exit_code == 0
        deployed.stack.parameters |= {"DnsProvider": "route53", "ZoneId": "Z0123456789ABCDEFGHIJ", "DnsSecretArn": ""}
        assert run(deployed).exit_code == 1, "there is no such zone"
    policies = policies_of("elephant doctor --aws", deployed.name)
    assert denied(asked, policies) == []
    assert unused(asked, policies) == []


def test_the_same_for_people(deployed: DeployedStack) -> None:
    deployed.cloudflare.quota = 10
    done = run(deployed)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert len(lines) == len(EVERYTHING)
    assert f"ok      stack: {deployed.name} is CREATE_COMPLETE" in lines
    (zone,) = [line for line in lines if line.startswith("missing")]
    assert zone.endswith("DnsRecordLimit promises 200 Deploy DnsRecordLimit=10, remove records, or take a larger plan.")


# --- each of them goes red --------------------------------------------------------------------------------------------


def book(deployed: DeployedStack, count: int) -> None:
    """So many meetings at the same time, in an hour."""
    at = datetime.now(UTC) + timedelta(hours=1)
    for number in range(count):
        deployed.meetings.create(
            replace(a_meeting(meet_time=at), id=f"m{number:015}", deadline=at + timedelta(hours=1))
        )


def stack_is(status: str) -> Break:
    return lambda deployed: setattr(deployed.stack, "status", status)


def image_is(**values: str) -> Break:
    def act(deployed: DeployedStack) -> None:
        for name, value in values.items():
            setattr(deployed.image, name, value)

    return act


def too_few_vcpus(deployed: DeployedStack) -> None:
    book(deployed, 3)
    VCPUS["L-1216C47A"] = 10.0


def little_room_for_records(deployed: DeployedStack) -> None:
    deployed.stack.parameters["DnsRecordLimit"] = "3"
    book(deployed, 2)


def damage_a_meeting(deployed: DeployedStack) -> None:
    book(deployed, 1)
    deployed.dynamodb.update_item(
        TableName=deployed.table_name,
        Key={"id": {"S": f"m{0:015}"}},
        UpdateExpression="SET deadline = :soon",
        ExpressionAttributeValues={":soon": {"S": "soon"}},
    )


def stop_the_stream(deployed: DeployedStack) -> None:
    deployed.dynamodb.update_table(TableName=deployed.table_name, StreamSpecification={"StreamEnabled": False})


def reader_is(**values: str) -> Break:
    """As if Lambda said this of what reads the stream."""

    def act(deployed: DeployedStack) -> None:
        said = deployed.stream_reader.get_configuration()
        deployed.stream_reader.get_configuration = lambda: {**said, **values}

    return act


def pause_the_reader(deployed: DeployedStack) -> None:
    deployed.functions.update_event_source_mapping(UUID=deployed.reader_id, Enabled=False)


def read_for_another_function(deployed: DeployedStack) -> None:
    deployed.functions.update_event_source_mapping(
        UUID=deployed.reader_id, FunctionName=deployed.make_function("another")
    )


def delete_the_reader(deployed: DeployedStack) -> None:
    deployed.functions.delete_event_source_mapping(UUID=deployed.reader_id)


def leave_the_stream_to_somebody_else(deployed: DeployedStack) -> None:
    stream = deployed.stream_reader.event_source_arn
    delete_the_reader(deployed)
    deployed.functions.create_event_source_mapping(
        FunctionName=deployed.make_function("statistics"), EventSourceArn=stream
    )


def read_a_stream_that_was_before(deployed: DeployedStack) -> None:
    """Turned off and on again, a table has another stream."""
    reader = deployed.stream_reader
    reader.event_source_arn = reader.event_source_arn.rpartition("/")[0] + "/2020-01-01T00:00:00.000"


def close_the_way_out(deployed: DeployedStack) -> None:
    deployed.ec2.delete_route(RouteTableId=deployed.main_routes, DestinationCidrBlock="0.0.0.0/0")


def own_routes_without_a_way_out(deployed: DeployedStack) -> None:
    routes = deployed.ec2.create_route_table(VpcId=deployed.vpc_id)["RouteTable"]["RouteTableId"]
    deployed.ec2.associate_route_table(RouteTableId=routes, SubnetId=deployed.subnet_id)


def let_in(protocol: str, port: int) -> Break:
    return lambda deployed: deployed.ec2.authorize_security_group_ingress(
        GroupId=deployed.security_group, IpProtocol=protocol, FromPort=port, ToPort=port, CidrIp="0.0.0.0/0"
    )


def keep_out_dcv(deployed: DeployedStack) -> None:
    deployed.ec2.revoke_security_group_ingress(
        GroupId=deployed.security_group, IpProtocol="tcp", FromPort=8443, ToPort=8443, CidrIp="0.0.0.0/0"
    )


def foreign_record(deployed: DeployedStack) -> None:
    name = f"i-0123456789abcdef0.{deployed.domain_root}"
    deployed.cloudflare.add_record(deployed.zone_id, name, "A", "192.0.2.1")


def full_zone(deployed: DeployedStack) -> None:
    deployed.cloudflare.quota = 100


def old_certificate(deployed: DeployedStack) -> None:
    deployed.certificate.keep(a_certificate(days_left=20, now=datetime.now(UTC)))


def short_link_secret(deployed: DeployedStack) -> None:
    deployed.secrets.put_secret_value(SecretId=deployed.resource("LinkSecret"), SecretString="short")


def no_sweep(deployed: DeployedStack) -> None:
    from moto.cloudwatch.models import cloudwatch_backends  # noqa: PLC0415  moto takes a second to import

    cloudwatch_backends["123456789012"]["eu-central-1"].metric_data.clear()
    deployed.sweep(datetime.now(UTC) - timedelta(minutes=30))


def message_in(queue: str) -> Break:
    return lambda deployed: deployed.sqs.send_message(QueueUrl=deployed.resource(queue), MessageBody="{}")


def raise_the_alarm(deployed: DeployedStack) -> None:
    deployed.metrics.set_alarm_state(
        AlarmName=f"{deployed.name}-sweep-silent", StateValue="ALARM", StateReason="silence"
    )


def delete_the_alarm(deployed: DeployedStack) -> None:
    deployed.metrics.delete_alarms(AlarmNames=[f"{deployed.name}-sweep-silent"])


def machine_of_no_meeting(deployed: DeployedStack) -> None:
    tags = {"Project": "Elephant", "Installation": deployed.name, "MeetingID": "nomeeting", "Role": "teacher"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    deployed.ec2.run_instances(
        ImageId=deployed.image_id,
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
    )


@pytest.mark.parametrize(
    ("what", "break_it", "says", "fix"),
    [
        ("stack", stack_is("UPDATE_ROLLBACK_COMPLETE"), "UPDATE_ROLLBACK_COMPLETE", "events"),
        ("stack", stack_is("UPDATE_IN_PROGRESS"), "UPDATE_IN_PROGRESS", "Wait"),
        ("image", image_is(architecture="arm64"), "m5.large, m5a.large, which cannot run ", "deploy"),
        ("image", image_is(state="pending"), "is pending: wait", "deploy"),
        ("vCPUs", too_few_vcpus, "6 desktops would need 12 vCPUs at ", "L-1216C47A"),
        ("addresses", lambda deployed: book(deployed, 6), "12 desktops would need 12 addresses at ", "subnets"),
        ("records", little_room_for_records, "4 desktops would need 4 records at ", "plan"),
        ("meetings", damage_a_meeting, "m000000000000000 is damaged", "Mend"),
        ("stream", stop_the_stream, "is off", "docs/run-it.md"),
        ("stream", pause_the_reader, "is Disabled", "update-event-source-mapping --uuid "),
        ("stream", reader_is(State="Creating"), "is Creating", "Wait"),
        ("stream", reader_is(LastProcessingResult="PROBLEM: Function call failed"), "(PROBLEM: Function call", "log"),
        ("stream", read_for_another_function, "-another and not to ", "-terminator`"),
        # their mapping is not ours to turn
        ("stream", leave_the_stream_to_somebody_else, "-statistics and not to ", "docs/run-it.md"),
        ("stream", delete_the_reader, "nothing reads the stream", "docs/run-it.md"),
        ("stream", read_a_stream_that_was_before, "nothing reads the stream", "docs/run-it.md"),
        ("subnets", close_the_way_out, "no route for 0.0.0.0/0 to an internet gateway", "deploy"),
        ("subnets", own_routes_without_a_way_out, "no route for 0.0.0.0/0 to an internet gateway", "deploy"),
        ("security group", let_in("tcp", 22), "lets in tcp 22 as well", "again"),
        ("security group", keep_out_dcv, "does not let in tcp 8443", "again"),
        ("zone", foreign_record, "carry no mark of ours", "Remove"),
        ("zone", full_zone, "room for 100 of ours, and DnsRecordLimit promises 200", "DnsRecordLimit=100"),
        ("certificate", old_certificate, "run `elephant certs renew`", ""),
        ("sweep", no_sweep, "none in 5 minutes", "log"),
        ("dead letters", message_in("DeadLetters"), "1 wait", "message"),
        ("stream failures", message_in("StreamFailures"), "1 wait", "message"),
        ("alarms", raise_the_alarm, "-sweep-silent raised", "descriptions"),
        ("alarms", delete_the_alarm, "-sweep-silent not there", "Deploy"),
        ("machines", machine_of_no_meeting, "run past their deadline", "sweep"),
    ],
)
def test_each_thing_is_said_to_be_missing_with_what_mends_it(
    deployed: DeployedStack, what: str, break_it: Break, says: str, fix: str
) -> None:
    break_it(deployed)
    done = run(deployed, "--json")
    found = findings(done)
    assert done.exit_code == 1
    assert not found[what]["is_well"]
    assert found[what]["is_known"]
    assert says in found[what]["says"]
    assert fix in found[what]["fix"]
    assert [each for each in found if not found[each]["is_well"]] == [what]


def test_a_secret_that_is_too_short_for_links_cannot_be_used(deployed: DeployedStack) -> None:
    short_link_secret(deployed)
    found = findings(run(deployed, "--json"))
    assert [each for each in found if not found[each]["is_well"]] == ["link secret"]
    assert "32 characters" in found["link secret"]["says"]


# --- and none is well because nobody answered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "unknown"),
    [
        ("DescribeStacks", {"stack"}),
        ("DescribeImages", {"image"}),
        ("DescribeInstanceTypes", {"image", "vCPUs"}),
        ("GetServiceQuota", {"vCPUs"}),
        ("DescribeSubnets", {"addresses", "subnets"}),
        ("DescribeRouteTables", {"subnets"}),
        ("DescribeSecurityGroups", {"security group"}),
        ("Query", {"capacity", "meetings", "machines"}),
        ("DescribeTable", {"table", "stream"}),
        ("ListEventSourceMappings", {"stream"}),
        ("GetMetricStatistics", {"sweep"}),
        ("GetQueueAttributes", {"dead letters", "stream failures"}),
        ("DescribeAlarms", {"alarms"}),
        ("DescribeInstances", {"machines"}),
        ("GetSecretValue", {"zone", "certificate", "link secret"}),
    ],
)
def test_what_cannot_be_looked_at_is_not_well(
    deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch, operation: str, unknown: set[str]
) -> None:
    api_call: Any = BaseClient.__dict__["_make_api_call"]

    def refuse(client: BaseClient, name: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401  any answer
        if name == operation:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, name)
        return api_call(client, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    done = run(deployed, "--json")
    found = findings(done)
    assert {each for each in found if not found[each]["is_well"]} == unknown
    assert done.exit_code == 1
    for each in unknown:
        assert not found[each]["is_known"]
        assert found[each]["says"].startswith("could not check: ")
        assert "not you" in found[each]["says"]


def test_a_token_that_the_zone_does_not_take(deployed: DeployedStack) -> None:
    deployed.secrets.put_secret_value(
        SecretId=deployed.dns_secret, SecretString=json.dumps({"CLOUDFLARE_TOKEN": "another"})
    )
    found = findings(run(deployed, "--json"))
    assert [each for each in found if not found[each]["is_well"]] == ["zone"]
    assert "Authentication error" in found["zone"]["says"]
    assert "another" not in found["zone"]["says"]


def test_a_service_that_never_answers_does_not_keep_the_others(
    deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_clients, "_ANSWER_SECONDS_OF_A_LOOK", 1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        done = run(deployed, "--json", AWS_ENDPOINT_URL_SQS=url)
    found = findings(done)
    assert {each for each in found if not found[each]["is_well"]} == {"dead letters", "stream failures"}
    assert "ReadTimeout" in found["dead letters"]["says"]


def test_a_look_that_breaks_hides_no_other(deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    from elephant.adapters.aws.inspection import Inspection  # noqa: PLC0415  to be broken

    def broken(_inspection: Inspection, _name: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Inspection, "table", broken)
    found = findings(run(deployed, "--json"))
    assert [each for each in found if not found[each]["is_well"]] == ["table", "stream"]
    assert found["table"]["says"] == "could not check: RuntimeError: a bug"


def test_no_such_stack(deployed: DeployedStack) -> None:
    done = CliRunner().invoke(
        app,
        ["doctor", "--aws", "--region", "eu-central-1", "--stack", "elsewhere", "--json"],
        env=deployed.environment,
    )
    found = findings(done)
    assert done.exit_code == 1
    assert list(found) == ["credentials", "stack"]
    assert "elsewhere does not exist" in found["stack"]["says"]
    assert "elephant aws deploy" in found["stack"]["fix"]


def test_no_credentials(deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    done = CliRunner().invoke(
        app,
        ["doctor", "--aws", "--region", "eu-central-1", "--stack", deployed.name, "--json"],
        env={"AWS_ENDPOINT_URL": deployed.server.url, "AWS_ENDPOINT_URL_CLOUDFORMATION": deployed.formation.url},
    )
    found = findings(done)
    assert (done.exit_code, list(found)) == (1, ["credentials"])
    assert "no AWS credentials" in found["credentials"]["says"]


def test_region_and_stack_come_from_the_file_of_the_installation(
    deployed: DeployedStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    nameless = CliRunner().invoke(app, ["doctor", "--aws"], env=deployed.environment)
    assert (nameless.exit_code, "which stack?" in nameless.output) == (2, True)
    (tmp_path / "elephant-aws.toml").write_text(f'region = "eu-central-1"\nstack = "{deployed.name}"\n')
    done = CliRunner().invoke(app, ["doctor", "--aws", "--json"], env=deployed.environment)
    assert list(findings(done)) == EVERYTHING
    (tmp_path / "elephant-aws.toml").write_text(
        f'region = "eu-central-1"\nstack = "{deployed.name}"\naccount = "210987654321"\n'
    )
    others = findings(CliRunner().invoke(app, ["doctor", "--aws", "--json"], env=deployed.environment))
    assert list(others) == ["credentials"]
    assert others["credentials"]["says"] == "of account 123456789012, and the installation is in 210987654321"
    (tmp_path / "elephant-aws.toml").write_text("region = \n")
    broken = CliRunner().invoke(app, ["doctor", "--aws"], env=deployed.environment)
    assert (broken.exit_code, "elephant-aws.toml cannot be read" in broken.output) == (1, True)


@pytest.mark.parametrize("words", [["--stack", "some"], ["--region", "some"], ["--aws", "--data-dir", "some"]])
def test_options_that_do_not_go_together(words: list[str]) -> None:
    assert CliRunner().invoke(app, ["doctor", *words]).exit_code == 2
