"""What Elephant costs on AWS: prices that somebody looked up, what a meeting uses, and the sum, in US dollars."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from elephant.domain.timetable import Policy

HOURS_A_MONTH = Decimal(730)
SWEEPS_A_MONTH = HOURS_A_MONTH * 60


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of something costs, and where that was read."""

    usd: Decimal
    unit: str
    source: str


def _price(usd: str, unit: str, source: str) -> Price:
    return Price(Decimal(usd), unit, source)


LOOKED_UP = "2026-11-21"
REGION = "us-east-1"
_EC2 = "https://aws.amazon.com/ec2/pricing/on-demand/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
PRICES = {
    "m7i.large, Linux": _price("0.1008", "hour", _EC2),
    "the Windows licence of 2 vCPUs": _price("0.092", "hour", _EC2),
    "a public IPv4 address": _price("0.005", "hour", "https://aws.amazon.com/vpc/pricing/"),
    "disk, gp3": _price("0.08", "GB and month", "https://aws.amazon.com/ebs/pricing/"),
    "a snapshot": _price("0.05", "GB and month", "https://aws.amazon.com/ebs/pricing/"),
    "data out to the internet": _price("0.09", "GB", _EC2),
    "S3": _price("0.023", "GB and month", "https://aws.amazon.com/s3/pricing/"),
    "HTTP API": _price("0.000001", "request", "https://aws.amazon.com/api-gateway/pricing/"),
    "Lambda, calls": _price("0.0000002", "call", _LAMBDA),
    "Lambda, arm64": _price("0.0000133334", "GB and second", _LAMBDA),
    "DynamoDB, reading": _price("0.000000125", "unit of 4 KB", _DYNAMODB),
    "DynamoDB, writing": _price("0.000000625", "unit of 1 KB", _DYNAMODB),
    "a secret": _price("0.40", "month", "https://aws.amazon.com/secrets-manager/pricing/"),
    "an alarm": _price("0.10", "month", _CLOUDWATCH),
    "a metric of our own": _price("0.30", "month", _CLOUDWATCH),
    "logs": _price("0.50", "GB written", _CLOUDWATCH),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An example: what is set, and what is assumed where nothing sets it."""

    windows: bool = False
    disk_gb: Decimal = Decimal(30)
    out_gb_an_hour: Decimal = Decimal(1)
    recorded_gb_an_hour: Decimal = Decimal("0.5")
    recording_days: int = 365
    heartbeat_seconds: int = 10
    policy: Policy = field(default_factory=Policy)
    seats: int = 2
    alarms: int
    metrics: int = 4
    secrets: int = 3
    sweep_seconds: Decimal = Decimal(2)
    call_seconds: Decimal = Decimal("0.1")
    log_gb_a_month: Decimal = Decimal("0.2")
    image_gb: Decimal = Decimal(8)


def usd(name: str) -> Decimal:
    """The price of one unit."""
    return PRICES[name].usd


def desktop_hour(here: Installation) -> dict[str, Decimal]:
    """What one desktop costs in one hour, by what it is paid for, as long as nobody is at it."""
    parts = {"machine": usd("m7i.large, Linux")}
    if here.windows:
        parts["Windows"] = usd("the Windows licence of 2 vCPUs")
    parts["address"] = usd("a public IPv4 address")
    parts["disk"] = here.disk_gb * usd("disk, gp3") / HOURS_A_MONTH
    parts["heartbeats"] = Decimal(3600) / here.heartbeat_seconds * _heartbeat(here)
    return parts


def person_hour(here: Installation) -> dict[str, Decimal]:
    """What an hour of one person at it costs besides: the picture on its way, and the recording while it is kept."""
    months = Decimal(here.recording_days) / (365 / Decimal(12))
    return {
        "data out": here.out_gb_an_hour * usd("data out to the internet"),
        "recording": here.recorded_gb_an_hour * usd("S3") * months,
    }


def _heartbeat(here: Installation) -> Decimal:
    """One report of a desktop: a request, a call of a function with 1 GB, an item of 4 KB read and written."""
    return (
        usd("HTTP API")
        + usd("Lambda, calls")
        + here.call_seconds * usd("Lambda, arm64")
        + usd("DynamoDB, reading")
        + 4 * usd("DynamoDB, writing")
    )


def meeting(here: Installation, *, minutes: int, came: bool = True) -> Decimal:
    """What one meeting costs whose people stay for so many minutes, or to which nobody comes."""
    lead = _minutes(here.policy.launch_lead)
    # the recording is handed in half a minute after they left, and the machine takes as long to go
    running = lead + minutes + 1 if came else lead + _minutes(here.policy.safety_net)
    people = sum(person_hour(here).values(), Decimal(0)) * minutes / 60 if came else Decimal(0)
    return here.seats * (sum(desktop_hour(here).values(), Decimal(0)) * running / 60 + people)


def month(here: Installation) -> dict[str, Decimal]:
    """What the installation costs in a month without any meeting, by what it is paid for."""
    return {
        "the sweep, every minute": SWEEPS_A_MONTH
        * (usd("Lambda, calls") + here.sweep_seconds / 2 * usd("Lambda, arm64") + 16 * usd("DynamoDB, reading")),
        "alarms": here.alarms * usd("an alarm"),
        "metrics of our own": here.metrics * usd("a metric of our own"),
        "secrets": here.secrets * usd("a secret"),
        "logs": here.log_gb_a_month * usd("logs"),
        "an image's snapshot": here.image_gb * usd("a snapshot"),
    }


def knobs(here: Installation, *, minutes: int) -> Iterator[tuple[str, str, Decimal]]:
    """What can be set, to what, and what such a meeting costs then."""
    yield "as above", "", meeting(here, minutes=minutes)
    yield "`RecordingDays`", "30", meeting(replace(here, recording_days=30), minutes=minutes)
    yield "`Record`", "false", meeting(replace(here, recorded_gb_an_hour=Decimal(0)), minutes=minutes)
    early = replace(here.policy, launch_lead=timedelta(minutes=5))
    yield "`LaunchLeadMinutes`", "5", meeting(replace(here, policy=early), minutes=minutes)
    yield "an image of Windows", "", meeting(replace(here, windows=True, disk_gb=Decimal(50)), minutes=minutes)


def _minutes(span: timedelta) -> Decimal:
    return Decimal(int(span / timedelta(minutes=1)))
