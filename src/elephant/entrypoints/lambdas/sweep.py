"""`sweep`: every minute, what should be is compared with what is, and the difference mended."""

import sys
from typing import Any

from elephant.bootstrap.aws import aws
from elephant.bootstrap.aws_parts import Part
from elephant.entrypoints.lambdas.failures import failures_logged
from elephant.entrypoints.lambdas.starting import start
from elephant.entrypoints.lambdas.sweep_metrics import metrics_line
from elephant.entrypoints.sweep_report import report_content
from elephant.ports.errors import Temporary
from elephant.usecases.sweep import SweepReport, sweep
from elephant.wire.aws_events import is_forced

start(Part.LAUNCHING, Part.SAFETY_NET_ALARM, Part.ADDRESSES)


def handler(event: object, _context: object) -> dict[str, Any]:
    """Sweep, and answer with the report; the machines' certificate is looked at beside it, once a day.

    An action that failed is in the report and is planned again in a minute. Raises Temporary where the world could not
    be read in full or the plan was refused, so that the function's alarm tells somebody.
    """
    with failures_logged("the sweep"):
        installation = aws()
        service, watch = installation.service, installation.certificate_watch
        now = service.now()
        reports: list[SweepReport] = []

        def swept() -> None:
            reports.append(
                sweep(
                    service.world,
                    policy=service.policy,
                    now=now,
                    force=is_forced(event),
                    overlap=service.overlap,
                )
            )

        service.overlap([swept, lambda: watch.look(now)] if watch.is_due(now) else [swept])
        (report,) = reports
        settings = installation.settings
        sys.stdout.write(f"{metrics_line(report, settings.installation or settings.table_name, now)}\n")
        if report.plan.refused:
            raise Temporary(report.plan.refused)
    return report_content(report) | {"certificate": watch.warning(now)}
