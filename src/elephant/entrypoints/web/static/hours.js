// What a host hears about their month, whose a meeting is, and what it costs. Pure.

import { span } from "./time.js";

function minutesOf(hours) {
  return Math.round(hours * 60) * 60_000;
}

/** "Signed in as ana. 1 h 30 min of 2 h used in November 2026, 30 min left."; empty where there is nothing to say. */
export function hostLine(me) {
  const who = me.name ? `Signed in as ${me.name}.` : "";
  if (me.hours_per_month === null) return who;
  const month = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${me.month}-01T00:00:00Z`));
  const used = `${span(minutesOf(me.hours_used))} of ${span(minutesOf(me.hours_per_month))} used in ${month}`;
  return `${who} ${used}, ${span(minutesOf(me.hours_left))} left.`.trim();
}

/** "Booked by ana", for somebody else's meeting; empty for one's own, and for those of nobody in particular. */
export function whoseLine(meeting, ownName) {
  return meeting.host && ownName !== null && meeting.host !== ownName ? `Booked by ${meeting.host}` : "";
}

/** "About $0.21 for its desktops"; empty where nobody knows what a machine costs. */
export function costLine(meeting) {
  if (!meeting.estimated_cost) return "";
  const amount = Number(meeting.estimated_cost);
  const money = new Intl.NumberFormat("en", { style: "currency", currency: meeting.currency }).format(amount);
  return amount > 0 && amount < 0.005 ? "Less than a cent for its desktops" : `About ${money} for its desktops`;
}
