// Words for times and spans of time. Pure but for the viewer's own zone and language, read from Intl.

const MINUTE_MS = 60_000;

// The pages are in English, so dates are too: the viewer's own English where there is one.
function language() {
  return (globalThis.navigator?.languages ?? []).find((tag) => tag.startsWith("en")) ?? "en-GB";
}

function format(date, options) {
  return new Intl.DateTimeFormat(language(), options).format(date);
}

/** The viewer's zone for people: "Europe/Berlin, GMT+1". */
export function zoneName(date = new Date()) {
  const place = new Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
  const short = zoneShort(date);
  return short === place ? place : `${place}, ${short}`;
}

/** "GMT+1" at that moment. */
export function zoneShort(date) {
  const parts = new Intl.DateTimeFormat(language(), { timeZoneName: "short" }).formatToParts(date);
  return parts.find((part) => part.type === "timeZoneName").value;
}

/** "15:45", or "3:45 pm", as the viewer's language has it. */
export function clockTime(iso) {
  return format(new Date(iso), { timeStyle: "short" });
}

/** "today, 15:45", "tomorrow, 15:45", "Fri 21 Nov, 15:45"; with the year when it is not this one's. */
export function dayAndTime(iso, nowMs = Date.now()) {
  const date = new Date(iso);
  const today = new Date(nowMs);
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate());
  const days = Math.round((midnight(date) - midnight(today)) / (24 * 60 * MINUTE_MS));
  const near = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
  const year = date.getFullYear() === today.getFullYear() ? undefined : "numeric";
  const day = near ?? format(date, { weekday: "short", day: "numeric", month: "short", year });
  return `${day}, ${clockTime(iso)}`;
}

/** "Friday, 21 November 2025 at 15:45". */
export function fullDateAndTime(iso) {
  const day = format(new Date(iso), { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  return `${day} at ${clockTime(iso)}`;
}

/** A span in words, minutes rounded up, so that "1 min left" is true until the end: "2 h 5 min". */
export function span(ms) {
  const minutes = Math.max(0, Math.ceil(ms / MINUTE_MS));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`;
  return `${rest} min`;
}

/** A running clock: "4:31", "1:04:31". */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const pad = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** "8 seconds", "2 minutes": how long something usually takes. */
export function roughly(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
}

/** The value of a datetime-local field for a moment, in the viewer's zone. */
export function toLocalField(date) {
  const pad = (n) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** The ISO UTC moment of a datetime-local field, or null when it is empty or half filled. */
export function fromLocalField(value) {
  const date = new Date(value);
  return value && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}

/** The next full quarter of an hour after a moment. */
export function nextQuarter(date) {
  const quarter = 15 * MINUTE_MS;
  return new Date(Math.ceil((date.getTime() + 1) / quarter) * quarter);
}
