"""The evaluator of policies: its verdicts are another evaluator's, and what it does not know is an error.

The other one is @cloud-copilot/iam-simulate 0.1.173, asked once; `make_iam_verdicts.mjs` asks it again. The questions
are the stack's policies of then and some more, each with everything that any of them allows, and with that a little
changed: another tag, none, another account, region, letter case, one of several values.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.iam import Request, is_allowed

KEPT = json.loads((Path(__file__).parent / "iam_verdicts.json").read_text())
WORDS = {"1": True, "0": False}


@pytest.mark.parametrize("role", KEPT["policies"])
def test_the_verdicts_are_those_of_another_evaluator(role: str) -> None:
    policies = KEPT["policies"][role]
    asked = list(zip(KEPT["requests"], KEPT["verdicts"][role], strict=True))
    answers = {
        json.dumps(content): (is_allowed(policies, Request(**content)), WORDS[word])
        for content, word in asked
        if word != "-"
    }
    assert len(answers) > len(asked) / 2
    assert {question: answer for question, answer in answers.items() if answer[0] != answer[1]} == {}


def test_the_verdicts_are_of_both_kinds() -> None:
    for role, verdicts in KEPT["verdicts"].items():
        assert verdicts.count("0") > verdicts.count("1") > 0, role


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "*"},
        {"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}},
        },
    ],
)
def test_what_it_does_not_know_is_an_error(statement: dict[str, Any]) -> None:
    request = Request(action="s3:GetObject", resource="arn:aws:s3:::bucket/key")
    with pytest.raises(ValueError, match="this evaluator knows no"):
        is_allowed([{"Statement": statement}], request)


def test_a_key_of_several_values_is_an_error_where_the_operator_does_not_say_what_of_it() -> None:
    policy = {
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:TagKeys": "a"}},
        }
    }
    request = Request(action="s3:GetObject", resource="arn:aws:s3:::b/k", context={"aws:TagKeys": ["a", "b"]})
    with pytest.raises(ValueError, match="needs ForAllValues or ForAnyValue"):
        is_allowed([policy], request)
