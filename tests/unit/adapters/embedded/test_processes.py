"""Processes by pid and start time."""

import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elephant.adapters.embedded.processes import (
    ProcessIdentity,
    boot_id,
    environment_of,
    identity_of,
    is_alive,
    namespace_pids_of,
    open_pidfd,
    parse_status,
    send_signal,
    started_at,
    wait_until_gone,
)

NO_SUCH_PID = 2**22 + 1  # above the highest value of /proc/sys/kernel/pid_max


@given(st.text(min_size=1, max_size=15).filter(lambda name: "\n" not in name), st.sampled_from("RSDZTX"))
def test_any_name_can_stand_in_the_status(name: str, state: str) -> None:
    fields = ["0"] * 50
    fields[0], fields[1], fields[19] = state, "77", "123456"
    status = parse_status(5, f"5 ({name}) {' '.join(fields)}", "boot")
    assert status.identity == ProcessIdentity(5, 123456, "boot")
    assert status.parent_pid == 77
    assert status.is_gone is (state in "ZX")


def test_we_are_alive() -> None:
    me = identity_of(os.getpid())
    assert me is not None
    assert is_alive(me)
    assert namespace_pids_of(me.pid)[0] == me.pid
    assert environment_of(me.pid)
    assert abs(datetime.now(UTC) - started_at(me)) < timedelta(hours=1)


def test_there_is_no_such_process() -> None:
    assert identity_of(NO_SUCH_PID) is None
    assert environment_of(NO_SUCH_PID) == {}
    assert namespace_pids_of(NO_SUCH_PID) == ()


@pytest.mark.parametrize("change", ["start", "boot"])
def test_another_start_or_boot_is_another_process(change: str) -> None:
    me = identity_of(os.getpid())
    assert me is not None
    other = (
        ProcessIdentity(me.pid, me.start_ticks + 1, me.boot_id)
        if change == "start"
        else ProcessIdentity(me.pid, me.start_ticks, f"not {boot_id()}")
    )
    assert not is_alive(other)
    send_signal(other, signal.SIGKILL)  # we go on, so it was not sent
    with pytest.raises(ProcessLookupError):
        open_pidfd(other)


def test_a_zombie_is_gone() -> None:
    with subprocess.Popen(["sleep", "600"]) as child:
        identity = identity_of(child.pid)
        assert identity is not None
        assert not wait_until_gone([identity], 0.02)
        send_signal(identity, signal.SIGKILL)
        assert wait_until_gone([identity], 60.0), "nobody has waited for it, and it counts as gone all the same"
        assert not is_alive(identity)
