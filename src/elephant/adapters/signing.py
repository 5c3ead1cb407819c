"""Seat keys and passes, signed with itsdangerous (HMAC-SHA-256, compared in constant time)."""

import hashlib
import hmac
from datetime import UTC, datetime

from itsdangerous import BadData, Signer, URLSafeSerializer

from elephant.domain.meeting import Meeting
from elephant.ports.passes import Pass, Purpose


class SignedSeatKeys:
    """A seat's key is the signature of its meeting, role and issue."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, salt="elephant.seat-key", key_derivation="hmac", digest_method=hashlib.sha256)

    def key(self, meeting: Meeting, role: str) -> str:
        """See SeatKeys.key."""
        return self._signer.get_signature(_claim(meeting, role)).decode("ascii")

    def opens(self, meeting: Meeting, role: str, key: str) -> bool:
        """See SeatKeys.opens."""
        # Not itsdangerous' own check: it passes over characters that are no base64, so that many keys would open.
        return hmac.compare_digest(self.key(meeting, role).encode("ascii"), key.encode("utf-8", "replace"))


def _claim(meeting: Meeting, role: str) -> str:
    seat = meeting.seat(role)
    return f"{meeting.id}/{role}/{seat.key_issue if seat else 0}"


class SignedPasses:
    """A pass is its own content, signed with a salt of its purpose."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def sign(self, issued: Pass) -> str:
        """See Passes.sign."""
        expires = None if issued.expires_at is None else issued.expires_at.timestamp()
        content: list[object] = [issued.meeting_id, issued.role, issued.machine_id, issued.key_issue, expires]
        # Passes that name no host are what they always were: desktops that run now hold some.
        content += [issued.host] if issued.host else []
        return str(self._serializer(issued.purpose).dumps(content))

    def read(self, purpose: Purpose, text: str, now: datetime) -> Pass | None:
        """See Passes.read."""
        serializer = self._serializer(purpose)
        signed, _, signature = text.rpartition(".")
        try:
            # itsdangerous passes over characters that are no base64, so that many texts would be this pass
            own = serializer.make_signer(serializer.salt).get_signature(signed)
            if not hmac.compare_digest(own, signature.encode()):
                return None
            meeting_id, role, machine_id, key_issue, expires, *named = serializer.loads(text)
        except (BadData, UnicodeError):
            return None
        expires_at = None if expires is None else datetime.fromtimestamp(expires, UTC)
        if expires_at is not None and now >= expires_at:
            return None
        return Pass(
            purpose=purpose,
            meeting_id=meeting_id,
            role=role,
            machine_id=machine_id,
            key_issue=key_issue,
            expires_at=expires_at,
            host=named[0] if named else "",
        )

    def _serializer(self, purpose: Purpose) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._secret,
            salt=f"elephant.pass.{purpose}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
