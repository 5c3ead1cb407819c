// A half-filled form that outlives a sign-in: kept in this tab alone, until it is filled in again.

const DRAFT = "elephant.draft";

export function keepDraft(form) {
  sessionStorage.setItem(DRAFT, JSON.stringify([...new FormData(form)]));
}

/** Fills the form as it was kept; false when nothing was. */
export function restoreDraft(form) {
  const kept = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
  if (kept === null) return false;
  sessionStorage.removeItem(DRAFT);
  for (const [name, value] of kept) {
    const field = form.elements[name];
    if (field) field.value = value; // a group of radio buttons takes one too
  }
  return true;
}
