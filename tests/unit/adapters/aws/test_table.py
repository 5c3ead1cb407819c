from elephant.adapters.aws.dynamodb_items import shard_of, stored_item
from elephant.adapters.aws.table import SHARDS, table_definition
from tests.support.builders import a_meeting


def test_every_key_of_the_table_and_its_indexes_is_declared_and_no_other_attribute() -> None:
    definition = table_definition("elephant-meetings")
    schemas = [definition["KeySchema"], *(index["KeySchema"] for index in definition["GlobalSecondaryIndexes"])]
    used = {key["AttributeName"] for schema in schemas for key in schema}
    assert used == {attribute["AttributeName"] for attribute in definition["AttributeDefinitions"]}


def test_the_stream_shows_both_images_and_nothing_is_provisioned() -> None:
    definition = table_definition("elephant-meetings")
    assert definition["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert definition["BillingMode"] == "PAY_PER_REQUEST"
    assert not any("ProvisionedThroughput" in index for index in definition["GlobalSecondaryIndexes"])


def test_indexes_carry_keys_only_so_that_heartbeats_do_not_write_them() -> None:
    for index in table_definition("x")["GlobalSecondaryIndexes"]:
        assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_the_shards_are_used_alike_and_never_change() -> None:
    counts = [0] * SHARDS
    for number in range(4000):
        counts[shard_of(f"meeting{number:09}")] += 1
    assert min(counts) > 400
    # Written into every row: another function would lose them all.
    assert [shard_of(each) for each in ("abcdefgh12345678", "zzzzzzzzzzzzzzzz", "0")] == [3, 2, 1]


def test_a_key_of_an_index_has_the_type_that_is_declared() -> None:
    item = stored_item(a_meeting(host="ana"))
    kinds = {"S": str, "N": int}
    declared = table_definition("x")["AttributeDefinitions"]
    found = {each["AttributeName"]: kinds[each["AttributeType"]] for each in declared}
    assert {name: type(item[name]) for name in found if name in item}.items() <= found.items()
    assert len([name for name in found if name in item]) == len(found) - 1
