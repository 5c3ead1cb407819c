"""What a Prometheus server may read of this installation; nothing in it names a person."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client import Counter as Count
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from elephant.bootstrap.service import Service
from elephant.domain.meeting import Status
from elephant.ports.errors import Temporary
from elephant.ports.meetings import as_far_as_readable
from elephant.usecases.sweep import SweepReport


class _World(Collector):
    """Counts that are read when they are asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        meetings = GaugeMetricFamily("elephant_open_meetings", "meetings that are not over", labels=["status"])
        readable, _ = as_far_as_readable(self._service.meetings.open_meetings)
        counted = Counter(meeting.status for meeting in readable)
        for status in Status:
            if status is not Status.TERMINATED:
                meetings.add_metric([status.value], counted[status])
        machines = GaugeMetricFamily("elephant_machines", "machines with our tags", labels=["state"])
        try:
            states = Counter(machine.state for machine in self._service.machines.owned())
        except Temporary:
            states = Counter()  # the gauge below says that nothing could be read, and this family stays empty
            yield GaugeMetricFamily("elephant_machines_readable", "1 when machines could be listed", value=0)
        else:
            yield GaugeMetricFamily("elephant_machines_readable", "1 when machines could be listed", value=1)
        for state, number in states.items():
            machines.add_metric([state.value], number)
        yield from (meetings, machines)


class Metrics:
    """The registry of one server, and the counters that it keeps itself."""

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_World(service))
        self.screens = Gauge("elephant_screens_watched", "open streams of screens", registry=self._registry)
        self.sweeps = Count("elephant_sweeps", "sweeps carried out", ["outcome"], registry=self._registry)
        self.actions = Count("elephant_sweep_actions", "what sweeps mended", ["action"], registry=self._registry)
        self.last_sweep = Gauge(
            "elephant_last_sweep_timestamp_seconds", "when the last sweep ended", registry=self._registry
        )

    def count_sweep(self, report: SweepReport, at_seconds: float) -> None:
        """Count one sweep and what it did."""
        outcome = "refused" if report.plan.refused else "failed" if report.failures else "done"
        self.sweeps.labels(outcome).inc()
        for action in report.plan.actions:
            self.actions.labels(type(action).__name__).inc()
        self.last_sweep.set(at_seconds)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
