"""What `elephant doctor --aws` looks at, one function for each thing; each may raise Temporary and Permanent."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from elephant.adapters.aws.inspection import StreamReader
from elephant.bootstrap.aws_inspection import Deployment
from elephant.domain.capacity import Limit, Peak, demand, has, passed, peaks_over, window_of
from elephant.domain.certificate import days_left, expiry_warning
from elephant.domain.meeting import DEFAULT_ROLES
from elephant.domain.reconcile import past_deadline
from elephant.entrypoints.cli.findings import Finding
from elephant.entrypoints.lambdas.sweep_metrics import DIMENSION, NAMESPACE
from elephant.ports.errors import ElephantError, InvalidField
from elephant.ports.meetings import as_far_as_readable

logger = logging.getLogger(__name__)

Check = Callable[[Deployment, datetime], Finding]

_SWEPT_WITHIN = timedelta(minutes=5)
_DCV_PORTS = {"tcp 8443", "udp 8443"}
_ENOUGH_LINES = 10
_READER = "TerminatorWritten"
"""What SAM calls the mapping of the terminator's event `Written` ("Generated CloudFormation resources")."""
_READ_WELL = {"", "OK", "No records processed"}
"""Of LastProcessingResult; no page of AWS's lists what else it may say, so everything else is told."""


def _well(what: str, says: str) -> Finding:
    return Finding(what, is_well=True, says=says)


def _missing(what: str, says: str, fix: str) -> Finding:
    return Finding(what, is_well=False, says=says, fix=fix)


def unknown(what: str, error: Exception) -> Finding:
    """For what could not be looked at."""
    return Finding(what, is_well=False, says=f"could not check: {error}", is_known=False)


def stack(found: Deployment, _now: datetime) -> Finding:
    """Whether CloudFormation is through with it, and did what was last asked."""
    says = f"{found.name} is {found.stack.status}"
    if found.stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
        return _well("stack", says)
    if found.stack.status.endswith("IN_PROGRESS"):
        return _missing("stack", says, "Wait until it is done, and look again.")
    return _missing("stack", says, "The stack's events in CloudFormation say what failed; then deploy again.")


def image(found: Deployment, _now: datetime) -> Finding:
    """Whether machines can start from it, on the processors that the instance types have."""
    found.require_image()
    return _well("image", f"{found.settings.ami_id}, for {', '.join(found.settings.instance_type)}")


def capacity(found: Deployment, now: datetime) -> list[Finding]:
    """The peak of all booked meetings against each limit, of one meeting at least."""
    meetings, _ = as_far_as_readable(found.aws.service.meetings.open_meetings)
    windows = [window_of(each, found.settings.policy) for each in meetings]
    alone = Peak(len(DEFAULT_ROLES), now)
    peak = max(peaks_over(windows) or alone, alone, key=lambda each: each.desktops)
    running = sum(window.running for window in windows)
    return [_room(limit, peak, running) for limit in found.limits.read(now)]


def _room(limit: Limit, peak: Peak, running: int) -> Finding:
    if limit.each is None or not limit.is_known:
        return unknown(limit.unit, ValueError(limit.problem))
    says = f"{demand(peak, limit.each, limit.unit)} and {has(running, limit)}"
    if passed(peak, running, limit):
        return _missing(limit.unit, says, f"{limit.advice[0].upper()}{limit.advice[1:]}.")
    return _well(limit.unit, says)


def meetings(found: Deployment, _now: datetime) -> Finding:
    """Whether they can be read, all of them."""
    readable, damaged = as_far_as_readable(found.aws.service.meetings.open_meetings)
    if damaged:
        says = "; ".join(str(each) for each in damaged[:_ENOUGH_LINES])
        return _missing("meetings", says, "Mend or delete these rows of the table.")
    return _well("meetings", f"{len(readable)} open")


def table(found: Deployment, _now: datetime) -> Finding:
    """Whether the table and its indexes are there."""
    name = found.settings.table_name
    looked = found.inspection.table(name)
    again = "Deploy the stack again."
    if looked.status not in {"ACTIVE", "UPDATING"}:
        return _missing("table", f"{name} is {looked.status}", again)
    if looked.busy_indexes:
        return _missing("table", f"{name}: {', '.join(looked.busy_indexes)} not ready", "Wait, and look again.")
    return _well("table", f"{name} and its indexes")


