// The bar's names and time left, and the notices about time.

import { now } from "./clock.js";
import { watchDeadline } from "./deadline_watch.js";
import { byId, setText, showNotice } from "./elements.js";
import { joinNames } from "./phrases.js";
import { countdown, span } from "./time.js";

const NOTICE_MS = 12_000;
const SOON_MS = 5 * 60_000;

/** Returns {set(state), deadline(), say(text)}; `announceBar()` is called with every notice about time. */
export function desktopTime({ announceBar }) {
  let deadline = null;
  let watch = null;
  let title = "Your desktop";
  let noticeTimer = null;

  const say = (text) => {
    clearTimeout(noticeTimer);
    showNotice(byId("notice"), text);
    noticeTimer = setTimeout(() => showNotice(byId("notice"), ""), NOTICE_MS);
  };

  const tick = () => {
    if (deadline === null) return;
    const leftMs = Date.parse(deadline) - now();
    const text = leftMs <= SOON_MS ? `${countdown(leftMs)} left` : `${span(leftMs)} left`;
    setText(byId("left"), text);
    byId("left").dataset.soon = String(leftMs <= SOON_MS);
    document.title = `${span(leftMs)} left · ${title}`;
    const next = watchDeadline(watch, deadline, now());
    watch = next.watch;
    if (next.say !== null && document.body.dataset.state === "connected") {
      say(next.say);
      announceBar();
    }
  };

  const set = (state) => {
    deadline = state.deadline;
    title = joinNames(state.names.map((person) => person.name));
    setText(byId("who"), title);
    tick();
  };

  setInterval(tick, 1000);
  return { set, deadline: () => deadline, say };
}
