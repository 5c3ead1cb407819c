"""The functions on AWS, put together: DynamoDB, EC2, EventBridge Scheduler, and a zone at some provider."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from elephant.adapters.aws.certificate_secret import CertificateSecret
from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.dynamodb_ledger import DynamoLedger
from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.adapters.aws.limits import Ec2Limits, LimitSettings
from elephant.adapters.aws.s3 import S3Uploads
from elephant.adapters.aws.s3_recordings import S3Recordings
from elephant.adapters.aws.scheduler import SchedulerAlarms
from elephant.adapters.aws.schedules import SchedulerSettings
from elephant.adapters.aws.secrets import Secrets
from elephant.adapters.aws.stream_images import StreamImages
from elephant.adapters.dns.zone_addresses import ZoneAddresses
from elephant.adapters.threads import ThreadOverlap
from elephant.bootstrap import service as services
from elephant.bootstrap.aws_clients import Clients
from elephant.bootstrap.aws_parts import Part
from elephant.bootstrap.aws_settings import AwsSettings, read_aws_settings
from elephant.bootstrap.aws_user_data import UserData
from elephant.bootstrap.aws_zone import open_zone
from elephant.bootstrap.certificate_watch import CertificateWatch
from elephant.bootstrap.late import Late, LateMachines, LatePasses, LateSeatKeys, LateZone
from elephant.bootstrap.service import Service
from elephant.domain.capacity import Outlook
from elephant.domain.certificate import Certificate
from elephant.domain.meeting import Meeting
from elephant.ports.errors import Permanent
from elephant.ports.keys import SeatKeys
from elephant.ports.overlap import Overlap
from elephant.ports.passes import Passes
from elephant.ports.recordings import RecordingLinks
from elephant.ports.uploads import Uploads
from elephant.ports.zone import Zone
from elephant.usecases.check_capacity import Look, look_at_capacity

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

SHORTEST_LINK_SECRET = 32

utc_now = services.utc_now
"""The clock of every function; looked up at each call, so that a test may put another in its place."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aws:
    """One installation on AWS, as one process of a function sees it; equal to itself alone."""

    settings: AwsSettings
    service: Service
    stream_images: StreamImages
    seat_keys: Late[SeatKeys]
    signed_passes: Late[Passes]
    ec2_machines: Late[Ec2Machines]
    recordings: RecordingLinks
    certificate_watch: CertificateWatch
    read_certificate: Callable[[], Certificate | None]
    uploads: Uploads

    def fetch_link_secret(self) -> None:
        """Make sure that links can be made, before anything is written that would have to be given out by link.

        Costs a call the first time of a process. Raises Temporary and Permanent.
        """
        self.seat_keys()

    def prepare_launch(self) -> None:
        """Read what every launch of this process needs, image and link secret, beside whatever comes before one.

        Costs two calls at once the first time of a process. Raises Temporary and Permanent.
        """
        self.service.overlap([self._read_image, self._read_link_secret])

    def _read_image(self) -> None:
        self.ec2_machines().prepare()

    def _read_link_secret(self) -> None:
        self.signed_passes()


def build_aws(
    settings: AwsSettings, clock: Callable[[], datetime] | None = None, clients: Clients | None = None
) -> Aws:
    """Choose the adapters. Nothing is called, and no client made, before it is used; `clock` is `utc_now` if None.

    Parts whose settings are missing raise Permanent, with their names, when they are used; see `prepare`.
    """
    clients = clients or Clients()
    secrets = Secrets(clients.secrets)
    seat_keys = Late(_seat_keys(settings, secrets))
    meetings = DynamoMeetings(clients.dynamodb, settings.table_name, policy=settings.policy)
    signed_passes = Late(_passes(settings, secrets))
    ec2_machines = Late(lambda: Ec2Machines(clients.ec2, _ec2_settings(settings, signed_passes)))
    overlap, now = ThreadOverlap(), clock or _now
    service = Service(
        meetings=meetings,
        ledger=DynamoLedger(clients.dynamodb, settings.table_name, meetings, policy=settings.policy, overlap=overlap),
        machines=LateMachines(Late(ec2_machines)),
        addresses=ZoneAddresses(LateZone(Late(_zone(settings, secrets, clients))), settings.domain_root),
        alarms=SchedulerAlarms(clients.scheduler, clients.functions, _scheduler_settings(settings)),
        keys=LateSeatKeys(seat_keys),
        passes=LatePasses(signed_passes),
        policy=settings.policy,
        # The functions serve no pages of ours; links lead to the first of the frontend's.
        public_url="",
        frontend_base_urls=settings.frontend_base_urls,
        call_url=f"https://{settings.jitsi_domain}/" if settings.jitsi_domain else "",
        host_token=settings.host_token,
        on_written=_leave_to_the_stream,
        now=now,
        overlap=overlap,
        look_at_capacity=_capacity(settings, clients, overlap, now),
        price_per_hour=settings.price_per_hour,
    )
    return Aws(
        settings=settings,
        service=service,
        stream_images=StreamImages(meetings, settings.policy),
        seat_keys=seat_keys,
        signed_passes=signed_passes,
        ec2_machines=ec2_machines,
        recordings=S3Recordings(clients.s3, settings.recordings_bucket),
        certificate_watch=CertificateWatch(
            _certificate_reader(settings, clients.secrets_in_passing) if settings.certificate_secret_arn else None
        ),
        read_certificate=_certificate_reader(settings, clients.secrets),
        uploads=S3Uploads(clients.s3, settings.recordings_bucket, overlap),
    )


