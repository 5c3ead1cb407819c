// What to say aloud about the time left. Pure.

import { clockTime } from "./time.js";

const WARN_MINUTES = [1, 5]; // nearest first
const MINUTE_MS = 60_000;

function warningFor(leftMs) {
  return WARN_MINUTES.find((minutes) => leftMs <= minutes * MINUTE_MS) ?? null;
}

/**
 * The state of the watch and what to say. `watch`: {deadline, warned} or null at first; `deadline`: ISO.
 * Returns {watch, say}: `say` is a text or null. A deadline that moved is announced; each warning comes once per deadline.
 */
export function watchDeadline(watch, deadline, nowMs) {
  const leftMs = Date.parse(deadline) - nowMs;
  const warning = leftMs > 0 ? warningFor(leftMs) : null;
  if (watch && watch.deadline !== deadline) {
    return { watch: { deadline, warned: warning }, say: `This meeting now ends at ${clockTime(deadline)}.` };
  }
  const warned = watch ? watch.warned : null;
  if (warning === null || warning === warned) return { watch: { deadline, warned }, say: null };
  const minutes = Math.ceil(leftMs / MINUTE_MS);
  const say = `${minutes === 1 ? "1 minute" : `${minutes} minutes`} left: this meeting ends at ${clockTime(deadline)}.`;
  return { watch: { deadline, warned: warning }, say };
}
