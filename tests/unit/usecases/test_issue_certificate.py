"""The order in which a certificate is asked for and kept, and what becomes of a request that was begun."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from elephant.domain.certificate import Certificate, CertificateRequest, names_of
from elephant.ports.certificates import RequestSpent
from elephant.ports.errors import Permanent, Temporary
from elephant.usecases.issue_certificate import Issue, issue_certificate
from tests.support.builders import a_certificate

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
NAMES = names_of("desks.example")
BY = "the authority"


@dataclass
class Paper:
    """Store, authority and keys at once; `done` is what happened, in order."""

    held: Certificate | None = None
    begun: CertificateRequest | None = None
    name: str = BY
    days: float = 90
    spent: list[str] = field(default_factory=list)
    problem: Exception | None = None
    done: list[str] = field(default_factory=list)
    keys: int = 0

    def current(self) -> Certificate | None:
        return self.held

    def pending(self) -> CertificateRequest | None:
        return self.begun

    def keep_request(self, request: CertificateRequest) -> None:
        self.begun = request
        self.done.append(f"kept {request.private_key}{request.order_url}")

    def keep(self, certificate: Certificate) -> None:
        self.held, self.begun = certificate, None
        self.done.append(f"kept certificate {certificate.private_key}")

    def begin(self, request: CertificateRequest) -> CertificateRequest:
        self.done.append(f"begun {request.private_key}")
        return replace(request, order_url="+order")

    def finish(self, request: CertificateRequest) -> str:
        self.done.append(f"finished {request.private_key}")
        if request.private_key in self.spent:
            raise RequestSpent("forgotten")
        return "pem"

    def discard(self, request: CertificateRequest) -> None:
        self.done.append(f"discarded {request.private_key}")
        if self.problem is not None:
            raise self.problem

    def request(self, names: Sequence[str], authority: str) -> CertificateRequest:
        self.keys += 1
        return CertificateRequest(private_key=f"key {self.keys}", csr="csr", authority=authority, names=tuple(names))

    def certificate(self, request: CertificateRequest, pem: str) -> Certificate:
        assert pem == "pem"
        return a_certificate(days_left=self.days, now=NOW, private_key=request.private_key, names=request.names)


def issue(paper: Paper, *, force: bool = False) -> Issue:
    return issue_certificate(NAMES, store=paper, authority=paper, keys=paper, now=NOW, force=force)


def a_request(**values: Any) -> CertificateRequest:  # noqa: ANN401  any field
    made = CertificateRequest(private_key="old key", csr="csr", authority=BY, names=NAMES, order_url="+order")
    return replace(made, **values)


FROM_THE_START = ["kept key 1", "begun key 1", "kept key 1+order", "finished key 1", "kept certificate key 1"]


def test_i7_the_key_is_kept_before_anybody_is_asked_and_the_order_before_anything_follows() -> None:
    paper = Paper()
    assert issue(paper).why == "there is none yet"
    assert paper.done == FROM_THE_START


def test_what_is_good_for_long_enough_is_left_alone() -> None:
    held = a_certificate(days_left=31, now=NOW)
    paper = Paper(held=held, begun=a_request())
    assert issue(paper) == Issue(certificate=held, why="")
    assert paper.done == []


def test_i7_what_was_begun_is_gone_on_with() -> None:
    paper = Paper(begun=a_request())
    assert issue(paper).certificate.private_key == "old key"
    assert paper.done == ["begun old key", "finished old key", "kept certificate old key"]


def test_what_was_begun_and_is_spent_is_taken_back_and_begun_anew() -> None:
    paper = Paper(begun=a_request(), spent=["old key"])
    assert issue(paper).certificate.private_key == "key 1"
    assert paper.done == ["begun old key", "finished old key", "discarded old key", *FROM_THE_START]


def test_a_certificate_that_is_too_old_by_now_takes_no_other_s_place() -> None:
    held = a_certificate(days_left=10, now=NOW)
    paper = Paper(held=held, begun=a_request(), days=5)
    with pytest.raises(Permanent, match="gave a certificate, and ends on"):
        issue(paper)
    assert paper.held == held


def test_a_new_request_that_is_spent_at_once_is_an_error() -> None:
    held = a_certificate(days_left=10, now=NOW)
    paper = Paper(held=held, spent=["key 1"])
    with pytest.raises(Permanent, match="forgotten"):
        issue(paper)
    assert paper.held == held


@pytest.mark.parametrize("other", [{"names": ("lab.example", "*.lab.example")}, {"authority": "another"}])
@pytest.mark.parametrize("problem", [None, Permanent("no such zone"), Temporary("throttled")])
def test_what_was_begun_for_something_else_is_taken_back_as_far_as_that_goes(
    other: dict[str, object], problem: Exception | None
) -> None:
    paper = Paper(begun=a_request(**other), problem=problem)
    assert issue(paper).certificate.private_key == "key 1"
    assert paper.done == ["discarded old key", *FROM_THE_START]


def test_whoever_insists_gets_another() -> None:
    paper = Paper(held=a_certificate(days_left=60, now=NOW))
    assert issue(paper, force=True).why == "it was asked for"
    assert paper.done == FROM_THE_START
