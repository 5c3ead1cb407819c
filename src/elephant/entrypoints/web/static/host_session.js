// Who is at a host's page. On a server of ours a cookie says so, and the page is shown to hosts only; out of a bucket the
// page itself asks an issuer, and keeps the token for this tab alone.

import { byId, setText, showNotice } from "./elements.js";
import { begin, finish, SignInFailed, signOutAddress } from "./open_id.js";
import { site } from "./site.js";

const SESSION = "elephant.session";
const SIGN_IN = "elephant.sign-in";
const EARLY_MS = 30_000; // a token must outlive the request that it goes with, and the API's clock is another

const here = site && { issuer: site.issuer, clientId: site.client_id, redirectUri: `${location.origin}/` };

function read(name) {
  return JSON.parse(sessionStorage.getItem(name) ?? "null");
}

function take(name) {
  const value = read(name);
  sessionStorage.removeItem(name);
  return value;
}

// Cognito tells a token of `openid` alone everything that this client may read, the hours too, and one of more scopes only
// what those name. Other issuers name what they tell.
const SCOPE = site?.sign_in_url ? "openid" : "openid email";

/** The token to send with a host's request, or null when it has run out or there is none. */
export function hostToken() {
  const session = read(SESSION);
  return session !== null && Date.now() < session.untilMs ? session.token : null;
}

/** Sends the browser to the issuer, which sends it back to this page. Throws SignInFailed. */
export async function signIn() {
  const { address, kept } = await begin({ ...here, scope: SCOPE });
  sessionStorage.setItem(SIGN_IN, JSON.stringify({ ...kept, path: location.pathname }));
  location.assign(address);
}

async function signOut() {
  sessionStorage.removeItem(SESSION);
  let address = null;
  try {
    address = await signOutAddress({ ...here, signInUrl: site.sign_in_url, backTo: here.redirectUri });
  } catch (error) {
    if (!(error instanceof SignInFailed)) throw error;
    console.info("signed out here only", error);
  }
  location.replace(address ?? "/");
}

/** Finishes the sign-in whose answer is in the address; true when the browser is now on its way to another page. */
async function comeBack(answer) {
  const kept = take(SIGN_IN);
  // the code must not stay in the address, nor be sent again by a reload
  history.replaceState(null, "", location.pathname);
  // by our own clock from now on: how long the token lives does not depend on whose clock is right
  const { token, lifeSeconds } = await finish({ ...here, answer, kept });
  const lifeMs = lifeSeconds * 1000;
  sessionStorage.setItem(SESSION, JSON.stringify({ token, untilMs: Date.now() + lifeMs - Math.min(EARLY_MS, lifeMs / 10) }));
  if (kept.path === location.pathname) return false;
  location.replace(kept.path);
  return true;
}

function show(state, problem = "") {
  byId("main").dataset.session = state;
  byId("host-nav").hidden = state !== "in";
  showNotice(byId("sign-in-problem"), problem);
}

async function pressed() {
  const button = byId("sign-in-button");
  button.disabled = true;
  setText(button, "One moment…");
  try {
    await signIn();
  } catch (error) {
    if (!(error instanceof SignInFailed)) throw error;
    show("out", error.message);
    button.disabled = false;
    setText(button, "Sign in");
  }
}

/** A browser that goes back may show a page as it was left: on the way to the issuer, or before a sign-out. */
function shownAgain({ persisted }) {
  const isIn = hostToken() !== null && byId("main").dataset.session === "in";
  if (persisted && !isIn) location.reload();
}

/** Resolves once a host is at this page; until then it shows the sign-in. */
export async function hostIsHere() {
  if (!site) return;
  addEventListener("pageshow", shownAgain);
  byId("sign-in-button").onclick = pressed;
  byId("sign-out").onclick = signOut;
  const answer = new URLSearchParams(location.search);
  let problem = "";
  try {
    if (answer.has("state") && await comeBack(answer)) await new Promise(() => {});
  } catch (error) {
    if (!(error instanceof SignInFailed)) throw error;
    console.info("the sign-in failed", error);
    problem = error.message;
  }
  if (hostToken() !== null) { show("in"); return; }
  show("out", problem);
  byId("sign-in-button").focus();
  await new Promise(() => {});
}
