"""Which call waited for which, whatever the machine was busy with."""

from concurrent.futures import ThreadPoolExecutor, wait

import httpx
import pytest

from tests.support.outside_calls import OutsideCalls

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("threads", "length"), [(1, 2), (2, 1)])
def test_an_idle_thread_is_no_wait_where_the_pool_could_have_had_another(threads: int, length: int) -> None:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    with OutsideCalls() as calls, calls.of("a function", {}) as invocation, ThreadPoolExecutor(threads) as pool:
        for _ in range(2):
            # the first one ends before the second is given away, as it does where this thread gets no time
            wait([pool.submit(client.get, "http://localhost")])
    assert len(invocation.longest_chain) == length


def test_whoever_waits_for_an_answer_goes_on_after_it() -> None:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    with OutsideCalls() as calls, calls.of("a function", {}) as invocation, ThreadPoolExecutor(2) as pool:
        pool.submit(client.get, "http://localhost").result()
        pool.submit(client.get, "http://localhost").result()
    assert len(invocation.longest_chain) == 2
