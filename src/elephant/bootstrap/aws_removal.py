"""An installation goes, in an order in which nothing is left behind: first what costs and what others rely on.

New meetings are stopped, those that are open are ended, machines are waited for, then come names, alarms and at last
the stack, which has the sweep in it. Each step looks at what is there, so a run that was interrupted is gone on with.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from elephant.adapters.aws.buckets import Bucket
from elephant.adapters.aws.dynamodb import DynamoMeetings
from elephant.adapters.aws.ec2 import Ec2Machines, Ec2Settings
from elephant.adapters.aws.functions import Functions
from elephant.adapters.aws.kept_secrets import RECOVERY_DAYS
from elephant.adapters.aws.schedule_group import ScheduleGroup
from elephant.adapters.aws.scheduler import SchedulerAlarms
from elephant.adapters.aws.schedules import SchedulerSettings
from elephant.adapters.aws.stack_changes import failures_of_deletion
from elephant.adapters.dns.zone_addresses import ZoneAddresses
from elephant.bootstrap.aws_deployment import STOPPED_BY_DESTROY, artifact_bucket
from elephant.bootstrap.aws_initialization import certificate_secret, dns_secret, settings_of
from elephant.bootstrap.aws_zone import open_zone
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.installation_file import Installation
from elephant.bootstrap.stack_watch import StackWatch
from elephant.domain.meeting import EndReason
from elephant.ports.errors import ElephantError, Permanent, Temporary
from elephant.ports.meetings import as_far_as_readable
from elephant.usecases.end_meeting import end_meeting

_EVERY_SECONDS = 5.0
_LOOKS_FOR_MACHINES = 240
"""Twenty minutes; a desktop may first hand in its recording."""
_LOOKS_THAT_AGREE = 2
"""EC2 is eventually consistent: one listing without machines proves nothing."""


@dataclass(frozen=True, slots=True)
class Removal:
    """`left` names what could not be removed. Every method may raise Temporary and Permanent, before the next step."""

    installation: Installation
    clients: EngineerClients
    watch: StackWatch
    environ: Mapping[str, str]
    say: Callable[[str], None]
    now: Callable[[], datetime]
    pause: Callable[[float], None] = time.sleep
    left: list[str] = field(default_factory=list)

    def resources(self) -> Mapping[str, str]:
        """What is there of the stack, by logical name."""
        return self.watch.stacks.resources()

    def machine_count(self) -> int:
        """How many machines of this installation are there."""
        return len(self._machines.owned())

    def stop_new_meetings(self) -> None:
        """Nothing is booked and nothing launched from now on; what ends and tidies up goes on."""
        functions = Functions(self.clients["lambda"])
        for name in STOPPED_BY_DESTROY:
            if functions.stop(f"{self.installation.stack}-{name}"):
                self.say(f"stopped: {self.installation.stack}-{name}")

    def end_meetings(self) -> None:
        """End every open meeting, with its machines and alarms, if the table is there."""
        if "Meetings" not in self.resources():
            return
        meetings = DynamoMeetings(
            self.clients["dynamodb"], f"{self.installation.stack}-meetings", policy=self.installation.policy
        )
        open_ones, damaged = as_far_as_readable(meetings.open_meetings)
        for meeting in open_ones:
            end_meeting(
                meeting.id,
                EndReason.CANCELLED,
                "the installation is removed",
                meetings=meetings,
                machines=self._machines,
                alarms=self._alarms,
                now=self.now(),
            )
            self.say(f"ended: the meeting {meeting.id}")
        for each in damaged:
            self.say(f"goes with the table: {each}")

    def end_machines(self) -> None:
        """End every machine of this installation and wait until they are gone."""
        empty_looks = 0
        for look in range(_LOOKS_FOR_MACHINES):
            machines = self._machines.owned()
            if not machines:
                empty_looks += 1
                if empty_looks == _LOOKS_THAT_AGREE:
                    return
            else:
                empty_looks = 0
                # a meeting that was being booked when the functions were stopped, and its machines
                self.end_meetings()
                self._machines.terminate([machine.id for machine in machines], self.now())
                self.say(f"waits for {len(machines)} machines to end") if look % 6 == 0 else None
            self.pause(_EVERY_SECONDS)
        raise Temporary("the machines do not end; EC2 goes on with it: run the same command again")

    def remove_records(self) -> None:
        """Remove the names of machines. A zone that may not be changed any more is named, and no reason to stay."""
        settings, held = settings_of(self.installation, self.environ), dns_secret(self.installation, self.clients)
        is_wanted = self.installation.dns_provider != "route53"
        if is_wanted and not held.text() and self.watch.stacks.state() is None:
            return  # the secret goes after the stack, and the stack after the records
        try:
            zone = open_zone(settings, held.text, self.clients["route53"])
            addresses = ZoneAddresses(zone, self.installation.domain_root)
            for record in addresses.published():
                if record.ours:
                    addresses.withdraw(record.machine_id)
                    self.say(f"removed: {record.name}")
        except Permanent as error:
            self.left.append(f"records below {self.installation.domain_root}: {error}")

    def drop_alarms(self) -> None:
        """Delete every alarm that still stands."""
        count = ScheduleGroup(self.clients["scheduler"], self.installation.stack).drop_all()
        self.say(f"deleted {count} alarms") if count else None

    def empty_pages(self) -> None:
        """A bucket with something in it cannot go with its stack."""
        name = self.resources().get("PagesBucket")
        if name:
            Bucket(self.clients["s3"], name, self.installation.account).empty()

    def delete_stack(self) -> None:
        """Delete the stack and wait; raises Permanent, and names what stays, where it cannot."""
        state = self.watch.stacks.state()
        if state is not None and state.is_moving and state.status != "DELETE_IN_PROGRESS":
            self.say(f"the stack is {state.status}; waits until that is over")
            state, _ = self.watch.until_still(state.stack_id, after=self.watch.stacks.newest_event())
        if state is None:
            self.say("there is no stack any more")
            return
        token, seen = f"elephant-{secrets.token_hex(8)}", self.watch.stacks.newest_event()
        self.watch.stacks.delete(state.stack_id, token)
        left, events = self.watch.until_still(state.stack_id, after=seen, token=token)
        if left is None:
            self.say(f"deleted: the stack {self.installation.stack}")
            return
        self.left.extend(f"{event.logical_id}: {event.reason}" for event in failures_of_deletion(events))
        raise Permanent(f"the stack is {left.status}: {left.reason or 'CloudFormation does not say why'}")

    def remove_the_rest(self) -> None:
        """What `elephant aws init` made: the bucket of packages, and the secrets, which can be brought back."""
        bucket = artifact_bucket(self.installation, self.clients)
        self._try(f"the bucket {bucket.name}", bucket.delete)
        for secret in (dns_secret, certificate_secret):
            kept = secret(self.installation, self.clients)
            if self._try(f"the secret {kept.name}", kept.remove):
                until = "until then `elephant aws init` brings it back"
                self.say(f"the secret {kept.name} goes in {RECOVERY_DAYS} days; {until}")

    def remove_recordings(self) -> None:
        """Delete the bucket of the recordings with all that is in it."""
        name = self.installation.recordings_bucket
        if name:
            bucket = Bucket(self.clients["s3"], name, self.installation.account)
            self._try(f"the bucket {name}", bucket.delete)

    def _try(self, what: str, step: Callable[[], object]) -> bool:
        try:
            return step() is not False
        except ElephantError as error:
            self.left.append(f"{what}: {error}")
            return False

    @property
    def _machines(self) -> Ec2Machines:
        settings = Ec2Settings(
            image_id=self.installation.image_id,
            instance_types=self.installation.instance_types,
            installation=self.installation.stack,
            user_data_for=lambda _: "",
        )
        return Ec2Machines(self.clients["ec2"], settings)

    @property
    def _alarms(self) -> SchedulerAlarms:
        settings = SchedulerSettings(
            group_name=self.installation.stack, launcher_arn="", safety_net_arn="", role_arn=""
        )
        return SchedulerAlarms(self.clients["scheduler"], self.clients["lambda"], settings)
