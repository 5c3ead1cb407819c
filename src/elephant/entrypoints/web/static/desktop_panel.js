// What stands over the desktop when one is not in it: left, over, or failed.

import { byId, setText } from "./elements.js";
import { overWords } from "./lobby_states.js";
import { clockTime } from "./time.js";

/** Shows the panel. `words`: {title, text, mend?}; `action`: {caption, run} or null. */
export function showPanel(words, action) {
  setText(byId("panel-title"), words.title);
  setText(byId("panel-text"), words.text);
  setText(byId("panel-mend"), words.mend ?? "");
  byId("panel-mend").hidden = !words.mend;
  const button = byId("panel-action");
  button.hidden = action === null;
  if (action) {
    setText(button, action.caption);
    button.onclick = action.run;
  }
  byId("panel-cover").hidden = false;
  (action ? button : byId("panel-title")).focus();
}

export function hidePanel() {
  byId("panel-cover").hidden = true;
}

export function leftWords(deadline) {
  const until = deadline ? ` It ends at ${clockTime(deadline)} at the latest.` : "";
  return {
    title: "You have left the meeting",
    text: `You can come back as long as the meeting goes on; your desktop stays as you left it.${until} When everybody has left, it may end earlier.`,
    mend: "If you are done, you can close this page.",
  };
}

export function overPanelWords(reason) {
  const words = overWords(reason);
  return { ...words, text: `${words.text} You can close this page.` };
}

export const replacedWords = {
  title: "Your desktop stopped",
  text: "You are getting a new one. One moment.",
};

export const notAllowedWords = {
  title: "This page no longer opens your desktop",
  text: "Its permission has run out, or was meant for another desktop.",
  mend: "Open the link from your invitation again. If that does not help, ask whoever invited you for a new one.",
};

export const goneWords = {
  title: "This desktop is gone",
  text: "It was stopped, or replaced by a new one.",
  mend: "Open the link from your invitation again: it leads to your desktop as long as the meeting goes on.",
};
