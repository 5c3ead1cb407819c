"""`python -m elephant.agent.ec2 [--settings FILE]`, or `elephant agent`: see docs/desktop.md, "On EC2"."""

import argparse
import logging
import logging.handlers
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from elephant.agent.ec2.boot import await_boot
from elephant.agent.ec2.guard import Guard
from elephant.agent.ec2.imds import Imds
from elephant.agent.ec2.settings import DEFAULT_FILE, ImageSettings, read_settings
from elephant.agent.ec2.single_instance import take_lock
from elephant.agent.ec2.supervisor import Supervisor

logger = logging.getLogger("elephant.agent.ec2")

_FAILED, _USAGE, _RUNS_ALREADY = 1, 2, 4
_LOG_BYTES = 1_000_000
AGAIN_SECONDS = 5.0
STEP_SECONDS = 1.0


def main() -> None:
    """Run the agent with the arguments of this process, and exit; what a zipapp calls."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the agent; returns 0 after an orderly end, 2 for bad settings, 4 where another one runs.

    The file of settings must be there, if only empty: whoever puts it there says that the agent may shut this machine
    down. Started by such a machine, and not by a person at a terminal, bad settings are no reason to return: a machine
    that nobody can use must not live on for that, so it is shut down as one without a meeting is.
    """
    parser = argparse.ArgumentParser(prog="elephant agent", description="The agent of a machine on EC2.")
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", default=DEFAULT_FILE, help="the image's settings, TOML; %(default)s"
    )
    path: Path = parser.parse_args(arguments).settings
    problem = ""
    try:
        settings = read_settings(path)
    except (OSError, ValueError) as error:
        problem = f"{path}: {error}"
        sys.stderr.write(f"elephant agent: {problem}\n")
        if isinstance(error, FileNotFoundError) or sys.stderr.isatty():
            return _USAGE
        settings = ImageSettings()
    try:
        Path(settings.run_dir).mkdir(mode=0o755, parents=True, exist_ok=True)
        _log_to(settings.log_file)
        lock = take_lock(Path(settings.run_dir) / "agent.lock")
    except OSError as error:
        sys.stderr.write(f"elephant agent: {error}\n")
        return _FAILED
    if lock is None:
        logger.error("another agent runs already")
        return _RUNS_ALREADY
    stop = _stop_on_signals()
    guard = Guard(settings)
    guard.start()
    if problem:
        logger.error("the image's settings are wrong: %s", problem)
        _wait_for(stop)
        return _USAGE
    _serve(settings, guard, stop)
    return 0


def _serve(settings: ImageSettings, guard: Guard, stop: threading.Event) -> None:
    """What goes wrong in here is tried again: the guard alone decides when this machine ends."""
    boot = await_boot(Imds(settings.imds_url), stop)
    while boot is not None and not stop.is_set():
        guard.told(boot.settings.deadline, boot.settings.margin_seconds)
        told = boot.settings
        logger.info(
            "%s is for %s of %s until %s", boot.machine_id, told.role, told.meeting_id, told.deadline.isoformat()
        )
        try:
            Supervisor(settings, boot, guard, stop).run()
            _wait_for(stop)  # the machine is being shut down, and we are told so
        except Exception:
            logger.exception("the agent failed, and begins again in %g s", AGAIN_SECONDS)
            stop.wait(AGAIN_SECONDS)


def _stop_on_signals() -> threading.Event:
    """An event that signals set by way of a queue: set in a handler, it could wait for the lock that it interrupted."""
    stop = threading.Event()
    heard: queue.SimpleQueue[int] = queue.SimpleQueue()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        if hasattr(signal, name):  # Windows alone has the last
            signal.signal(getattr(signal, name), lambda number, _: heard.put(number))

    def wait() -> None:
        number = heard.get()
        logger.info("told to stop by signal %d", number)
        stop.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stop


def _wait_for(stop: threading.Event) -> None:
    """In steps, because Windows delivers no signal to a thread that waits without end."""
    while not stop.wait(STEP_SECONDS):
        pass


def _log_to(path: str) -> None:
    handler: logging.Handler = logging.StreamHandler()
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8")
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=[handler], force=True
    )


if __name__ == "__main__":
    main()
