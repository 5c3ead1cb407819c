"""Every schedule of a group, for whoever removes an installation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Temporary

_MISSING = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class ScheduleGroup:
    """The group of this name; every method may raise Temporary and Permanent."""

    client: Any
    name: str

    def names(self) -> Sequence[str]:
        """The schedules that stand; none where there is no such group."""
        request, found = {"GroupName": self.name}, list[str]()
        while True:
            with translating("scheduler", self._group):
                try:
                    page = self.client.list_schedules(**request)
                except ClientError as error:
                    if code_of(error) == _MISSING:
                        return []
                    raise
            if "Schedules" not in page:
                raise Temporary(f"{self._group}: the answer to listing it is not whole")
            found += [each["Name"] for each in page["Schedules"]]
            if not page.get("NextToken"):
                return found
            request["NextToken"] = page["NextToken"]

    def drop_all(self) -> int:
        """Delete them; how many there were. One that rings or goes meanwhile is fine."""
        names = self.names()
        for name in names:
            with translating("scheduler", f"the schedule {name} in {self._group}"):
                try:
                    self.client.delete_schedule(GroupName=self.name, Name=name)
                except ClientError as error:
                    if code_of(error) != _MISSING:
                        raise
        return len(names)

    @property
    def _group(self) -> str:
        return f"the schedule group {self.name}"