def stream(found: Deployment, _now: datetime) -> Finding:
    """Whether the table's changes come to the terminator, which ends a meeting as soon as everything is in."""
    name, function = found.settings.table_name, found.resources.get("Terminator", "terminator")
    late, anew = "what is over runs on until a sweep ends it", 'See "The stream" in docs/run-it.md.'
    looked = found.inspection.table(name)
    if looked.stream_view != "NEW_AND_OLD_IMAGES":
        return _missing("stream", f"the stream of {name} is {looked.stream_view or 'off'}: {late}", anew)
    readers = found.inspection.stream_readers(looked.stream_arn)
    ours = [each for each in readers if each.function_name == function]
    if ours:
        return _reader(ours[0], late)
    if not readers:
        return _missing("stream", f"nothing reads the stream of {name} for {function}: {late}", anew)
    others = ", ".join(each.function_name for each in readers)
    says, own = f"the stream of {name} goes to {others} and not to {function}: {late}", found.resources.get(_READER)
    if own not in {each.id for each in readers}:
        return _missing("stream", says, anew)  # theirs is not to be turned: they would get no change any more
    fix = f"Run `aws lambda update-event-source-mapping --uuid {own} --function-name {function}`."
    return _missing("stream", says, fix)


def _reader(reader: StreamReader, late: str) -> Finding:
    name = reader.function_name
    if reader.state in {"Disabling", "Disabled"}:
        fix = f"Run `aws lambda update-event-source-mapping --uuid {reader.id} --enabled`."
        return _missing("stream", f"{name} is told of no change, its mapping is {reader.state}: {late}", fix)
    if reader.state not in {"Enabled", "Updating"}:
        return _missing("stream", f"the mapping of {name} is {reader.state}", "Wait, and look again.")
    if reader.last_result not in _READ_WELL:
        fix = f"The log of {name} says why; this stays until it is told of another change."
        return _missing("stream", f"the last change could not be handed to {name} ({reader.last_result}): {late}", fix)
    return _well("stream", f"{name} is told of every change")


def subnets(found: Deployment, _now: datetime) -> Finding:
    """Whether a desktop in them can be reached."""
    found.require_subnets()
    return _well("subnets", f"{', '.join(found.settings.subnet_ids)} lead to the internet")


def security_group(found: Deployment, _now: datetime) -> Finding:
    """Whether it lets in DCV, and nothing else."""
    (group,) = found.settings.security_group_ids
    lets_in = found.inspection.open_ports(group)
    again = "Deploy the stack again, which makes it anew."
    if not lets_in >= _DCV_PORTS:
        return _missing("security group", f"{group} does not let in {', '.join(sorted(_DCV_PORTS - lets_in))}", again)
    if lets_in > _DCV_PORTS:
        return _missing("security group", f"{group} lets in {', '.join(sorted(lets_in - _DCV_PORTS))} as well", again)
    return _well("security group", f"{group} lets in DCV alone")


def zone(found: Deployment, _now: datetime) -> Finding:
    """Whether the credential of the zone works there, and how full the zone is."""
    settings = found.settings
    records = found.aws.service.addresses.published()
    ours, foreign = [each for each in records if each.ours], [each.name for each in records if not each.ours]
    says = f"{settings.domain_root} at {settings.dns_provider} can be read; {len(ours)} record(s) of ours"
    if foreign:
        return _missing("zone", f"{', '.join(foreign[:_ENOUGH_LINES])} carry no mark of ours", "Remove them by hand.")
    if found.record_usage is None:
        return _well("zone", says)
    used, quota = found.record_usage()
    if quota is None:
        return _well("zone", f"{says}, {used} in all")
    room = quota - (used - len(ours))
    says = f"{says}, {used} in all of the {quota} that it may have"
    if room < settings.dns_record_limit:
        return _missing(
            "zone",
            f"{says}: room for {room} of ours, and DnsRecordLimit promises {settings.dns_record_limit}",
            f"Deploy DnsRecordLimit={max(room, 1)}, remove records, or take a larger plan.",
        )
    return _well("zone", says)


def certificate(found: Deployment, now: datetime) -> Finding:
    """Whether desktops have one that browsers will go on to believe."""
    if not found.settings.certificate_secret_arn:
        return _well("certificate", "none is kept, so each desktop shows one of its own making")
    held = found.aws.read_certificate()
    if held is None:
        return _missing("certificate", "there is none yet", "Run `elephant certs issue`.")
    warning = expiry_warning(held, now)
    if warning:
        return _missing("certificate", warning, "")
    return _well("certificate", f"{', '.join(held.names)}, {days_left(held, now)} days left")


