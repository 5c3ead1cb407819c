// The recordings of a meeting: asked for, seat by seat, when somebody opens the disclosure.

import { ask } from "./api.js";
import { element } from "./elements.js";
import { fileSize, roleName } from "./phrases.js";
import { site } from "./site.js";
import { clockTime, span } from "./time.js";

const LINKS_LIVE_MS = 4 * 60_000; // those into a bucket end after five minutes

/** Ours carry the public host name; the path alone keeps the request on this origin, with its cookie. */
function downloadAddress(segment) {
  return site ? segment.url : new URL(segment.url, location.href).pathname;
}

function segmentItem(segment) {
  const times = segment.ended_at
    ? `${clockTime(segment.started_at)} to ${clockTime(segment.ended_at)} (${span(Date.parse(segment.ended_at) - Date.parse(segment.started_at))})`
    : `from ${clockTime(segment.started_at)}`;
  const size = segment.size_bytes === null ? "" : `, ${fileSize(segment.size_bytes)}`;
  return element("li", {}, element("a", { href: downloadAddress(segment), download: true, text: `Download ${times}` }), size);
}

async function seatRecordings(meetingId, seat) {
  const heading = element("p", {}, element("strong", { text: seat.name }), ` (${roleName(seat.role)})`);
  try {
    const { body } = await ask(`/recordings/${encodeURIComponent(meetingId)}/${encodeURIComponent(seat.role)}`);
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
  let meetingId = "";
  let seats = [];
  let shown = "";
  let renewal = null;

  const load = async () => {
    list.replaceChildren(element("p", { class: "soft", text: "Reading the list…" }));
    list.replaceChildren(...await Promise.all(seats.map((seat) => seatRecordings(meetingId, seat))));
    clearTimeout(renewal);
    if (site) renewal = setTimeout(() => { if (node.open) load(); }, LINKS_LIVE_MS);
  };
  node.ontoggle = () => { if (node.open) load(); };

  const update = (meeting) => {
    meetingId = meeting.id;
    seats = meeting.seats.filter((seat) => seat.session_data);
    const key = seats.map((seat) => seat.session_data).join(" ");
    node.hidden = seats.length === 0;
    if (node.open && key !== shown) load();
    shown = key;
  };
  return { node, update };
}
