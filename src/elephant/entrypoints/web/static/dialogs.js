// The host page's dialogs: native <dialog>, so focus stays inside and Escape closes.

import { byId, setText, showNotice } from "./elements.js";
import { clearProblems, showProblems } from "./form_problems.js";
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

/** Opens a dialog with a form; `save(values)` may throw RequestFailed, which is shown in the form. */
function openForm(dialog, { fields, read, save }) {
  const form = dialog.querySelector("form");
  const trouble = dialog.querySelector("[data-trouble]");
  const show = (error) => {
    const elsewhere = showProblems(fields, error.errors, error.message);
    if (trouble) showNotice(trouble, elsewhere);
  };
  clearProblems(fields);
  if (trouble) showNotice(trouble, "");
  for (const button of dialog.querySelectorAll("[data-close]")) button.onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    clearProblems(fields);
    const { values, errors } = read();
    if (errors.length > 0) { show({ errors, message: "" }); return; }
    const submit = form.querySelector("[type=submit]");
    submit.disabled = true;
    try {
      await save(values);
      dialog.close();
    } catch (error) {
      if (!error.kind) throw error;
      show(error);
    } finally {
      submit.disabled = false;
    }
  };
  dialog.showModal();
}

function minutesOf(input, field) {
  const minutes = input.valueAsNumber;
  const fits = minutes > 0 && minutes <= Number(input.max);
  return { minutes, errors: fits ? [] : [{ field, problem: `Enter the minutes as a number, at most ${input.max}.` }] };
}

/** Asks for a number of minutes. */
export function askMinutes(save) {
  const input = byId("extend-minutes");
  const read = () => {
    const { minutes, errors } = minutesOf(input, "minutes");
    return { values: minutes, errors };
  };
  openForm(byId("extend-dialog"), { fields: { minutes: [input, byId("extend-problem")] }, read, save });
  input.select();
}

/** Asks for a new time and length; `save({meet_time, duration_minutes})`. */
export function askNewTime(meeting, today, save) {
  const when = byId("reschedule-when");
  const length = byId("reschedule-minutes");
  when.value = toLocalField(new Date(meeting.meet_time));
  when.min = toLocalField(today);
  length.value = meeting.duration_minutes;
  setText(byId("reschedule-zone"), `In your zone: ${zoneName()}`);
  const read = () => {
    const meetTime = fromLocalField(when.value);
    const { minutes, errors } = minutesOf(length, "duration_minutes");
    const timeErrors = meetTime ? [] : [{ field: "meet_time", problem: "Enter a day and a time." }];
    return { values: { meet_time: meetTime, duration_minutes: minutes }, errors: [...timeErrors, ...errors] };
  };
  const fields = {
    meet_time: [when, byId("reschedule-when-problem")],
    duration_minutes: [length, byId("reschedule-minutes-problem")],
  };
  openForm(byId("reschedule-dialog"), { fields, read, save });
}
