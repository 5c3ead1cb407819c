"""Which host an authorizer's claims name; see docs/decisions/0024.

API Gateway's JWT authorizer hands every claim over as text, a list as `[a b]`
(https://github.com/aws-solutions-library-samples/guidance-for-claude-code-with-amazon-bedrock/issues/802), and a REST
API's Cognito authorizer as `a,b`.
"""

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elephant.domain.hours import Host, is_host_name

logger = logging.getLogger(__name__)

EMAIL = "email"
_SUBJECT = "sub"
_KIND = "token_use"
_ACCESS = "access"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostClaims:
    """The claims with a host's name, their hours a month and their groups; whoever is in `admin_group` sees all.

    `hours_per_month` is for those whose claims name none; None is no limit.
    """

    name: str
    hours: str
    groups: str
    admin_group: str
    hours_per_month: float | None

    def host(self, claims: Mapping[str, Any]) -> Host | None:
        """The host, or None where these claims name nobody.

        Cognito's access tokens name nobody: they lack the claims with a person's hours and e-mail address, so that
        whoever sent one in place of the other token would be somebody else, without a limit.
        """
        name = None if claims.get(_KIND) == _ACCESS else self._name(claims)
        if name is None:
            return None
        return Host(
            name=name,
            minutes_per_month=self._minutes(name, claims),
            sees_all=self.admin_group != "" and self.admin_group in _words(claims.get(self.groups)),
        )

    def _name(self, claims: Mapping[str, Any]) -> str | None:
        """The named claim, else the subject.

        An address that nobody verified is no name: its holder may have chosen it themselves, somebody else's too.
        """
        named = claims.get(self.name)
        if self.name == EMAIL:
            is_verified = str(claims.get("email_verified", "")).lower() == "true"
            named = named.lower() if is_verified and isinstance(named, str) else None
        for each in (named, claims.get(_SUBJECT)):
            if isinstance(each, str) and is_host_name(each):
                return each
        return None

    def _minutes(self, name: str, claims: Mapping[str, Any]) -> float | None:
        told = str(claims.get(self.hours, "")).strip()
        if not told:
            return None if self.hours_per_month is None else self.hours_per_month * 60
        try:
            hours = float(told)
        except ValueError:
            hours = math.nan
        if not 0 <= hours < math.inf:
            logger.warning("the claim %s of the host %s is no number of hours, so they have none", self.hours, name)
            return 0.0
        return hours * 60


def _words(claim: object) -> list[str]:
    """The words of a list, or of the text that became of one."""
    if isinstance(claim, list):
        return [each for each in claim if isinstance(each, str)]
    text = claim.strip() if isinstance(claim, str) else ""
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    return [word for word in re.split(r"[,\s]+", text) if word]
