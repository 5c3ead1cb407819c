from elephant.adapters.dns.expected import FRESH_SECONDS, Expected


def test_what_was_free_a_moment_ago_is_known_once() -> None:
    expected = Expected()
    assert expected.begin("a")
    expected.is_free("a")
    assert expected.end("a")
    assert not expected.end("a")


def test_what_was_not_found_free_or_is_another_name_is_not_known() -> None:
    expected = Expected()
    assert not expected.end("a")
    assert expected.begin("a")
    assert not expected.end("a")
    assert expected.begin("a")
    expected.is_free("b")
    assert not expected.end("a")
    assert expected.begin("a")
    expected.is_free("a")
    assert not expected.end("b")
    assert not expected.end("a")


def test_a_reading_is_known_for_a_moment() -> None:
    now = [50.0]
    expected = Expected(lambda: now[0])
    for passed, is_known in ((FRESH_SECONDS, True), (FRESH_SECONDS + 0.01, False)):
        assert expected.begin("a")
        expected.is_free("a")
        now[0] += passed
        assert expected.end("a") is is_known


def test_reading_anew_forgets_what_was_read_before() -> None:
    expected = Expected()
    assert expected.begin("a")
    expected.is_free("a")
    assert expected.begin("a")
    assert not expected.end("a")


def test_after_a_name_that_was_never_written_none_is_read_until_one_is() -> None:
    expected = Expected()
    assert expected.begin("a")
    assert not expected.begin("b")
    assert expected.begin("a")
    expected.end("c")
    assert expected.begin("b")