def link_secret(found: Deployment, _now: datetime) -> Finding:
    """Whether invitations can be signed."""
    found.aws.fetch_link_secret()
    return _well("link secret", "is there, and long enough")


def sweep(found: Deployment, now: datetime) -> Finding:
    """Whether what is lost is found."""
    dimension = (DIMENSION, found.name)
    count = found.inspection.samples(NAMESPACE, "ActionsFailed", dimension, now, _SWEPT_WITHIN)
    minutes = _SWEPT_WITHIN // timedelta(minutes=1)
    if count == 0:
        name = found.resources.get("Sweep", "sweep")
        return _missing("sweep", f"none in {minutes} minutes", f"The log of {name} says why; is its rule enabled?")
    return _well("sweep", f"{count} in {minutes} minutes")


def queues(found: Deployment, _now: datetime) -> list[Finding]:
    """Whether everything that was handed to a function was done."""
    return [_queue(found, *each) for each in (("dead letters", "DeadLetters"), ("stream failures", "StreamFailures"))]


def _queue(found: Deployment, what: str, resource: str) -> Finding:
    try:
        count = found.inspection.waiting(found.resources.get(resource, resource))
    except ElephantError as error:
        return unknown(what, error)
    if count:
        return _missing(what, f"{count} wait", "Each message says what failed and why; read it, mend that, delete it.")
    return _well(what, "none")


def alarms(found: Deployment, _now: datetime) -> Finding:
    """Whether any of the stack's alarms is raised, or is not there."""
    names = [each for logical, each in found.resources.items() if logical.endswith("Alarm")]
    states = found.inspection.alarms(names)
    gone = sorted(set(names) - set(states))
    if gone:
        return _missing("alarms", f"{', '.join(gone)} not there", "Deploy the stack again.")
    raised = sorted(name for name, state in states.items() if state == "ALARM")
    if raised:
        return _missing("alarms", f"{', '.join(raised)} raised", "Their descriptions say what each one means.")
    return _well("alarms", f"none of {len(states)} raised")


def machines(found: Deployment, now: datetime) -> Finding:
    """Whether any runs on although it should have ended."""
    service = found.aws.service
    # machines first: one that is launched meanwhile then looks like nothing, not like one without a meeting
    owned = service.machines.owned()
    readable, damaged = as_far_as_readable(service.meetings.open_meetings)
    late = past_deadline(
        owned,
        {each.id: each for each in readable},
        {each.meeting_id for each in damaged},
        now,
        found.settings.policy,
    )
    if late:
        ids = ", ".join(each.id for each in late[:_ENOUGH_LINES])
        return _missing("machines", f"{ids} run past their deadline", "The next sweep ends them; its log says why not.")
    return _well("machines", f"{sum(each.state.is_live for each in owned)} live, none past its deadline")


def _one(check: Check) -> Callable[[Deployment, datetime], Sequence[Finding]]:
    return lambda found, now: [check(found, now)]


CHECKS: dict[str, Callable[[Deployment, datetime], Sequence[Finding]]] = {
    "stack": _one(stack),
    "image": _one(image),
    "capacity": capacity,
    "meetings": _one(meetings),
    "table": _one(table),
    "stream": _one(stream),
    "subnets": _one(subnets),
    "security group": _one(security_group),
    "zone": _one(zone),
    "certificate": _one(certificate),
    "link secret": _one(link_secret),
    "sweep": _one(sweep),
    "queues": queues,
    "alarms": _one(alarms),
    "machines": _one(machines),
}
"""By what is said of it where it cannot be looked at."""


def examine(found: Deployment, now: datetime) -> list[Callable[[], Sequence[Finding]]]:
    """A call for each thing to look at, none of which raises: one that breaks must not hide what the others find."""

    def look(name: str) -> Sequence[Finding]:
        try:
            return CHECKS[name](found, now)
        except InvalidField as error:
            return [_missing(name, str(error), "Mend it, or change the installation's file, and deploy.")]
        except ElephantError as error:
            return [unknown(name, error)]
        except Exception as error:
            logger.exception("looking at %s broke", name)
            return [unknown(name, RuntimeError(f"{type(error).__name__}: {error}"))]

    return [partial(look, name) for name in CHECKS]
