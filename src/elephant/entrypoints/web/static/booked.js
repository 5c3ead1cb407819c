// What stands on the booking page once a meeting is booked: what, when, who, and each person's invitation.

import { calendarButton } from "./calendar.js";
import { copyButton } from "./copy_button.js";
import { byId, element, showWarnings } from "./elements.js";
import { joinNames, roleName } from "./phrases.js";
import { fullDateAndTime, span, zoneName } from "./time.js";

function calendarEvent(answer, booking, people, { url, description, tail }) {
  return {
    uid: `${answer.id}-${tail}@${location.hostname}`,
    title: `Meeting: ${joinNames(people.map((person) => person.name))}`,
    description,
    url,
    start: new Date(booking.meet_time),
    minutes: booking.duration_minutes,
    stamp: new Date(),
  };
}

function invitation(answer, booking, people, { role, name }) {
  const link = answer[`${role}_link`];
  const field = element("input", { class: "input", id: `link-${role}`, type: "text", readonly: true, value: link, onfocus: (event) => event.target.select() });
  const event = () => calendarEvent(answer, booking, people, { url: link, description: `Your link: ${link}`, tail: role });
  return element("li", { class: "invitation", "data-role": role },
    element("label", { for: field.id }, element("strong", { text: name }), " ", element("span", { class: "soft small", text: roleName(role) })),
    field,
    element("div", { class: "row" },
      copyButton({ label: `Copy the link of ${name}`, text: () => link }),
      calendarButton({ caption: "Calendar file", label: `Calendar file for ${name}, with their link`, fileName: `meeting-${role}.ics`, event })));
}

function fact(term, text) {
  return [element("dt", { text: term }), element("dd", { text })];
}

/** Replaces the form by the confirmation. `people`: [{role, name}] in seat order. */
export function showBooked(answer, booking, people) {
  const start = new Date(booking.meet_time);
  byId("booked-facts").replaceChildren(
    ...fact("Who", joinNames(people.map((person) => person.name))),
    ...fact("When", `${fullDateAndTime(booking.meet_time)} (${zoneName(start)})`),
    ...fact("How long", span(booking.duration_minutes * 60_000)));
  showWarnings(byId("booked-warnings"), answer.warnings);
  byId("invitations").replaceChildren(...people.map((person) => invitation(answer, booking, people, person)));
  // The host's own entry carries no key: calendars are often shared.
  const event = () => calendarEvent(answer, booking, people, { url: `${location.origin}/`, description: `Host page: ${location.origin}/`, tail: "host" });
  byId("booked-actions").append(calendarButton({ caption: "Add to my calendar", label: "Add to my calendar", fileName: "meeting.ics", event, kind: "" }));
  byId("booking").hidden = true;
  byId("booked").hidden = false;
  byId("booked").dataset.meetingId = answer.id;
  byId("booked-title").focus();
  scrollTo(0, 0);
}
