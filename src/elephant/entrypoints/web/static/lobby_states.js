// What the lobby says in each situation. Pure: an answer (or a failure) in, words and the step out.

import { endingSentence } from "./phrases.js";

const STEP_OF_PHASE = { PENDING: "starting", LAUNCHED: "starting", DNS_WRITTEN: "address", HEALTHY: "ready", IN_PROGRESS: "ready" };

export const STEPS = ["booked", "starting", "address", "ready"];

/** The step that is under way in this phase; before the launch it is "booked". */
export function currentStep(phase, isBeforeLaunch) {
  if (isBeforeLaunch) return "booked";
  return STEP_OF_PHASE[phase] ?? "starting";
}

const INCOMPLETE = {
  state: "failed",
  title: "This link is not complete",
  text: "A part of the address is missing or changed. That happens when a link is cut in two by a mail or chat program.",
  mend: "Open the link from your invitation again, or copy it whole into the address bar. If that does not help, ask whoever invited you to send it once more.",
};

/** Words for a refusal that waiting will not mend. `error` is a RequestFailed of kind "refused". */
export function refusalWords(error) {
  switch (error.status) {
    case 401:
    case 403: return {
      state: "failed",
      title: "This link does not open this meeting",
      text: "Its key is not the one for your seat. It may have been replaced by a newer link, or not copied whole.",
      mend: "Look for a newer invitation. If there is none, ask whoever invited you for a new link; they can make one on their host page.",
    };
    case 404: return {
      state: "failed",
      title: "There is no such meeting",
      text: "The address names a meeting that does not exist here, or no longer.",
      mend: "Compare the address with your invitation. If it is the same, ask whoever invited you.",
    };
    case 410: return overWords(error.body.termination_reason);
    default: return INCOMPLETE;
  }
}

/** Words for a meeting that is over. */
export function overWords(reason) {
  if (reason === "CANCELLED") {
    return { state: "over", title: "This meeting was cancelled or ended", text: "The host ended it, and no desktop is left of it.", mend: "Nothing is needed from you. Whoever invited you can book a new meeting." };
  }
  if (reason === "LAUNCH_FAILED") {
    return { state: "over", title: "The desktops could not be started", text: endingSentence(reason), mend: "Tell whoever invited you. They can book a new meeting; whoever runs this server should look into why the desktops did not start." };
  }
  return { state: "over", title: "This meeting is over", text: endingSentence(reason), mend: "If you still want to meet, ask whoever invited you to book a new meeting." };
}

/** Words while the server cannot be asked; the page keeps trying. */
export function troubleWords(error, isOnline) {
  if (!isOnline) return "Your computer is offline. Connect it to the network; this page goes on by itself.";
  if (error.kind === "unreachable") return "The server does not answer at the moment. This page keeps trying. If it lasts, tell whoever invited you.";
  return "The server has a problem at the moment. This page keeps trying. If it lasts, tell whoever invited you.";
}

export const incompleteWords = INCOMPLETE;
