// One way to ask the server: JSON in and out, a time limit, and one error class that says what kind of failure it was.

import { noteServerDate } from "./clock.js";
import { hostToken } from "./host_session.js";
import { apiAddress, site } from "./site.js";

const TIMEOUT_SECONDS = 10;

/**
 * kind: "unreachable" (no answer), "server" (it failed, or answered nonsense), "refused" (it understood and said no).
 * status: HTTP status or null. errors: [{field, problem}]. retryAfterSeconds: what the server asked for, or null.
 */
export class RequestFailed extends Error {
  constructor(kind, message, { status = null, body = {}, retryAfterSeconds = null, wasSent = true, cause } = {}) {
    super(message, { cause });
    this.kind = kind;
    this.wasSent = wasSent;
    this.status = status;
    this.body = body;
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** True when what was asked for may be done all the same: only the answer is missing. */
  get mayBeDone() {
    return this.wasSent && this.kind !== "refused";
  }
}

/**
 * Asks the server, as whoever holds `bearer`, else as the host of this page; returns {status, body} of any 2xx answer and
 * throws RequestFailed otherwise.
 */
export async function ask(path, { method = "GET", body, bearer, timeoutSeconds = TIMEOUT_SECONDS } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const token = bearer ?? (site && hostToken());
  if (site && !token) throw new RequestFailed("refused", "You are signed out.", { status: 401 });
  if (token) headers.Authorization = `Bearer ${token}`;
  const options = { method, headers, cache: "no-store", signal: AbortSignal.timeout(timeoutSeconds * 1000) };
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await reach(path, options);
  noteServerDate(response.headers.get("Date"));
  return read(response);
}

async function reach(path, options) {
  const wasSent = navigator.onLine;
  try {
    return await fetch(apiAddress(path), options);
  } catch (cause) {
    throw new RequestFailed("unreachable", unreachableWords(), { wasSent, cause });
  }
}

function unreachableWords() {
  if (!navigator.onLine) return "This computer is offline.";
  // A browser does not let a page read API Gateway's own refusal of a token, which looks like this.
  return site ? "The server does not answer. If that goes on, sign out and in again." : "The server does not answer.";
}

async function read(response) {
  const { status } = response;
  const retryAfterSeconds = parseRetryAfter(response.headers.get("Retry-After"));
  let body;
  try {
    body = await response.json();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw new RequestFailed("unreachable", "The server’s answer did not come to its end.", { cause });
    throw new RequestFailed(status >= 400 && status < 500 ? "refused" : "server", `The server gave an answer that cannot be read (${status}).`, { status, retryAfterSeconds, cause });
  }
  if (response.ok) return { status, body };
  const known = body !== null && typeof body === "object" ? body : {};
  const kind = status >= 500 || status === 429 ? "server" : "refused";
  throw new RequestFailed(kind, known.message ?? `The server refused (${status}).`, { status, body: known, retryAfterSeconds });
}

/** Seconds of a Retry-After header given as a number, else null. */
export function parseRetryAfter(header) {
  return header !== null && /^\d+(\.\d+)?$/.test(header) ? Number(header) : null;
}
