"""What stands in for AWS answers as moto does by itself, though it finds some things out once."""

from typing import TYPE_CHECKING

import botocore.session
import pytest
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker

from tests.support import swift_aws
from tests.support.builders import TEACHER, at

if TYPE_CHECKING:
    from tests.support.aws_driver import AwsDriver

pytestmark = pytest.mark.integration


def test_the_parts_of_every_answer_have_the_names_that_moto_tries(
    driver: "AwsDriver", monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, others = set(), []

    def both(picker: XFormedAttributePicker, context: AttributePickerContext) -> tuple[str, ...]:
        names, by_moto = swift_aws.names(picker, context), list(swift_aws.names_by_moto(picker, context))
        tried.add(context.key)
        others.extend([(context.key, names, by_moto)] if names != tuple(dict.fromkeys(by_moto)) else [])
        return names

    monkeypatch.setattr(XFormedAttributePicker, "get_possible_keys", both)
    booked = driver.book(at(0))
    driver.run_until(at(1))
    driver.join(booked, TEACHER)
    assert others == []
    assert {"Item", "S", "InstanceId", "Tags"} <= tried


def test_two_sessions_share_what_was_read(driver: "AwsDriver") -> None:
    loaders = [botocore.session.Session().get_component("data_loader") for _ in range(2)]
    assert loaders[0] is loaders[1]
