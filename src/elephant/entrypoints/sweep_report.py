"""What a sweep did, as JSON: for the command and for the function."""

import dataclasses
from typing import Any

from elephant.domain.meeting_item import time_text
from elephant.domain.sweep_actions import Action
from elephant.usecases.sweep import SweepReport


def report_content(report: SweepReport) -> dict[str, Any]:
    """The plan's actions, why it was refused if it was, and which actions failed and why."""
    return {
        "actions": [action_content(action) for action in report.plan.actions],
        "refused": report.plan.refused,
        "failures": [{**action_content(action), "problem": problem} for action, problem in report.failures],
    }


def action_content(action: Action) -> dict[str, Any]:
    """The action's name as `action`, and its fields."""
    fields = dataclasses.asdict(action)
    return {
        "action": type(action).__name__,
        **{name: time_text(value) if hasattr(value, "isoformat") else value for name, value in fields.items()},
    }
