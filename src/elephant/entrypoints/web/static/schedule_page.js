// The booking page: reads the form, sends it, shows what is wrong next to the fields, then the invitations.

import { ask } from "./api.js";
import { now } from "./clock.js";
import { keepDraft, restoreDraft } from "./draft.js";
import { arrived, byId, setText, showNotice } from "./elements.js";
import { clearProblems, showProblems } from "./form_problems.js";
import { showBooked } from "./booked.js";
import { hostIsHere, signIn } from "./host_session.js";
import { SignInFailed } from "./open_id.js";
import { roleName, sentence } from "./phrases.js";
import { site } from "./site.js";
import { fromLocalField, nextQuarter, toLocalField, zoneName } from "./time.js";

const form = byId("booking-form");
const whenField = byId("meet-time");
const submit = form.querySelector("[type=submit]");
const nameInputs = [...form.querySelectorAll("[data-role]")];
let clockIsKnown = null;
let unanswered = null; // what was sent last, until somebody has said what became of it

function startsNow() {
  return form.elements.start.value === "now";
}

/** The fields that a server's error can name: {name: [input, problem node]}. */
function fieldsByName() {
  const fields = {};
  for (const group of form.querySelectorAll("[data-field]")) {
    const name = group.dataset.field;
    const input = name === "meet_time" && startsNow() ? group.querySelector("input") : form.elements[name];
    fields[name] = [input, group.querySelector(".problem")];
  }
  return fields;
}

function readBooking() {
  const errors = [];
  const booking = {};
  for (const input of nameInputs) {
    booking[input.name] = input.value.trim();
    if (!booking[input.name]) errors.push({ field: input.name, problem: `Enter the ${roleName(input.dataset.role).toLowerCase()}’s name.` });
  }
  if (!startsNow()) booking.meet_time = fromLocalField(whenField.value);
  if (booking.meet_time === null) errors.push({ field: "meet_time", problem: "Enter a day and a time." });
  const length = byId("duration");
  booking.duration_minutes = length.valueAsNumber;
  if (!(booking.duration_minutes > 0 && booking.duration_minutes <= Number(length.max))) {
    errors.push({ field: "duration_minutes", problem: `Enter the minutes as a number, at most ${length.max}.` });
  }
  readEmail(booking, errors);
  return { booking, errors };
}

function readEmail(booking, errors) {
  const email = document.getElementById("email");
  if (!email || !email.value.trim()) return;
  booking[email.name] = email.value.trim();
  if (!email.checkValidity()) errors.push({ field: email.name, problem: "Enter an address like name@example.org, or leave it empty." });
}

function show(errors, message) {
  showNotice(byId("trouble"), showProblems(fieldsByName(), errors, message));
  if (errors.length === 0) byId("trouble").focus();
}

/** Every answer tells the server's time, and "now" is that: a computer whose clock is wrong would book another hour. */
async function hearTheTime() {
  try {
    await ask("/hosts/me");
  } catch (error) {
    if (!error.kind) throw error;
    console.info("now is what this computer takes it for", error);
  }
}

/** An answer that was lost says nothing of the booking. */
function unansweredWords(error) {
  return `${sentence(error.message)} The meeting may be booked all the same. Press Book again to find out: as long as the form stays as it is, that books no second one.`;
}

/** The booking as it is sent: the very same again where an answer was lost, which the server books once. */
async function asSent(booking) {
  const form = JSON.stringify(booking);
  if (unanswered?.form === form) return unanswered;
  if (!booking.meet_time) {
    await clockIsKnown;
    booking.meet_time = new Date(now()).toISOString();
  }
  booking.request_id = requestId();
  return { form, booking };
}

/** 128 random bits; crypto.randomUUID is not there on pages without https. */
function requestId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function book(event) {
  event.preventDefault();
  clearProblems(fieldsByName());
  byId("trouble").classList.add("alert");
  showNotice(byId("trouble"), "");
  const { booking: read, errors } = readBooking();
  if (errors.length > 0) { show(errors, ""); return; }
  submit.disabled = true;
  setText(submit, "Booking…");
  let sent = null;
  try {
    sent = await asSent(read);
    const { booking } = sent;
    const { body } = await ask("/schedule", { method: "POST", body: booking });
    showBooked(body, booking, nameInputs.map((input) => ({ role: input.dataset.role, name: booking[input.name] })));
  } catch (error) {
    if (!error.kind) throw error;
    if (error.mayBeDone) unanswered = sent;
    else if (error.errors.length > 0) unanswered = null;
    if (error.status === 401 || error.status === 403) await signedOut();
    else show(error.errors, error.mayBeDone ? unansweredWords(error) : error.message);
  } finally {
    submit.disabled = false;
    setText(submit, "Book");
  }
}

/** Signs in again where this page can do so by itself, and comes back with the form as it is. */
async function signedOut() {
  if (!site) { show([], "You are signed out. Sign in again on the host page, then book."); return; }
  keepDraft(form, unanswered);
  try {
    await signIn();
  } catch (error) {
    if (!(error instanceof SignInFailed)) throw error;
    show([], `You are signed out. ${error.message}`);
  }
}

function showStartChoice() {
  byId("set-time").hidden = startsNow();
}

async function begin() {
  await hostIsHere();
  clockIsKnown = hearTheTime();
  const draft = restoreDraft(form);
  if (draft === null) return;
  unanswered = draft.unanswered;
  showStartChoice();
  byId("trouble").classList.remove("alert");
  show([], "You are signed in again, and nothing of this form is lost. Press Book.");
}

whenField.value = toLocalField(nextQuarter(new Date()));
setText(byId("meet-time-zone"), `In your zone: ${zoneName()}`);
for (const radio of form.elements.start) radio.onchange = showStartChoice;
showStartChoice();
form.onsubmit = book;
submit.disabled = false; // until here the browser would have sent the form itself: the names in an address, and no booking
arrived();
addEventListener("pageshow", showStartChoice); // a browser that goes back fills the form in after this script
await begin();
