"""What the pages say, wherever they come from: a server of ours, or a bucket behind CloudFront."""

from datetime import timedelta
from typing import Any

from elephant.domain.meeting import DEFAULT_ROLES
from elephant.domain.timetable import Policy

PROPOSED_MINUTES = 60


def host_values(policy: Policy) -> dict[str, Any]:
    """What the template of the host's page wants."""
    return {
        "launch_lead_minutes": policy.launch_lead / timedelta(minutes=1),
        "max_minutes": f"{_longest_minutes(policy):g}",
    }


def schedule_values(policy: Policy) -> dict[str, Any]:
    """What the template of the booking page wants."""
    longest_minutes = _longest_minutes(policy)
    return {
        "roles": list(DEFAULT_ROLES),
        "max_minutes": f"{longest_minutes:g}",
        "proposed_minutes": f"{min(PROPOSED_MINUTES, longest_minutes):g}",
        "email_field": "teacher_email",
    }


def _longest_minutes(policy: Policy) -> float:
    return policy.maximum / timedelta(minutes=1)
