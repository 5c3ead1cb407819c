// The recordings of a meeting: read from each seat's manifest when somebody opens the disclosure.

import { ask } from "./api.js";
import { element } from "./elements.js";
import { fileSize, roleName } from "./phrases.js";
import { clockTime, span } from "./time.js";

function segmentItem(segment) {
  const times = segment.ended_at
    ? `${clockTime(segment.started_at)} to ${clockTime(segment.ended_at)} (${span(Date.parse(segment.ended_at) - Date.parse(segment.started_at))})`
    : `from ${clockTime(segment.started_at)}`;
  const size = segment.size_bytes === null ? "" : `, ${fileSize(segment.size_bytes)}`;
  return element("li", {}, element("a", { href: new URL(segment.url, location.href).pathname, download: true, text: `Download ${times}` }), size);
}

async function seatRecordings(seat) {
  const heading = element("p", {}, element("strong", { text: seat.name }), ` (${roleName(seat.role)})`);
  try {
    // The manifest's address carries the public host name; the path alone keeps the request on this origin, with its cookie.
    const { body } = await ask(new URL(seat.session_data, location.href).pathname);
    const items = body.segments.map(segmentItem);
    return element("div", {}, heading, items.length > 0 ? element("ul", {}, ...items) : element("p", { class: "soft", text: "Nothing was recorded." }));
  } catch (error) {
    if (!error.kind) throw error;
    return element("div", {}, heading, element("p", { class: "problem", text: `The list could not be read: ${error.message} Close this part and open it again to retry.` }));
  }
}

/** Returns {node, update(meeting)}. */
export function recordingsPart() {
  const list = element("div", { class: "recordings" });
  const summary = element("summary", { text: "Recordings" });
  const node = element("details", { hidden: true }, summary, list);
  let seats = [];
  let shown = "";

  const load = async () => {
    list.replaceChildren(element("p", { class: "soft", text: "Reading the list…" }));
    list.replaceChildren(...await Promise.all(seats.map(seatRecordings)));
  };
  node.ontoggle = () => { if (node.open) load(); };

  const update = (meeting) => {
    seats = meeting.seats.filter((seat) => seat.session_data);
    const key = seats.map((seat) => seat.session_data).join(" ");
    node.hidden = seats.length === 0;
    if (node.open && key !== shown) load();
    shown = key;
  };
  return { node, update };
}
