// What a host can do to a meeting. Each action asks where it must, calls the server, says what came of it.

import { ask } from "./api.js";
import { now } from "./clock.js";
import { askMinutes, askNewTime, confirm } from "./dialogs.js";
import { announce, byId, showNotice, showWarnings } from "./elements.js";
import { problemSentences } from "./form_problems.js";
import { joinNames, sentence } from "./phrases.js";

function path(meeting, tail = "") {
  return `/meetings/${encodeURIComponent(meeting.id)}${tail}`;
}

/** Of the last change only: what an earlier one was warned of may have been mended by it. */
function showOutcome(answer) {
  const notice = byId("changed-warnings");
  showWarnings(notice, answer.warnings);
  if (!notice.hidden) notice.scrollIntoView({ block: "nearest" });
}

/** `changed()` is called after every change. Actions resolve when done; refusals are shown on the page. */
export function hostActions({ changed }) {
  const attempt = async (work, done) => {
    try {
      const { body } = await work();
      showNotice(byId("trouble"), "");
      showOutcome(body);
      announce(body.message ?? done);
    } catch (error) {
      if (!error.kind) throw error;
      showNotice(byId("trouble"), `That did not work. ${error.errors.length > 0 ? problemSentences(error.errors) : sentence(error.message)}`);
      byId("trouble").scrollIntoView({ block: "nearest" });
    }
    changed();
  };

  const extend = (meeting, minutes) => attempt(() => ask(path(meeting, "/extend"), { method: "POST", body: { minutes } }), `${minutes} minutes more`);

  const end = async (meeting, names) => {
    const begun = meeting.status === "IN_PROGRESS";
    const present = meeting.seats.filter((seat) => seat.present).map((seat) => seat.name);
    const warning = present.length > 0 ? `${joinNames(present)} would be put out at once. ` : "";
    const yes = await confirm({
      title: `${begun ? "End" : "Cancel"} the meeting of ${names}?`,
      text: `${warning}The desktops are removed and the links stop working. This cannot be undone.`,
      action: begun ? "End meeting" : "Cancel meeting",
    });
    if (yes) await attempt(() => ask(path(meeting, "/cancel"), { method: "POST", body: {} }), "The meeting is over");
  };

  const reissue = async (meeting, seat) => {
    const yes = await confirm({
      title: `New link for ${seat.name}?`,
      text: "The link sent so far stops working. Send the new one afterwards.",
      action: "Make a new link",
    });
    if (yes) await attempt(() => ask(path(meeting, `/links/${encodeURIComponent(seat.role)}`), { method: "POST", body: {} }), "There is a new link");
  };

  const askExtend = (meeting) => askMinutes(async (minutes) => {
    showOutcome((await ask(path(meeting, "/extend"), { method: "POST", body: { minutes } })).body);
    changed();
  });

  const reschedule = (meeting) => askNewTime(meeting, new Date(now()), async (change) => {
    showOutcome((await ask(path(meeting), { method: "PATCH", body: change })).body);
    changed();
  });

  return { extend, askExtend, end, reissue, reschedule };
}
