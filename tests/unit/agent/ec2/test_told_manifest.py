"""The manifest that is uploaded says what arrived."""

import json

from elephant.agent.ec2.told_manifest import segment_names, told_manifest

MANIFEST = {
    "meeting_id": "abcdefgh12345678",
    "role": "guest",
    "segments": [
        {
            "file": "segment-0001.mkv",
            "started_at": None,
            "ended_at": None,
            "size_bytes": 5,
            "url": "./segment-0001.mkv",
        },
        {
            "file": "segment-0002.mkv",
            "started_at": None,
            "ended_at": None,
            "size_bytes": 6,
            "url": "./segment-0002.mkv",
        },
    ],
}


def test_sizes_are_those_that_arrived_and_what_did_not_is_named() -> None:
    told = json.loads(told_manifest(MANIFEST, {"segment-0001.mkv": 7}, {"segment-0002.mkv": "refused"}))
    assert [(each["file"], each["size_bytes"]) for each in told["segments"]] == [("segment-0001.mkv", 7)]
    assert told["problem"] == "segment-0002.mkv could not be uploaded: refused"
    assert (told["meeting_id"], told["role"]) == ("abcdefgh12345678", "guest")


def test_an_earlier_problem_stays() -> None:
    told = json.loads(told_manifest(MANIFEST | {"problem": "a full disk"}, {}, {"segment-0001.mkv": "refused"}))
    assert told["problem"] == "a full disk; segment-0001.mkv could not be uploaded: refused"
    assert "problem" not in json.loads(told_manifest(MANIFEST, {}, {}))


def test_names_that_lead_elsewhere_are_none() -> None:
    manifest = {"segments": [{"file": "../secret"}, {"file": 1}, {"file": "segment-0001.mkv"}, 5, {}]}
    assert segment_names(manifest) == ["segment-0001.mkv"]
    told = json.loads(told_manifest(manifest, {"../secret": 1, "segment-0001.mkv": 2}, {}))
    assert told["segments"] == [{"file": "segment-0001.mkv", "size_bytes": 2}]
