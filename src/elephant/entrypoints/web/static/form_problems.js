// Field errors next to their fields, focus on the first. `fields`: {field name: [input, problem node]}.

import { setText } from "./elements.js";
import { roleName, sentence } from "./phrases.js";

export function clearProblems(fields) {
  for (const [input, node] of Object.values(fields)) {
    input.removeAttribute("aria-invalid");
    setText(node, "");
  }
}

/**
 * Shows errors [{field, problem}]. Returns what has no field on this form, as text for a general notice:
 * the unknown fields' problems, or the message when there was no error with a field.
 */
export function showProblems(fields, errors, message) {
  const own = errors.filter((error) => error.field in fields);
  const foreign = errors.filter((error) => !(error.field in fields));
  const shown = new Set();
  for (const { field, problem } of own) {
    const [input, node] = fields[field];
    input.setAttribute("aria-invalid", "true");
    setText(node, shown.has(field) ? `${node.textContent} ${sentence(problem)}` : sentence(problem));
    shown.add(field);
  }
  const first = Object.entries(fields).find(([name]) => shown.has(name));
  if (first) first[1][0].focus();
  if (foreign.length > 0) return problemSentences(foreign);
  return own.length > 0 || !message ? "" : sentence(message);
}

/** What became of a request that failed, in words; `error` is a RequestFailed. */
export function failureWords(error) {
  if (error.errors.length > 0) return `That did not work. ${problemSentences(error.errors)}`;
  return error.mayBeDone ? unansweredWords(error) : `That did not work. ${sentence(error.message)}`;
}

/** An answer that is missing says nothing of what was asked for; who tries again without looking may have it twice. */
export function unansweredWords(error) {
  return `${sentence(error.message)} It may be done all the same: look before you try again.`;
}

/** Errors without a field to stand next to: "Minutes must be more than 0." A problem completes "this field …". */
export function problemSentences(errors) {
  return errors.map(({ field, problem }) => sentence(`${roleName(field)} ${problem}`)).join(" ");
}
