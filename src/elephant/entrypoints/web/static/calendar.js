// A calendar file (RFC 5545) made in the browser. Pure but for the download.

import { element } from "./elements.js";

const LINE_OCTETS = 75; // RFC 5545, 3.1: longer lines are folded

function escapeText(text) {
  return text.replaceAll("\\", "\\\\").replaceAll(";", "\\;").replaceAll(",", "\\,").replace(/\r?\n/g, "\\n");
}

function utcStamp(date) {
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

function fold(line) {
  const encoder = new TextEncoder();
  const lines = [];
  let current = "";
  let octets = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (octets + size > LINE_OCTETS) {
      lines.push(current);
      current = " ";
      octets = 1;
    }
    current += character;
    octets += size;
  }
  return [...lines, current].join("\r\n");
}

/** The text of an .ics file. `start`: Date; `minutes`: length; `stamp`: Date of making. */
export function calendarText({ uid, title, description, url, start, minutes, stamp }) {
  const end = new Date(start.getTime() + minutes * 60_000);
  const lines = [
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Elephant//Meetings//EN", "BEGIN:VEVENT",
    `UID:${uid}`, `DTSTAMP:${utcStamp(stamp)}`, `DTSTART:${utcStamp(start)}`, `DTEND:${utcStamp(end)}`,
    `SUMMARY:${escapeText(title)}`, `DESCRIPTION:${escapeText(description)}`, `URL:${url}`,
    "END:VEVENT", "END:VCALENDAR", "",
  ];
  return lines.map(fold).join("\r\n");
}

/** A button that hands the event over as a file. */
export function calendarButton({ caption, label, fileName, event, kind = "compact" }) {
  const onclick = () => {
    const address = URL.createObjectURL(new Blob([calendarText(event())], { type: "text/calendar" }));
    element("a", { href: address, download: fileName }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  return element("button", { type: "button", class: `button ${kind}`, "aria-label": label, text: caption, onclick });
}
