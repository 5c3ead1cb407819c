// What this tab remembers about its seat, so that the desktop page finds the way back to the lobby.

const LOBBY = "elephant.lobby";
const RETURNS = "elephant.returns";
const RETURN_WINDOW_MS = 60_000;
const RETURN_LIMIT = 3;

export function rememberLobby(url) {
  sessionStorage.setItem(LOBBY, url);
}

/** The lobby's address with its key, or null when this tab never was in one. */
export function lobbyAddress() {
  return sessionStorage.getItem(LOBBY);
}

/** Notes one return to the lobby; false when there were so many lately that a person should decide. */
export function mayReturn(nowMs) {
  const earlier = JSON.parse(sessionStorage.getItem(RETURNS) ?? "[]").filter((at) => nowMs - at < RETURN_WINDOW_MS);
  if (earlier.length >= RETURN_LIMIT) return false;
  sessionStorage.setItem(RETURNS, JSON.stringify([...earlier, nowMs]));
  return true;
}
