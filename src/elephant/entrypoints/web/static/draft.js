// A half-filled form that outlives a sign-in: kept in this tab alone, until it is filled in again.

const DRAFT = "elephant.draft";

/** `unanswered` is what was sent of it and may have been done, or null. */
export function keepDraft(form, unanswered) {
  sessionStorage.setItem(DRAFT, JSON.stringify({ fields: [...new FormData(form)], unanswered }));
}

/** Fills the form as it was kept, and returns {unanswered}; null when nothing was. */
export function restoreDraft(form) {
  const kept = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
  if (kept === null) return null;
  sessionStorage.removeItem(DRAFT);
  for (const [name, value] of kept.fields) {
    const field = form.elements[name];
    if (field) field.value = value; // a group of radio buttons takes one too
  }
  return { unanswered: kept.unanswered };
}
