// Asks what the server knows about this desktop.

import { ask } from "./api.js";

/**
 * Returns {kind, state?, reason?}: "known" with the state, "over" with the reason, "refused" (no permission),
 * "gone" (no such desktop), "away" (the server could not be asked; nothing is known).
 */
export async function desktopState(machineId) {
  try {
    const { body } = await ask(`/desktop/${encodeURIComponent(machineId)}/state`);
    return body.over ? { kind: "over", reason: body.termination_reason } : { kind: "known", state: body };
  } catch (error) {
    if (!error.kind) throw error;
    if (error.status === 410) return { kind: "over", reason: error.body.termination_reason };
    if (error.status === 404) return { kind: "gone" };
    if (error.status === 401 || error.status === 403) return { kind: "refused" };
    return { kind: "away" };
  }
}
