"""TXT records in a DNS zone, by which an authority sees that the zone is ours (RFC 8555, section 8.4)."""

from typing import Protocol


class Texts(Protocol):
    """Several texts may stand at one name, ours beside others'; what is not ours is never changed and never removed.

    A text is ours by what it says: nobody else can know it. Each raises Temporary and Permanent, none waits without
    end, and each can be repeated after any error, also after one that hid a success.
    """

    def add(self, name: str, text: str) -> None:
        """Have the text stand at the name; where the provider says when it is served everywhere, wait for that."""

    def remove(self, name: str, text: str) -> None:
        """Remove this text from the name, if it stands there."""
