"""From a clone and an installation's file to a stack: plan it, carry it out, put the pages up.

Every step looks at what is there first, so a run that was interrupted anywhere is made good by the next one.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from elephant.adapters.aws.buckets import Bucket
from elephant.adapters.aws.cloudformation import StackState
from elephant.adapters.aws.distribution import invalidate
from elephant.adapters.aws.functions import Functions
from elephant.adapters.aws.stack_changes import ChangeSet, first_failure
from elephant.bootstrap.deployable import Deployable, upload
from elephant.bootstrap.engineer_clients import EngineerClients
from elephant.bootstrap.installation_file import Installation
from elephant.bootstrap.page_versions import folder_of, folders_named, outdated
from elephant.bootstrap.stack_watch import StackWatch
from elephant.ports.errors import ElephantError, Permanent

STOPPED_BY_DESTROY = ("schedule-meeting", "launch-ec2")
"""The functions that bring something new into being, without the stack's name before them."""
_WELL = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_WAYS_OUT = {
    "ROLLBACK_COMPLETE": "its first creation failed and nothing is left of it: `elephant aws deploy` makes it anew",
    **dict.fromkeys(
        ("ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"),
        "`elephant aws destroy` removes what is left of it; then deploy again",
    ),
    **dict.fromkeys(
        ("UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "IMPORT_ROLLBACK_FAILED"),
        "look at the stack's events for what cannot be put back, mend that, run `aws cloudformation"
        " continue-update-rollback --stack-name {name} --region {region}`, then deploy again",
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A change set that was made; `change_set` is None where the stack is as it should be already."""

    name: str
    change_set: ChangeSet | None
    stack_id: str
    makes_stack: bool


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the pages, and how browsers shall take it."""

    path: Path
    key: str
    content_type: str
    cache_control: str


def artifact_bucket(installation: Installation, clients: EngineerClients) -> Bucket:
    """Where packages and templates lie: one for each stack, account and region."""
    name = f"{installation.stack}-artifacts-{installation.account}-{installation.region}"
    return Bucket(clients["s3"], name, installation.account)


def refuse_foreign(state: StackState | None, name: str) -> None:
    """Raises Permanent where the stack of this name is another template's, to be neither changed nor deleted."""
    if state is not None and not state.is_ours:
        raise Permanent(
            f"stack: there is a stack {name} already that is none of Elephant's, and nothing of it was changed; choose"
            " another name with `elephant aws init --stack NAME`"
        )


@dataclass(frozen=True, slots=True)
class Deployment:
    """Every method may raise Temporary and Permanent; `say` is told in words what goes on."""

    installation: Installation
    clients: EngineerClients
    watch: StackWatch
    say: Callable[[str], None]

    def ready(self, *, is_dry: bool) -> StackState | None:
        """Wait for whatever goes on with the stack, and clear away a creation that failed; None where there is none.

        Raises Permanent, with the way out, for a stack that no deployment can change, or that is not ours.
        """
        state = self.watch.as_it_is()
        refuse_foreign(state, self.installation.stack)
        if state is not None and state.is_moving:
            self.say(f"the stack {self.installation.stack} is {state.status}; waits until that is over")
            state, _ = self.watch.until_still(state.stack_id, after=self.watch.stacks.newest_event())
        if state is None:
            return None
        if state.status == "ROLLBACK_COMPLETE" and not is_dry:
            self.say("its first creation failed and was rolled back; deletes the empty stack, to make it anew")
            self._delete_empty(state)
            return None
        if state.status in _WAYS_OUT:
            raise Permanent(f"the stack {self.installation.stack} is {state.status}: {self._way_out(state.status)}")
        return state

    def plan(self, deployable: Deployable, more: Mapping[str, str], state: StackState | None, now: datetime) -> Plan:
        """Upload what is to be deployed and make a change set of it; `more` are parameters beside the file's.

        Raises Permanent, and leaves nothing behind in CloudFormation, where none can be made.
        """
        parameters = {**self.installation.template_parameters(), **more}
        if unknown := sorted(parameters.keys() - deployable.parameters):
            raise Permanent(f"the template knows no parameters {', '.join(unknown)}: mend [parameters] in the file")
        bucket = artifact_bucket(self.installation, self.clients)
        bucket.make(self.installation.region)
        key = upload(deployable, bucket.name, bucket.put_once, self.say)
        name = f"elephant-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        makes_stack = state is None or state.is_empty
        url = f"https://{bucket.name}.s3.{self.installation.region}.amazonaws.com/{key}"
        self.watch.stacks.create_change_set(name, url, parameters, makes_stack=makes_stack)
        made = self.watch.until_made(name)
        if made.is_made:
            found = self.watch.stacks.state()
            return Plan(name, made, found.stack_id if found else "", makes_stack)
        plan = Plan(name, None, state.stack_id if state else "", makes_stack)
        self.drop(plan)
        if not made.changes_nothing:
            raise Permanent(f"CloudFormation cannot plan this: {made.reason or made.status}")
        return plan

    def drop(self, plan: Plan) -> None:
        """Forget a plan that is not carried out, and a stack that is nothing but its name."""
        self.watch.stacks.drop_change_set(plan.name)
        state = self.watch.stacks.state()
        if plan.makes_stack and state is not None and state.is_empty and not self.watch.stacks.has_change_sets():
            self._delete_empty(state)

    def carry_out(self, plan: Plan) -> StackState:
        """Carry a plan out and wait; raises Permanent with what went wrong first."""
        seen = self.watch.stacks.newest_event()
        token = f"{plan.name}-go"
        self.watch.stacks.execute(plan.name, token)
        state, events = self.watch.until_still(plan.stack_id, after=seen, token=token)
        if state is not None and state.status in _WELL:
            return state
        cause = first_failure(events)
        why = (
            f"{cause.logical_id} ({cause.resource_type}): {cause.reason}" if cause else (state.reason if state else "")
        )
        status = state.status if state else "gone"
        way_out = self._way_out(status) or "mend that and deploy again; what ran before still runs"
        raise Permanent(f"the stack is {status}. What failed first: {why or 'CloudFormation does not say'}. {way_out}")

    def let_functions_run(self) -> None:
        """Let the functions run again that a destruction which was not finished had stopped."""
        functions = Functions(self.clients["lambda"])
        for name in STOPPED_BY_DESTROY:
            if functions.let_run(f"{self.installation.stack}-{name}"):
                self.say(f"{self.installation.stack}-{name} was stopped by `elephant aws destroy`; it runs again")

    def publish(self, files: Iterable[PageFile], bucket_name: str, distribution_id: str, now: datetime) -> int:
        """Put the pages up, in this order, and let nobody get an old one; how many files there are.

        What nobody asks for any more goes first: afterwards the pages no longer tell which version was there before.
        """
        bucket = Bucket(self.clients["s3"], bucket_name, self.installation.account)
        in_order = list(files)
        self._drop_old_files(bucket, [file.key for file in in_order], now)
        for file in in_order:
            bucket.put(
                file.key,
                file.path.read_bytes(),
                content_type=file.content_type,
                cache_control=file.cache_control,
            )
        invalidate(self.clients["cloudfront"], distribution_id, secrets.token_hex(8))
        return len(in_order)

    def _drop_old_files(self, bucket: Bucket, keys: Sequence[str], now: datetime) -> None:
        """Files that stay cost next to nothing, so no trouble with them keeps the pages from going up."""
        try:
            pages = [key for key in keys if not folder_of(key)]
            served = {folder for key in pages for folder in folders_named(bucket.text(key))}
            gone = outdated(bucket.written("static/"), keys, served, now)
            bucket.remove(gone)
        except ElephantError as error:
            self.say(f"old files of the pages stay: {error}")
        else:
            self.say(f"removed {len(gone)} files of older pages") if gone else None

    def _delete_empty(self, state: StackState) -> None:
        token, seen = f"elephant-{secrets.token_hex(8)}", self.watch.stacks.newest_event()
        self.watch.stacks.delete(state.stack_id, token)
        left, _ = self.watch.until_still(state.stack_id, after=seen, token=token)
        if left is not None:
            raise Permanent(f"the empty stack stays {left.status}: {left.reason or 'CloudFormation does not say why'}")

    def _way_out(self, status: str) -> str:
        return _WAYS_OUT.get(status, "").format(name=self.installation.stack, region=self.installation.region)
