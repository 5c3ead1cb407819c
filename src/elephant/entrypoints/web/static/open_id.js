// Signing in at any OpenID Connect issuer: authorization code with PKCE (RFC 7636), by a page that can keep no secret.
// Nothing here knows the page or keeps anything.
//
// The ID token comes straight from the token endpoint over TLS, so its signature need not be checked here (OpenID Connect
// Core 3.1.3.7, point 6); the API's authorizer checks it with every request.

const TIMEOUT_MS = 10_000;

/** The sign-in did not work, in words for the person who tried. */
export class SignInFailed extends Error {}

function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function randomText() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function fetchJson(url, options = {}) {
  let response;
  try {
    response = await fetch(url, { ...options, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new SignInFailed("The sign-in service does not answer. Try again in a moment.", { cause });
  }
  let body;
  try {
    body = await response.json();
  } catch (cause) {
    throw new SignInFailed(`The sign-in service gave an answer that cannot be read (${response.status}). Try again in a moment.`, { cause });
  }
  if (response.ok && body !== null && typeof body === "object") return body;
  throw new SignInFailed(`The sign-in service refused (${body?.error_description ?? body?.error ?? response.status}). Try to sign in again.`);
}

/** The issuer's own description of itself (OpenID Connect Discovery 1.0, 4); one that names another issuer is refused. */
export async function discover(issuer) {
  const found = await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (found.issuer !== issuer) throw new SignInFailed("The sign-in service calls itself by another name. Tell whoever runs this Elephant.");
  return found;
}

/** Begins a sign-in; `scope` is what the token should tell of. Returns {address, kept}: where to send the browser, and what `finish` wants to see again. */
export async function begin({ issuer, clientId, redirectUri, scope }) {
  const found = await discover(issuer);
  const kept = { state: randomText(), nonce: randomText(), verifier: randomText() };
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(kept.verifier));
  const address = new URL(found.authorization_endpoint);
  const asked = {
    response_type: "code", client_id: clientId, redirect_uri: redirectUri, scope, state: kept.state, nonce: kept.nonce,
    code_challenge: base64url(digest), code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  return { address: address.href, kept };
}

/**
 * Finishes the sign-in that the issuer answered with `answer` (URLSearchParams of the address that it sent the browser
 * back to); `kept` is what `begin` gave, or null. Returns {token, lifeSeconds}; throws SignInFailed.
 */
export async function finish({ issuer, clientId, redirectUri, answer, kept }) {
  if (!kept || answer.get("state") !== kept.state) throw new SignInFailed("That answer belongs to no sign-in of this tab. Sign in again.");
  // RFC 9207: an answer of another issuer than the one that was asked
  if ((answer.get("iss") ?? issuer) !== issuer) throw new SignInFailed("Another service answered than the one that was asked. Sign in again.");
  if (!answer.has("code")) throw new SignInFailed(`The sign-in service refused (${answer.get("error_description") ?? answer.get("error")}). Try to sign in again.`);
  const { token_endpoint } = await discover(issuer);
  const form = { grant_type: "authorization_code", code: answer.get("code"), redirect_uri: redirectUri, client_id: clientId, code_verifier: kept.verifier };
  const { id_token } = await fetchJson(token_endpoint, { method: "POST", body: new URLSearchParams(form) });
  const claims = claimsOf(id_token);
  if (!isFor(claims, { issuer, clientId, nonce: kept.nonce })) throw new SignInFailed("The sign-in service gave a token that is not for this sign-in. Sign in again.");
  return { token: id_token, lifeSeconds: claims.exp - claims.iat };
}

/** The claims in a token; null for what is none. */
export function claimsOf(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    console.info("not a token", error);
    return null;
  }
}

function isFor(claims, { issuer, clientId, nonce }) {
  if (claims === null || typeof claims !== "object") return false;
  const audiences = [claims.aud].flat();
  const isOurs = audiences.includes(clientId) && (audiences.length === 1 || claims.azp === clientId);
  return claims.iss === issuer && isOurs && claims.nonce === nonce && claims.exp > claims.iat;
}

/** Where to send the browser to sign out everywhere, or null where the issuer offers no such thing. */
export async function signOutAddress({ issuer, clientId, signInUrl, backTo }) {
  // Cognito's own way, with names of its own (Cognito Developer Guide, "The managed login sign-out endpoint")
  if (signInUrl) return `${signInUrl}/logout?${new URLSearchParams({ client_id: clientId, logout_uri: backTo })}`;
  const { end_session_endpoint } = await discover(issuer);
  if (!end_session_endpoint) return null;
  const address = new URL(end_session_endpoint);
  address.searchParams.set("client_id", clientId);
  address.searchParams.set("post_logout_redirect_uri", backTo);
  return address.href;
}
