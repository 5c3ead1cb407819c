// People's words for what the server calls by code. Pure; every page says the same thing in the same words.

import { clockTime, dayAndTime, span } from "./time.js";

const ENDINGS = {
  NO_SHOW_TIMEOUT: ["nobody came", "Nobody came within the first minutes, so the desktops were put away."],
  PARTIAL_NO_SHOW_TIMEOUT: ["not everybody came", "Not everybody came within the first minutes, so the desktops were put away."],
  "15_MIN_SUCCESS": ["it took place, and was short", "Everybody had left within the first minutes."],
  SUCCESS: ["it took place", "Everybody had left."],
  OVERTIME: ["its time was up", "Its time was up, with the extra time included."],
  CANCELLED: ["the host ended it", "The host cancelled or ended it."],
  LAUNCH_FAILED: ["the desktops could not be started", "The desktops could not be started, although it was tried several times."],
};

/** "teacher" -> "Teacher", "guest_2" -> "Guest 2". */
export function roleName(role) {
  return sentenceCase(role.replaceAll("_", " "));
}

/** ["Ana", "Ben", "Cleo"] -> "Ana, Ben and Cleo". */
export function joinNames(names) {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Why a meeting is over, as the end of a sentence: "nobody came". */
export function endingShort(reason) {
  return ENDINGS[reason]?.[0] ?? "it is over";
}

/** Why a meeting is over, as a sentence for a person who wanted to be in it. */
export function endingSentence(reason) {
  return ENDINGS[reason]?.[1] ?? "This meeting is over.";
}

/** True when somebody should look into it. */
export function endingIsFault(reason) {
  return reason === "LAUNCH_FAILED";
}

/** The state of a meeting in a line. */
export function meetingState(meeting, nowMs) {
  const left = meeting.deadline ? Date.parse(meeting.deadline) - nowMs : null;
  switch (meeting.status) {
    case "SCHEDULED":
      return Date.parse(meeting.meet_time) > nowMs ? `Booked, starts in ${span(Date.parse(meeting.meet_time) - nowMs)}` : "Booked, about to start";
    case "LAUNCHED": return "Desktops are starting";
    case "DNS_WRITTEN": return "Desktops are getting their addresses";
    case "HEALTHY": return "Ready, waiting for people";
    case "IN_PROGRESS": return left === null ? "In progress" : `In progress, ${span(left)} left`;
    case "TERMINATED": return `Ended: ${endingShort(meeting.termination_reason)}`;
    default: return "State unknown";
  }
}

/** The state of one seat in a line, for the host. */
export function seatState(seat, isOver) {
  if (isOver) {
    if (!seat.joined_at) return "Was not here";
    return seat.seen_at ? `Was here from ${clockTime(seat.joined_at)} to ${clockTime(seat.seen_at)}` : `Came at ${clockTime(seat.joined_at)}`;
  }
  if (seat.present) return "Here now";
  switch (seat.phase) {
    case "PENDING": return seat.launches > 0 ? "Getting a new desktop" : "Desktop not started yet";
    case "LAUNCHED": return "Desktop is starting";
    case "DNS_WRITTEN": return "Desktop is getting its address";
    case "HEALTHY": return seat.joined_at ? "Desktop is ready; was here before" : "Desktop is ready; not here yet";
    case "ENDED": return seat.session_data ? "Has left" : "Getting a new desktop";
    case "IN_PROGRESS": return seat.seen_at ? `Away since ${clockTime(seat.seen_at)}` : "On the way in";
    default: return "State unknown";
  }
}

/** "must not be empty" -> "Must not be empty". */
export function sentenceCase(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "Today, 15:45 (1 h)". */
export function meetingWhen(meeting, nowMs) {
  return `${sentenceCase(dayAndTime(meeting.meet_time, nowMs))} (${span(meeting.duration_minutes * 60_000)})`;
}

/** What the server wrote, as a sentence of its own: "must not be empty" -> "Must not be empty." */
export function sentence(text) {
  return /[.!?…]$/.test(text) ? sentenceCase(text) : `${sentenceCase(text)}.`;
}

/** A size in bytes for people: "3.4 MB". */
export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const step = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** step).toFixed(1)} ${units[step - 1]}`;
}
