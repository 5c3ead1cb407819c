"""What is ours at a name, by its TXT records."""

from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.dns.ownership import Standing, is_mark, mark_of, marked_address
from elephant.ports.zone import ZoneRecord

IP, OTHER_IP = "192.0.2.10", "192.0.2.11"
NAME = "i-0123456789abcdef0.desks.example"
few_addresses = st.frozensets(st.sampled_from([IP, OTHER_IP, "198.51.100.7"]))
texts = st.frozensets(st.sampled_from([mark_of(IP), mark_of(OTHER_IP), "v=spf1 -all", "heritage=elephant,address="]))
standings = st.builds(Standing, few_addresses, texts, st.frozensets(st.sampled_from(["CNAME", "AAAA"])))


@given(st.ip_addresses(v=4).map(str))
def test_a_mark_names_its_address(ip_address: str) -> None:
    assert is_mark(mark_of(ip_address))
    assert marked_address(mark_of(ip_address)) == ip_address


@given(st.text() | st.just(IP) | st.from_regex(r"[0-9.]{1,15}", fullmatch=True).map(mark_of))
def test_only_what_names_an_address_is_a_mark(text: str) -> None:
    if is_mark(text):
        assert mark_of(str(IPv4Address(marked_address(text)))) == text


@given(standings)
def test_an_address_is_ours_only_if_a_mark_names_it(standing: Standing) -> None:
    ours = {record.ip_address for record in standing.records(NAME) if record.ours and record.ip_address}
    assert ours == {address for address in standing.addresses if mark_of(address) in standing.texts}


@given(standings)
def test_every_address_is_shown_and_so_is_every_mark(standing: Standing) -> None:
    records = list(standing.records(NAME))
    assert {record.ip_address for record in records} - {None} == standing.addresses
    assert any(record.ours for record in records) == bool(standing.marks)


@given(standings)
def test_a_name_is_free_taken_or_ours_alone(standing: Standing) -> None:
    assert not (standing.is_free and standing.is_taken)
    if standing.is_exactly(IP):
        assert not standing.is_free
        assert not standing.is_taken


def test_by_example() -> None:
    ours = Standing(frozenset({IP}), frozenset({mark_of(IP)}))
    assert ours.is_exactly(IP)
    assert not ours.is_exactly(OTHER_IP)
    assert Standing().is_free
    left_over = Standing(texts=frozenset({mark_of(IP)}))
    assert not left_over.is_taken
    assert list(left_over.records(NAME)) == [ZoneRecord(NAME, None, ours=True)]
    moved_in = Standing(frozenset({OTHER_IP}), frozenset({mark_of(IP)}))
    assert moved_in.is_taken
    assert list(moved_in.records(NAME)) == [ZoneRecord(NAME, OTHER_IP, ours=False), ZoneRecord(NAME, None, ours=True)]
    shared = Standing(frozenset({IP, OTHER_IP}), frozenset({mark_of(IP)}))
    assert shared.is_taken
    assert shared.our_addresses == {IP}
