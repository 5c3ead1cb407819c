// One meeting on the host's page. Made once, then updated in place, so that focus and open disclosures stay.

import { element, onPress, setText, showNotice } from "./elements.js";
import { eventName, inViewersZone } from "./event_words.js";
import { costLine, whoseLine } from "./hours.js";
import { endingIsFault, joinNames, meetingState, meetingWhen, roleName } from "./phrases.js";
import { recordingsPart } from "./recordings.js";
import { seatRow } from "./seat_row.js";
import { clockTime, dayAndTime, zoneShort } from "./time.js";

const SAID_MS = 20_000; // longer than a request may take

function namesOf(meeting) {
  return joinNames(meeting.seats.map((seat) => seat.name));
}

function actionButtons(current, actions) {
  const button = (text, act, kind = "") => onPress(element("button", { type: "button", class: `button compact ${kind}`, text }), () => act(current(), namesOf(current())));
  return {
    more15: button("+15 min", (meeting) => actions.extend(meeting, 15)),
    more30: button("+30 min", (meeting) => actions.extend(meeting, 30)),
    more: button("More time…", actions.askExtend),
    reschedule: button("Change time…", actions.reschedule),
    end: button("End…", actions.end, "alert"),
  };
}

function timelinePart() {
  const list = element("ol", { class: "timeline small" });
  const summary = element("summary", { text: "What happened" });
  const node = element("details", {}, summary, list);
  let shown = -1;
  const update = (meeting, nowMs) => {
    if (shown === meeting.history.length) return;
    shown = meeting.history.length;
    list.replaceChildren(...meeting.history.map((entry) => {
      const who = entry.role ? `${roleName(entry.role)}: ` : "";
      return element("li", {},
        element("time", { class: "figures", datetime: entry.at, text: dayAndTime(entry.at, nowMs) }),
        `${who}${eventName(entry)}`, element("span", { class: "why", text: entry.why ? ` – ${inViewersZone(entry.why, entry.at)}` : "" }));
    }));
  };
  return { node, update };
}

function setWhen(node, meeting, nowMs) {
  const text = `${meetingWhen(meeting, nowMs)}, ${zoneShort(new Date(meeting.meet_time))}`;
  setText(node, meeting.ended_at ? `${text}; ended at ${clockTime(meeting.ended_at)}` : text);
}

/** What came of what the host did last; good news goes by itself. Returns {node, say(text, isAlert)}. */
function saidPart() {
  const node = element("p", { class: "notice small", hidden: true });
  let timer = null;
  const say = (text, isAlert) => {
    clearTimeout(timer);
    node.classList.toggle("alert", isAlert);
    showNotice(node, text);
    if (!isAlert) timer = setTimeout(() => showNotice(node, ""), SAID_MS);
  };
  return { node, say };
}

/** Returns {node, update(meeting, nowMs), say(text, isAlert), meeting(), state(), title()}. */
export function meetingCard(first, actions, policy) {
  let meeting = first;
  const title = element("h3");
  const state = element("p", { class: "state figures" });
  const when = element("p", { class: "soft small figures" });
  const more = element("p", { class: "more soft small figures" });
  const seats = element("ul", { class: "seats" });
  const rows = new Map();
  const buttons = actionButtons(() => meeting, actions);
  const row = element("div", { class: "row" }, ...Object.values(buttons));
  const said = saidPart();
  const timeline = timelinePart();
  const recordings = recordingsPart();
  const disclosures = element("div", { class: "disclosures" }, recordings.node, timeline.node);
  const node = element("article", { class: "sheet meeting", "data-meeting-id": first.id },
    element("header", {}, title, state, when, more), seats, row, said.node, disclosures);

  const updateSeats = (isOver, nowMs) => {
    for (const seat of meeting.seats) {
      if (!rows.has(seat.role)) {
        const made = seatRow(seat, (fresh) => actions.reissue(meeting, fresh));
        rows.set(seat.role, made);
        seats.append(made.node);
      }
      rows.get(seat.role).update(seat, { isOver, meeting, nowMs, policy });
    }
  };

  const update = (latest, nowMs) => {
    meeting = latest;
    const isOver = meeting.ended_at !== null;
    const begun = meeting.status === "IN_PROGRESS";
    setText(title, namesOf(meeting));
    setText(state, meetingState(meeting, nowMs));
    setWhen(when, meeting, nowMs);
    showNotice(more, [whoseLine(meeting, policy.ownName), costLine(meeting)].filter(Boolean).join(". "));
    node.classList.toggle("is-open", !isOver);
    node.classList.toggle("is-fault", endingIsFault(meeting.termination_reason));
    row.hidden = isOver;
    buttons.reschedule.hidden = meeting.status !== "SCHEDULED";
    setText(buttons.end, begun ? "End meeting…" : "Cancel meeting…");
    updateSeats(isOver, nowMs);
    timeline.update(meeting, nowMs);
    recordings.update(meeting);
  };

  return { node, update, say: said.say, meeting: () => meeting, state: () => meeting.status, title: () => namesOf(meeting) };
}
