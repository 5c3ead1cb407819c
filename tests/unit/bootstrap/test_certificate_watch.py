"""The certificate, looked at once a day by whoever runs every minute."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from elephant.bootstrap.certificate_watch import CertificateWatch
from elephant.domain.certificate import Certificate
from elephant.ports.errors import Permanent, Temporary
from tests.support.builders import a_certificate

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)


class Reader:
    """Counts, and gives what it was told to give."""

    def __init__(self, give: Callable[[], Certificate | None]) -> None:
        self.give, self.count = give, 0

    def __call__(self) -> Certificate | None:
        self.count += 1
        return self.give()


def run_for(watch: CertificateWatch, hours: int) -> list[str]:
    """A look each minute in which one is due; what is said at the end of each hour."""
    said = []
    for minute in range(hours * 60):
        now = NOW + timedelta(minutes=minute)
        if watch.is_due(now):
            watch.look(now)
        if minute % 60 == 59:
            said.append(watch.warning(now))
    return said


def test_it_is_read_once_a_day_and_the_warning_stays(caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader(lambda: a_certificate(days_left=31, now=NOW))
    with caplog.at_level(logging.WARNING):
        said = run_for(CertificateWatch(reader), 49)
    assert reader.count == 3
    assert said[0] == ""
    assert "desks.example ends on 2026-12-22, in 28 days: run `elephant certs renew`" in said[-1]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_a_certificate_that_will_do_is_not_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert set(run_for(CertificateWatch(Reader(lambda: a_certificate(days_left=60, now=NOW))), 3)) == {""}
    assert caplog.records == []


@pytest.mark.parametrize("error", [Temporary("throttled"), Permanent("forbidden")])
def test_i8_one_that_could_not_be_read_is_said_and_looked_at_in_an_hour(error: Exception) -> None:
    def give() -> Certificate:
        raise error

    reader = Reader(give)
    said = run_for(CertificateWatch(reader), 3)
    assert reader.count == 3
    assert set(said) == {f"the machines' certificate could not be read: {error}"}


def test_none_yet_is_said() -> None:
    assert run_for(CertificateWatch(Reader(lambda: None)), 1) == [
        "the machines have no certificate yet: run `elephant certs issue`"
    ]


def test_where_there_is_none_to_look_after_nothing_is_said() -> None:
    watch = CertificateWatch(None)
    assert run_for(watch, 2) == ["", ""]
    watch.look(NOW)
    assert watch.warning(NOW) == ""
