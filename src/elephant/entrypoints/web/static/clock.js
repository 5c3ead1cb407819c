// The server's clock, as far as its Date headers tell: a person's own clock may be minutes off.

const TRUSTED_DIFFERENCE_MS = 3000; // a Date header has whole seconds, and its way here takes time

let offsetMs = 0;

/** Difference (ms) to add to the local clock, given a Date header and the local time at its arrival. */
export function clockOffset(dateHeader, localMs) {
  const serverMs = Date.parse(dateHeader ?? "");
  if (Number.isNaN(serverMs)) return 0;
  const difference = serverMs - localMs;
  return Math.abs(difference) > TRUSTED_DIFFERENCE_MS ? difference : 0;
}

export function noteServerDate(dateHeader) {
  if (dateHeader) offsetMs = clockOffset(dateHeader, Date.now());
}

/** Now, in ms since 1970, by the server's clock. */
export function now() {
  return Date.now() + offsetMs;
}
