"""The functions over the memory adapters: what `aws()` gives them is replaced, everything else is theirs."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from elephant.adapters.aws.dynamodb_items import meeting_of
from elephant.adapters.aws.dynamodb_values import from_attributes
from elephant.adapters.memory.ledger import MemoryLedger
from elephant.adapters.signing import SignedPasses
from elephant.bootstrap.aws_settings import AwsSettings
from elephant.bootstrap.certificate_watch import CertificateWatch
from elephant.bootstrap.service import Service
from elephant.domain.meeting import Meeting
from tests.support.builders import POLICY, a_meeting, at
from tests.support.memory_world import MemoryWorld, a_world_with


class Installation:
    """A world in memory, the functions on it, and the clock."""

    def __init__(self, world: MemoryWorld) -> None:
        self.world = world
        self.now = at(-10)
        self.settings = AwsSettings(installation="elephant-north")
        self.service = Service(
            meetings=world.meetings,
            ledger=MemoryLedger(world.meetings),
            machines=world.machines,
            addresses=world.addresses,
            alarms=world.alarms,
            keys=world.keys,
            passes=SignedPasses("a secret of more than thirty-two characters"),
            policy=world.policy,
            public_url="https://api.example.test",
            frontend_base_urls=(),
            call_url="",
            host_token="the host's",
            on_written=lambda _: None,
            now=lambda: self.now,
        )
        self.prepare_launch: Callable[[], None] = lambda: None
        self.certificate_watch = CertificateWatch(None)
        self.stream_images = SimpleNamespace(fold_in=self._fold_in)

    def break_port(self, **ports: object) -> None:
        """Use other ports from now on."""
        self.service = replace(self.service, **ports)  # type: ignore[arg-type]  # any port

    def _fold_in(self, image: Mapping[str, Any], _now: datetime) -> Meeting:
        return meeting_of(from_attributes(image), POLICY)


@pytest.fixture
def installation() -> Installation:
    """The ordinary meeting is booked, and its launch is due."""
    return Installation(a_world_with(a_meeting()))


@pytest.fixture
def world(installation: Installation) -> MemoryWorld:
    return installation.world


@pytest.fixture
def call(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], dict[str, Any]]:
    """Invoke a function by the name of its module."""

    def call(name: str, event: object) -> dict[str, Any]:
        module = importlib.import_module(f"elephant.entrypoints.lambdas.{name}")
        monkeypatch.setattr(module, "aws", lambda: installation)
        answer: dict[str, Any] = module.handler(event, None)
        return answer

    return call
