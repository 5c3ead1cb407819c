"""An alarm, what stands of it, and a client that soon gives up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from botocore.config import Config

from elephant.ports.alarms import AlarmKind
from tests.support.watched_schedules import LAUNCHER_ARN, Standing

LAUNCH, SAFETY_NET = AlarmKind.LAUNCH, AlarmKind.SAFETY_NET
MEETING_ID = "abcdefgh12345678"
NOW = datetime(2026, 11, 21, 14, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LAUNCH_STANDS = Standing(f"launch-{MEETING_ID}", NOW + 5 * MINUTE, LAUNCHER_ARN, {"meeting_id": MEETING_ID})
IMPATIENT = Config(connect_timeout=1, read_timeout=0.3, retries={"mode": "standard", "total_max_attempts": 2})

Left = Callable[[], list[Standing]]