@functools.cache
def aws() -> Aws:
    """This process's installation, out of the environment; raises Permanent that names every malformed setting."""
    return build_aws(read_aws_settings(os.environ))


def prepare(*parts: Part) -> bool:
    """On Lambda, put everything together now, so that a deployment shows what is missing; elsewhere return False.

    A handler's module calls this when it is imported, which Lambda does before the first event. Raises Permanent that
    names every setting that is malformed, or missing and wanted by these parts.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return False
    read_aws_settings(os.environ, parts)
    aws()
    return True


def _now() -> datetime:
    return utc_now()


def _leave_to_the_stream(_meeting: Meeting) -> None:
    """The table's stream calls the terminator."""


def _ec2_settings(settings: AwsSettings, passes: Callable[[], Passes]) -> Ec2Settings:
    return Ec2Settings(
        image_id=settings.ami_id,
        instance_types=settings.instance_type,
        key_name=settings.key_name,
        instance_profile=settings.iam_profile,
        security_group_ids=settings.security_group_ids,
        subnet_ids=settings.subnet_ids,
        installation=settings.installation,
        user_data_for=UserData(settings, passes),
    )


def _capacity(settings: AwsSettings, clients: Clients, overlap: Overlap, now: Callable[[], datetime]) -> Look:
    """Through clients of its own: whoever books waits for its answer, and would rather do without than wait long."""
    meetings = DynamoMeetings(clients.dynamodb_in_passing, settings.table_name, policy=settings.policy)
    limits = Ec2Limits(clients.ec2_in_passing, clients.quotas_in_passing, limit_settings(settings), overlap)

    def look() -> Outlook:
        return look_at_capacity(meetings=meetings, limits=limits, policy=settings.policy, now=now(), overlap=overlap)

    return look


def limit_settings(settings: AwsSettings) -> LimitSettings:
    """Where to look for what there is."""
    return LimitSettings(
        instance_types=settings.instance_type,
        subnet_ids=settings.subnet_ids,
        record_limit=settings.dns_record_limit,
    )


def _scheduler_settings(settings: AwsSettings) -> SchedulerSettings:
    return SchedulerSettings(
        launcher_arn=settings.launcher_arn,
        safety_net_arn=settings.safety_net_arn,
        role_arn=settings.scheduler_role_arn,
        group_name=settings.schedule_group,
        dead_letter_arn=settings.dead_letter_arn,
    )


def _zone(settings: AwsSettings, secrets: Secrets, clients: Clients) -> Callable[[], Zone]:
    def make() -> Zone:
        settings.require(Part.ADDRESSES)
        return open_zone(settings, lambda: secrets.text(settings.secret_arn, setting="SECRET_ARN"), clients.route53)

    return make


def _certificate_reader(settings: AwsSettings, client: "SecretsManagerClient") -> Callable[[], Certificate | None]:
    """Reads what is kept by one call; without a secret to keep it in there is none."""
    if not settings.certificate_secret_arn:
        return lambda: None
    return CertificateSecret(client, settings.certificate_secret_arn).read_current


def _link_secret(settings: AwsSettings, secrets: Secrets) -> str:
    settings.require(Part.KEYS)
    secret = secrets.text(settings.link_secret_arn, setting="LINK_SECRET_ARN")
    if len(secret) < SHORTEST_LINK_SECRET:
        raise Permanent(f"the secret in LINK_SECRET_ARN must have {SHORTEST_LINK_SECRET} characters or more")
    return secret


def _seat_keys(settings: AwsSettings, secrets: Secrets) -> Callable[[], SeatKeys]:
    def make() -> SeatKeys:
        secret = _link_secret(settings, secrets)
        from elephant.adapters.signing import SignedSeatKeys  # noqa: PLC0415  only those who sign, and no sooner

        return SignedSeatKeys(secret)

    return make


def _passes(settings: AwsSettings, secrets: Secrets) -> Callable[[], Passes]:
    def make() -> Passes:
        secret = _link_secret(settings, secrets)
        from elephant.adapters.signing import SignedPasses  # noqa: PLC0415  only those who sign, and no sooner

        return SignedPasses(secret)

    return make
