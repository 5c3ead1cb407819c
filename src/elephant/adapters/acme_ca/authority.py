"""A certificate from an ACME authority, which looks for a text of ours in the zone (DNS-01, RFC 8555 section 8.4)."""

import datetime
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import requests
from acme import challenges, client, errors, messages
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from elephant.adapters.acme_ca.errors import Passing, meanings, why_given_up
from elephant.domain.certificate import CertificateRequest
from elephant.ports.certificates import RequestSpent
from elephant.ports.errors import Permanent
from elephant.ports.texts import Texts

_ATTEMPTS, _FIRST_WAIT_SECONDS = 3, 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AcmeAuthority:
    """The port CertificateAuthority. Each request has an account of its own, which is forgotten with it.

    `timeout_seconds` is for each wait for bytes, `patience_seconds` for the authority's own work, and
    `settle_seconds` for the texts to reach every server of the zone.
    """

    directory_url: str
    texts: Texts
    email: str = ""
    timeout_seconds: int = 10
    patience_seconds: float = 180.0
    settle_seconds: float = 15.0
    sleep: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        """See CertificateAuthority.name."""
        return self.directory_url

    def begin(self, request: CertificateRequest) -> CertificateRequest:
        """See CertificateAuthority.begin."""
        if request.order_url:
            return request
        named = replace(request, account_key=request.account_key or _new_key())
        return self._attempts(lambda: self._ordered(named))

    def finish(self, request: CertificateRequest) -> str:
        """See CertificateAuthority.finish. An attempt goes on from what the order says has been done."""
        pem = self._attempts(lambda: self._finished(request))
        self.discard(request)
        return pem

    def discard(self, request: CertificateRequest) -> None:
        """See CertificateAuthority.discard; a certificate that nobody holds the key of harms nobody."""
        for text in request.texts:
            self.texts.remove(_challenge_name(request), text)

    def _attempts(self, call: Callable[[], T]) -> T:
        for attempt in range(_ATTEMPTS - 1):
            try:
                return call()
            except Passing:
                wait_seconds = _FIRST_WAIT_SECONDS * 2**attempt
                self.sleep(random.uniform(wait_seconds / 2, wait_seconds))  # noqa: S311  not a secret
        return call()

    def _ordered(self, request: CertificateRequest) -> CertificateRequest:
        with meanings(self.name):
            connection = self._connected(request)
            order = connection.new_order(request.csr.encode())
            found = [_dns_challenge(each) for each in order.authorizations]
            texts = [each.validation(connection.net.key) for each in found if each is not None]
        if not order.uri:
            raise Passing(f"{self.name} names no order")
        return replace(request, order_url=order.uri, texts=tuple(texts))

    def _finished(self, request: CertificateRequest) -> str:
        deadline = datetime.datetime.now() + datetime.timedelta(seconds=self.patience_seconds)  # noqa: DTZ005  the library's
        with meanings(self.name):
            connection = self._connected(request)
        order = self._order(connection, request)
        if order.body.status == messages.STATUS_INVALID:
            raise RequestSpent(f"{self.name} {why_given_up(order.body.error)}")
        if order.body.status == messages.STATUS_PENDING:
            self._prove(connection, order, request, deadline)
        with meanings(self.name):
            # asks for the certificate where the order is ready for that, waits, and fetches it
            pem: str = connection.poll_finalization(order, deadline).fullchain_pem
        return pem

    def _prove(
        self,
        connection: client.ClientV2,
        order: messages.OrderResource,
        request: CertificateRequest,
        deadline: datetime.datetime,
    ) -> None:
        """Show the texts, have them looked at, and wait for what the authority makes of them."""
        for text in request.texts:
            self.texts.add(_challenge_name(request), text)
        self.sleep(self.settle_seconds)
        with meanings(self.name):
            for authorization in self._authorizations(connection, order):
                challenge = _dns_challenge(authorization)
                if challenge is not None and challenge.status == messages.STATUS_PENDING:
                    connection.answer_challenge(challenge, challenge.response(connection.net.key))
        try:
            with meanings(self.name):
                connection.poll_authorizations(order, deadline)
        except Permanent:
            # the order is over; the next run begins another
            self.discard(request)
            raise

    def _connected(self, request: CertificateRequest) -> client.ClientV2:
        """A connection for this request's account, which is made where it is not there yet."""
        key = JWKEC(key=serialization.load_pem_private_key(request.account_key.encode(), password=None))
        network = client.ClientNetwork(key, alg=ES256, user_agent="elephant", timeout=self.timeout_seconds)
        connection = client.ClientV2(client.ClientV2.get_directory(self.directory_url, network), network)
        wanted = messages.NewRegistration.from_data(email=self.email or None, terms_of_service_agreed=True)
        try:
            connection.new_account(wanted)
        except errors.ConflictError as there:
            network.account = messages.RegistrationResource(body=wanted, uri=there.location)
        return connection

    def _order(self, connection: client.ClientV2, request: CertificateRequest) -> messages.OrderResource:
        """The order as it stands; raises RequestSpent where the authority has forgotten it."""
        try:
            with meanings(self.name):
                answer = self._read(connection, request.order_url)
                body = messages.Order.from_json(answer.json())
        except Permanent as error:
            raise RequestSpent(f"the order is gone: {error}") from error
        return messages.OrderResource(body=body, uri=request.order_url, authorizations=[], csr_pem=request.csr.encode())

    def _authorizations(
        self, connection: client.ClientV2, order: messages.OrderResource
    ) -> Sequence[messages.AuthorizationResource]:
        return [
            messages.AuthorizationResource(
                body=messages.Authorization.from_json(self._read(connection, url).json()), uri=url
            )
            for url in order.body.authorizations
        ]

    def _read(self, connection: client.ClientV2, url: str) -> requests.Response:
        """Reading in ACME is a signed POST without content (RFC 8555, section 6.3)."""
        return connection.net.post(url, None, new_nonce_url=connection.directory["newNonce"])


def _dns_challenge(authorization: messages.AuthorizationResource) -> messages.ChallengeBody | None:
    """The check of the zone, None where the authority has none to offer or wants none any more."""
    found: list[messages.ChallengeBody] = [
        each for each in authorization.body.challenges if isinstance(each.chall, challenges.DNS01)
    ]
    return found[0] if found else None


def _challenge_name(request: CertificateRequest) -> str:
    # that of `*.name` is the same as that of the name
    return f"_acme-challenge.{request.names[0]}"


def _new_key() -> str:
    # every authority takes this kind of key (RFC 8555, section 6.2)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()
