// The host's page: what is open now (asked again every few seconds), what is over (in pages), and what can be done.

import { ask } from "./api.js";
import { now } from "./clock.js";
import { announce, arrived, byId, element, setText, showNotice } from "./elements.js";
import { hostActions } from "./host_actions.js";
import { hostIsHere } from "./host_session.js";
import { hostLine } from "./hours.js";
import { meetingCard } from "./meeting_card.js";
import { meetingState, sentence } from "./phrases.js";
import { backoffSeconds, poll, spread } from "./polling.js";
import { zoneName } from "./time.js";

const REFRESH_SECONDS = 3;
const OPEN_PAGE = 50; // a slow network has to have it within a request's time
const CLOSED_PAGE = 20;
const CLOSED_REFRESH_MS = 15_000; // recordings are handed in after the end
const HOURS_REFRESH_MS = 15_000;

const policy = { launchLeadMinutes: Number(document.body.dataset.launchLeadMinutes), ownName: null };
const openList = byId("open-meetings");
const closedList = byId("closed-meetings");
const showEarlier = byId("show-earlier");
const openCards = new Map();
const closedCards = new Map();
let closedLoadedMs = 0;
let hoursLoadedMs = 0;
let closedNext = null; // where the page begins that follows what is shown
const unreadable = new Map(); // what cannot be read, by list
let failures = 0;

const actions = hostActions({
  changed: () => {
    hoursLoadedMs = 0;
    return refresh.wake();
  },
  tell: (meeting, text, isAlert) => {
    openCards.get(meeting.id)?.say(text, isAlert);
    announce(text);
  },
});

function emptyNote(text, ...more) {
  return element("div", { class: "sheet empty" }, element("p", { class: "soft", text }), ...more);
}

/** Makes `list` show exactly these meetings in this order, keeping the cards that exist. */
function showMeetings(list, cards, meetings) {
  const wanted = new Set(meetings.map((meeting) => meeting.id));
  for (const [id, card] of cards) {
    if (wanted.has(id)) continue;
    card.node.remove();
    cards.delete(id);
  }
  let before = null;
  for (const meeting of meetings) {
    const card = cards.get(meeting.id) ?? meetingCard(meeting, actions, policy);
    cards.set(meeting.id, card);
    card.update(meeting, now());
    const place = before ? before.nextElementSibling : list.firstElementChild;
    if (place !== card.node) list.insertBefore(card.node, place);
    before = card.node;
  }
  while (before && before.nextElementSibling) before.nextElementSibling.remove();
}

function showOpen(meetings) {
  const states = new Map([...openCards].map(([id, card]) => [id, card.state()]));
  const somethingEnded = [...openCards.keys()].some((id) => !meetings.some((meeting) => meeting.id === id));
  openList.removeAttribute("aria-busy");
  if (meetings.length === 0) {
    openCards.clear();
    openList.replaceChildren(emptyNote("No meeting is open.", element("a", { class: "button", href: "/schedule", text: "Book one" })));
  } else {
    showMeetings(openList, openCards, meetings);
  }
  announceChanges(meetings, states);
  return somethingEnded;
}

/** Says aloud what changed since the last look, without the minutes that tick by. */
function announceChanges(meetings, states) {
  for (const meeting of meetings) {
    const before = states.get(meeting.id);
    const after = meeting.status;
    if (before && before !== after) announce(`${openCards.get(meeting.id).title()}: ${meetingState(meeting, now())}`);
  }
}

/** All open meetings, the next one first. The server gives the latest first, so the last page matters most. */
async function loadOpen() {
  const meetings = new Map();
  const problems = new Set();
  const query = new URLSearchParams({ open: "true", limit: String(OPEN_PAGE) });
  for (;;) {
    const { body } = await ask(`/meetings?${query}`);
    for (const meeting of body.meetings) meetings.set(meeting.id, meeting);
    for (const problem of body.problems) problems.add(problem);
    if (!body.next) break;
    query.set("before", body.next);
  }
  unreadable.set(openList, [...problems]);
  return [...meetings.values()].sort((a, b) => Date.parse(a.meet_time) - Date.parse(b.meet_time));
}

/** The first page anew, or one page more; a first page that no longer meets what is shown starts the list afresh. */
async function loadClosed({ append }) {
  const query = new URLSearchParams({ open: "false", limit: String(CLOSED_PAGE) });
  if (append) query.set("before", closedNext);
  const { body } = await ask(`/meetings?${query}`);
  const fresh = new Set(body.meetings.map((meeting) => meeting.id));
  const known = [...closedCards.values()].map((card) => card.meeting());
  const others = known.filter((meeting) => !fresh.has(meeting.id));
  const joins = append || others.length < known.length;
  const kept = joins ? others : [];
  const meetings = append ? [...kept, ...body.meetings] : [...body.meetings, ...kept];
  closedList.removeAttribute("aria-busy");
  closedLoadedMs = now();
  unreadable.set(closedList, body.problems);
  if (append || kept.length === 0) {
    closedNext = body.next;
    showEarlier.hidden = !closedNext;
  }
  if (meetings.length === 0) closedList.replaceChildren(element("p", { class: "soft", text: "None yet." }));
  else showMeetings(closedList, closedCards, meetings);
}

async function loadHours() {
  const { body } = await ask("/hosts/me");
  policy.ownName = body.name;
  showNotice(byId("hours"), hostLine(body));
  hoursLoadedMs = now();
}

function showTrouble(error) {
  const signedOut = error.status === 401 || error.status === 403;
  const trouble = byId("trouble");
  if (!signedOut) {
    showNotice(trouble, `${sentence(error.message)} What you see may be out of date; this page keeps trying.`);
    return;
  }
  if (trouble.querySelector("a")) return;
  trouble.replaceChildren("You are signed out. ", element("a", { href: "/", text: "Sign in again" }));
  trouble.hidden = false;
}

async function lookAgain() {
  try {
    const somethingEnded = showOpen(await loadOpen());
    if (somethingEnded || now() - closedLoadedMs > CLOSED_REFRESH_MS) await loadClosed({ append: false });
    if (somethingEnded || now() - hoursLoadedMs > HOURS_REFRESH_MS) await loadHours();
    failures = 0;
    showNotice(byId("trouble"), [...unreadable.values()].flat().map(sentence).join(" "));
    return spread(REFRESH_SECONDS);
  } catch (error) {
    if (!error.kind) throw error;
    failures += 1;
    showTrouble(error);
    return backoffSeconds(failures, { first: REFRESH_SECONDS, most: 30 });
  }
}

showEarlier.onclick = async () => {
  showEarlier.disabled = true;
  try {
    await loadClosed({ append: true });
  } catch (error) {
    if (!error.kind) throw error;
    showTrouble(error);
  } finally {
    showEarlier.disabled = false;
  }
};

setText(byId("zone"), zoneName());
arrived();
await hostIsHere();
const refresh = poll(lookAgain);
