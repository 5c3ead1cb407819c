"""`sweep`: every minute, what should be is compared with what is, and the difference mended."""

from typing import Any

from elephant.bootstrap.aws import aws
from elephant.bootstrap.aws_parts import Part
from elephant.entrypoints.lambdas.failures import failures_logged
from elephant.entrypoints.lambdas.starting import start
from elephant.entrypoints.sweep_report import report_content
from elephant.ports.errors import Temporary
from elephant.usecases.sweep import sweep
from elephant.wire.aws_events import is_forced

start(Part.LAUNCHING, Part.SAFETY_NET_ALARM, Part.ADDRESSES)


def handler(event: object, _context: object) -> dict[str, Any]:
    """Sweep, and answer with the report.

    An action that failed is in the report and is planned again in a minute. Raises Temporary where the world could not
    be read in full or the plan was refused, so that the function's alarm tells somebody.
    """
    with failures_logged("the sweep"):
        service = aws().service
        report = sweep(
            service.world,
            policy=service.policy,
            now=service.now(),
            force=is_forced(event),
            overlap=service.overlap,
        )
        if report.plan.refused:
            raise Temporary(report.plan.refused)
    return report_content(report)
