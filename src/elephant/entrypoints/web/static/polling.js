// Asking again and again without hammering: one run at a time, waits with jitter, sleeps while nobody looks.

/** Seconds to wait after that many failures in a row: doubles from `first` to `most`, spread over its upper half. */
export function backoffSeconds(failures, { first = 1, most = 20, random = Math.random } = {}) {
  const full = Math.min(most, first * 2 ** Math.max(0, failures - 1));
  return full * (0.5 + random() / 2);
}

/** A wait of at least `seconds`, up to a quarter longer, so that many pages do not ask in step. */
export function spread(seconds, random = Math.random) {
  return seconds * (1 + random() / 4);
}

/**
 * Runs `task` now and again after the seconds it returns; null from it ends the polling.
 * With `whileHidden` false nothing is asked while the page is hidden, and at once when it is seen again.
 * Returns {wake, stop}; `wake()` resolves once a run is done that began after it, or at once where none may begin.
 * An error out of `task` is a programming error: it is reported and polling goes on slowly.
 */
export function poll(task, { whileHidden = false } = {}) {
  let timer = null;
  let underWay = null;
  let stopped = false;

  const turn = async () => {
    let seconds = 20;
    try {
      seconds = await task();
    } catch (error) {
      reportError(error);
    } finally {
      underWay = null;
    }
    if (seconds === null) stopped = true;
    if (!stopped) timer = setTimeout(run, seconds * 1000);
  };
  const run = () => {
    clearTimeout(timer);
    if (!stopped && (!document.hidden || whileHidden)) underWay ??= turn();
    return underWay;
  };
  const wake = async () => {
    await underWay;
    await run();
  };

  document.addEventListener("visibilitychange", () => { if (!document.hidden) run(); });
  addEventListener("online", wake);
  run();
  return { wake, stop: () => { stopped = true; clearTimeout(timer); } };
}
