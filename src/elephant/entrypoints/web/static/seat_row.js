// One person's seat on a meeting's card: who, in which state, and the invitation link.

import { copyButton } from "./copy_button.js";
import { element, onPress, setText } from "./elements.js";
import { roleName, seatState } from "./phrases.js";
import { dayAndTime } from "./time.js";

const MINUTE_MS = 60_000;

function seatWords(seat, { isOver, meeting, nowMs, policy }) {
  const startMs = Date.parse(meeting.meet_time) - policy.launchLeadMinutes * MINUTE_MS;
  if (!isOver && meeting.status === "SCHEDULED" && startMs > nowMs) {
    return `Desktop starts ${dayAndTime(new Date(startMs).toISOString(), nowMs)}`;
  }
  return seatState(seat, isOver);
}

/**
 * Returns {node, update(seat, {isOver, meeting, nowMs, policy})}; `reissue(seat)` makes a new link and resolves with it, or
 * with null.
 */
export function seatRow(first, reissue) {
  let seat = first;
  const name = element("span", { class: "name" });
  const role = element("span", { class: "soft small" });
  const state = element("p", { class: "small" });
  const problem = element("p", { class: "problem" });
  const copy = copyButton({ label: `Copy the link of ${first.name}`, text: () => seat.link });
  const renew = element("button", { type: "button", class: "button compact plain", "aria-label": `Make a new link for ${first.name}`, text: "New link…" });
  onPress(renew, async () => {
    copy.disabled = true; // until the new one is known: the old one opens nothing any more
    try {
      const link = await reissue(seat);
      if (link) seat = { ...seat, link };
    } finally {
      copy.disabled = false;
    }
  });
  const links = element("div", { class: "row" }, copy, renew);
  const node = element("li", { class: "seat", "data-role": first.role },
    element("div", { class: "person" }, element("p", {}, name, " ", role), state), links, problem);

  const update = (latest, context) => {
    seat = latest;
    setText(name, seat.name);
    setText(role, roleName(seat.role));
    setText(state, seatWords(seat, context));
    state.classList.toggle("here", seat.present && !context.isOver);
    setText(problem, context.isOver ? "" : seat.problem ?? "");
    problem.hidden = problem.textContent === "";
    links.hidden = context.isOver;
    copy.hidden = !seat.link;
  };
  return { node, update };
}
