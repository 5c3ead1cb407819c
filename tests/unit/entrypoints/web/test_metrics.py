import pytest
from prometheus_client.parser import text_string_to_metric_families

from elephant.domain.sweep_actions import Plan
from elephant.ports.errors import Temporary
from elephant.usecases.sweep import SweepReport
from tests.support.builders import TEACHER
from tests.support.web_site import Site


def samples(site: Site) -> dict[tuple[str, str], float]:
    """(name, label values) -> value of everything that a Prometheus server would read."""
    answer = site.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_health(site: Site) -> None:
    answer = site.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_counts_meetings_and_machines(site: Site) -> None:
    site.book(meet_time="2026-11-21T18:00:00Z")
    booked = site.ready()
    site.join(booked["id"], TEACHER, site.key(booked, TEACHER))
    found = samples(site)
    assert found["elephant_open_meetings", "SCHEDULED"] == 1
    assert found["elephant_open_meetings", "IN_PROGRESS"] == 1
    assert found["elephant_open_meetings", "HEALTHY"] == 0
    assert ("elephant_open_meetings", "TERMINATED") not in found
    assert found["elephant_machines", "running"] == 2
    assert found["elephant_machines_readable", ""] == 1
    assert found["elephant_screens_watched", ""] == 0


def test_what_cannot_be_read_is_not_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> None:
        raise Temporary("not now")

    site.ready()
    monkeypatch.setattr(site.machines, "owned", unreadable)
    found = samples(site)
    assert found["elephant_machines_readable", ""] == 0
    assert not [key for key in found if key[0] == "elephant_machines"]
    monkeypatch.setattr(site.meetings, "open_meetings", unreadable)
    assert site.client.get("/metrics").status_code == 503


def test_it_counts_sweeps() -> None:
    site = Site()
    site.metrics.count_sweep(SweepReport(plan=Plan(actions=())), 1795269600.0)
    found = samples(site)
    assert found["elephant_sweeps_total", "done"] == 1
    assert found["elephant_last_sweep_timestamp_seconds", ""] == 1795269600.0


def test_it_names_nobody(site: Site) -> None:
    booked = site.ready(**{f"{TEACHER}_name": "Ada Lovelace"})
    text = site.client.get("/metrics").text
    assert "Ada" not in text
    assert booked["id"] not in text
