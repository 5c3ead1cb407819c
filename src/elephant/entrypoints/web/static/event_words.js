// The lines of a meeting's timeline, in people's words and in the viewer's zone. Pure.

import { endingShort, sentenceCase } from "./phrases.js";
import { clockTime, dayAndTime } from "./time.js";

const EVENTS = {
  booked: "Booked",
  "machine launched": "Desktop started",
  "launch failed": "Desktop could not be started",
  "address published": "Desktop has its address",
  "desktop ready": "Desktop ready",
  joined: "Came in",
  "machine gone": "Desktop is gone",
  "recording handed in": "Recording saved",
  "invitation link made anew": "New link made",
};

const DAY_MS = 86_400_000;

function localClock(hours, minutes, atIso) {
  const at = new Date(atIso);
  const ms = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), Number(hours), Number(minutes));
  // A time of day without its date is the next one after the event.
  return clockTime(new Date(ms < at.getTime() ? ms + DAY_MS : ms).toISOString());
}

/** "moved to 14:45 UTC" -> "moved to 15:45", in the viewer's zone; `atIso` is when the line was written. */
export function inViewersZone(text, atIso) {
  return text
    .replace(/(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/g, (_all, day, time) => dayAndTime(`${day}T${time}:00Z`))
    .replace(/(\d\d):(\d\d) UTC/g, (_all, hours, minutes) => localClock(hours, minutes, atIso));
}

/** One event's name: "machine launched" -> "Desktop started", "ended: SUCCESS" -> "Ended: it took place". */
export function eventName({ what, at }) {
  const ended = /^ended: (\w+)$/.exec(what);
  if (ended) return `Ended: ${endingShort(ended[1])}`;
  return EVENTS[what] ?? sentenceCase(inViewersZone(what, at));
}
