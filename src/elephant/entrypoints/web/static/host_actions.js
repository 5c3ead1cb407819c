// What a host can do to a meeting. Each action asks where it must, calls the server, says what came of it.

import { ask } from "./api.js";
import { now } from "./clock.js";
import { askMinutes, askNewTime, confirm } from "./dialogs.js";
import { byId, showWarnings } from "./elements.js";
import { failureWords } from "./form_problems.js";
import { joinNames } from "./phrases.js";
import { dayAndTime } from "./time.js";

function path(meeting, tail = "") {
  return `/meetings/${encodeURIComponent(meeting.id)}${tail}`;
}

/** Of the last change only: what an earlier one was warned of may have been mended by it. */
function showOutcome(answer) {
  const notice = byId("changed-warnings");
  showWarnings(notice, answer.warnings);
  if (!notice.hidden) notice.scrollIntoView({ block: "nearest" });
}

/**
 * `changed()` is called after every change and resolves when the page shows it; `tell(meeting, text, isAlert)` says at the
 * meeting what came of it. Actions resolve when all that is done.
 */
export function hostActions({ changed, tell }) {
  const done = (meeting, body, words) => {
    showOutcome(body);
    tell(meeting, words(body), false);
    return changed();
  };
  const failed = (meeting, error) => {
    tell(meeting, failureWords(error), true);
    return changed();
  };

  /** The body of the answer, or null after a failure. */
  const attempt = async (meeting, tail, body, words) => {
    tell(meeting, "One moment…", false);
    try {
      const answer = await ask(path(meeting, tail), { method: "POST", body });
      await done(meeting, answer.body, words);
      return answer.body;
    } catch (error) {
      if (!error.kind) throw error;
      await failed(meeting, error);
      return null;
    }
  };

  const newEnd = (fresh) => `Now ends ${dayAndTime(fresh.deadline, now())} at the latest.`;
  const extend = (meeting, minutes) => attempt(meeting, "/extend", { minutes }, newEnd);

  const end = async (meeting, names) => {
    const begun = meeting.status === "IN_PROGRESS";
    const present = meeting.seats.filter((seat) => seat.present).map((seat) => seat.name);
    const warning = present.length > 0 ? `${joinNames(present)} would be put out at once. ` : "";
    const yes = await confirm({
      title: `${begun ? "End" : "Cancel"} the meeting of ${names}?`,
      text: `${warning}The desktops are removed and the links stop working. This cannot be undone.`,
      action: begun ? "End meeting" : "Cancel meeting",
    });
    if (yes) await attempt(meeting, "/cancel", {}, () => "The meeting is over.");
  };

  /** The new link, or null where none was made. */
  const reissue = async (meeting, seat) => {
    const yes = await confirm({
      title: `New link for ${seat.name}?`,
      text: "The link sent so far stops working. Send the new one afterwards.",
      action: "Make a new link",
    });
    const words = () => `There is a new link for ${seat.name}; the one before does not work any more.`;
    const made = yes ? await attempt(meeting, `/links/${encodeURIComponent(seat.role)}`, {}, words) : null;
    return made && made.link;
  };

  const askExtend = (meeting) => askMinutes({
    save: async (minutes) => {
      const { body } = await ask(path(meeting, "/extend"), { method: "POST", body: { minutes } });
      done(meeting, body, newEnd);
    },
    failedLate: (error) => failed(meeting, error),
  });

  const reschedule = (meeting) => askNewTime(meeting, new Date(now()), {
    save: async (change) => {
      const { body } = await ask(path(meeting), { method: "PATCH", body: change });
      done(meeting, body, () => `It now begins ${dayAndTime(body.meet_time, now())}.`);
    },
    failedLate: (error) => failed(meeting, error),
  });

  return { extend, askExtend, end, reissue, reschedule };
}
