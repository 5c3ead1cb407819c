// The host page's dialogs: native <dialog>, so focus stays inside and Escape closes.

import { byId, setText, showNotice } from "./elements.js";
import { clearProblems, showProblems, unansweredWords } from "./form_problems.js";
import { fromLocalField, toLocalField, zoneName } from "./time.js";

/** Asks yes or no; false also when the dialog was closed otherwise. */
export function confirm({ title, text, action }) {
  const dialog = byId("confirm-dialog");
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-action"), action);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

const openings = new WeakMap(); // the latest of each dialog: an answer may come when another meeting's is open

/**
 * Opens a dialog with a form; `save(values)` may throw RequestFailed, which is shown in the form, or given to
 * `failedLate` when that is not open any more.
 */
function openForm(dialog, { fields, read, save, failedLate }) {
  const form = dialog.querySelector("form");
  const submit = form.querySelector("[type=submit]");
  const trouble = dialog.querySelector("[data-trouble]");
  const opening = {};
  openings.set(dialog, opening);
  const isOpen = () => dialog.open && openings.get(dialog) === opening;
  const show = (error) => {
    const words = error.mayBeDone ? unansweredWords(error) : error.message;
    showNotice(trouble, showProblems(fields, error.errors, words));
  };
  clearProblems(fields);
  showNotice(trouble, "");
  submit.disabled = false;
  for (const button of dialog.querySelectorAll("[data-close]")) button.onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    clearProblems(fields);
    const { values, errors } = read();
    if (errors.length > 0) { show({ errors, message: "" }); return; }
    showNotice(trouble, "");
    submit.disabled = true;
    try {
      await save(values);
      if (isOpen()) dialog.close();
    } catch (error) {
      if (!error.kind) throw error;
      if (isOpen()) show(error);
      else failedLate(error);
    } finally {
      if (isOpen()) submit.disabled = false;
    }
  };
  dialog.showModal();
}

function minutesOf(input, field) {
  const minutes = input.valueAsNumber;
  const fits = minutes > 0 && minutes <= Number(input.max);
  return { minutes, errors: fits ? [] : [{ field, problem: `Enter the minutes as a number, at most ${input.max}.` }] };
}

/** Asks for a number of minutes; for `save(minutes)` and `failedLate` see openForm. */
export function askMinutes({ save, failedLate }) {
  const input = byId("extend-minutes");
  const read = () => {
    const { minutes, errors } = minutesOf(input, "minutes");
    return { values: minutes, errors };
  };
  openForm(byId("extend-dialog"), { fields: { minutes: [input, byId("extend-problem")] }, read, save, failedLate });
  input.select();
}

/** Asks for a new time and length, `save({meet_time, duration_minutes})`; see openForm. */
export function askNewTime(meeting, today, { save, failedLate }) {
  const when = byId("reschedule-when");
  const length = byId("reschedule-minutes");
  when.value = toLocalField(new Date(meeting.meet_time));
  const asItWas = when.value; // an hour that the clocks go through twice reads the same, and is another
  when.min = toLocalField(today);
  length.value = meeting.duration_minutes;
  setText(byId("reschedule-zone"), `In your zone: ${zoneName()}`);
  const read = () => {
    const meetTime = when.value === asItWas ? meeting.meet_time : fromLocalField(when.value);
    const { minutes, errors } = minutesOf(length, "duration_minutes");
    const timeErrors = meetTime ? [] : [{ field: "meet_time", problem: "Enter a day and a time." }];
    return { values: { meet_time: meetTime, duration_minutes: minutes }, errors: [...timeErrors, ...errors] };
  };
  const fields = {
    meet_time: [when, byId("reschedule-when-problem")],
    duration_minutes: [length, byId("reschedule-minutes-problem")],
  };
  openForm(byId("reschedule-dialog"), { fields, read, save, failedLate });
}
