// The desktop page: keeps the connection, says what is happening, and ends well. `body.dataset.state` is one of
// connecting, connected, reconnecting, left, over, failed.

import { desktopBar, fullScreenButton } from "./desktop_bar.js";
import { connectDesktop } from "./desktop_connection.js";
import { goneWords, hidePanel, leftWords, notAllowedWords, overPanelWords, replacedWords, showPanel } from "./desktop_panel.js";
import { desktopState } from "./desktop_state.js";
import { desktopTime } from "./desktop_time.js";
import { arrived, byId, setText, showNotice } from "./elements.js";
import { backoffSeconds, poll, spread } from "./polling.js";
import { lobbyAddress, mayReturn } from "./seat_memory.js";

const LOOK_SECONDS = 10;
const LONGEST_RETRY_SECONDS = 10;
const CLOSED = { NOT_ALLOWED: 4403, GONE: 4404 }; // 4410, over, needs its reason: look() finds it

const body = document.body;
const machineId = body.dataset.machineId;
let connection = null;
let tries = 0;
let retryTimer = null;
let unanswered = 0; // looks in a row

const time = desktopTime({ announceBar: () => bar.greet() });
const giveBack = () => { if (body.dataset.state === "connected") connection.focus(); };
const bar = desktopBar({ giveBack });

function comesIn() {
  return ["connecting", "reconnecting"].includes(body.dataset.state);
}

function isOut() {
  return ["left", "over", "failed"].includes(body.dataset.state);
}

function hangUp() {
  clearTimeout(retryTimer);
  connection?.close();
  connection = null;
  showNotice(byId("connection"), "");
}

function end(state, words, action) {
  hangUp();
  body.dataset.state = state;
  bar.hide();
  showPanel(words, action);
}

function goToLobby() {
  location.replace(lobbyAddress());
}

/** The seat may have another desktop by now: the lobby knows, if this tab came from one. */
function backToLobby(wordsWithoutLobby) {
  if (lobbyAddress() === null) {
    end("failed", wordsWithoutLobby, null);
  } else if (mayReturn(Date.now())) {
    end("failed", replacedWords, null);
    goToLobby();
  } else {
    end("failed", wordsWithoutLobby, { caption: "Go to the waiting room", run: goToLobby });
  }
}

function finish(reason) {
  looking.stop();
  end("over", overPanelWords(reason), null);
}

function leave() {
  end("left", leftWords(time.deadline()), { caption: "Come back", run: comeBack });
}

function comeBack() {
  hidePanel();
  tries = 0;
  body.dataset.state = "connecting";
  showNotice(byId("connection"), "Connecting to your desktop…");
  connect();
}

function connect() {
  clearTimeout(retryTimer);
  connection?.close();
  let painted = false;
  const mine = connectDesktop(byId("screen"), machineId, {
    connected: () => {
      tries = 0;
      body.dataset.state = "connected";
      showNotice(byId("connection"), "");
      mine.focus();
      bar.greet();
    },
    firstFrame: (ms) => {
      painted = true;
      byId("still").replaceChildren();
      body.dataset.firstFrame ??= String(ms);
    },
    clipboard: takeClipboard,
    closed: (code) => {
      if (painted) byId("still").replaceChildren(mine.canvas);
      if (connection === mine) lost(code);
    },
  });
  connection = mine;
}

function lost(code) {
  connection = null;
  if (isOut()) return;
  body.dataset.state = "reconnecting";
  tries += 1;
  if (code === CLOSED.GONE) { backToLobby(goneWords); return; }
  if (code === CLOSED.NOT_ALLOWED) { backToLobby(notAllowedWords); return; }
  setText(byId("connection"), navigator.onLine ? "The connection was lost. Trying again…" : "This computer is offline. Trying again…");
  byId("connection").hidden = false;
  const seconds = tries === 1 ? 0.2 : backoffSeconds(tries, { most: LONGEST_RETRY_SECONDS });
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, seconds * 1000);
  looking.wake(); // the server may know that there is nothing to come back to
}

/** An open connection hears nothing of a network that is cut: the picture just stands still, and somebody has to say so. */
function showDoubt() {
  if (body.dataset.state !== "connected") return;
  const isOffline = unanswered > 0 && !navigator.onLine;
  const words = isOffline ? "This computer is offline." : "The server does not answer.";
  showNotice(byId("connection"), isOffline || unanswered > 1 ? `${words} The picture may stand still until it is back.` : "");
}

async function look() {
  const { kind, state, reason } = await desktopState(machineId);
  unanswered = kind === "away" ? unanswered + 1 : 0;
  showDoubt();
  if (kind === "over") finish(reason);
  else if (kind === "refused" && comesIn()) backToLobby(notAllowedWords);
  else if (kind === "gone" && comesIn()) backToLobby(goneWords);
  else if (kind === "known") {
    time.set(state);
    if (!state.serves && comesIn()) backToLobby(goneWords);
  }
  return kind === "over" ? null : spread(LOOK_SECONDS);
}

async function takeClipboard(text) {
  if (!navigator.clipboard || !document.hasFocus()) return;
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    console.info("the browser keeps its clipboard to itself", error);
  }
}

byId("paste").hidden = !navigator.clipboard?.readText;
byId("paste").onclick = async () => {
  try {
    connection?.paste(await navigator.clipboard.readText());
    time.say("Your clipboard is now in the desktop. Paste it there with Ctrl+V.");
  } catch (error) {
    console.info("reading the clipboard was refused", error);
    time.say("The browser did not allow reading the clipboard.");
  }
  giveBack();
};
byId("leave").onclick = leave;
addEventListener("offline", () => looking.wake()); // a server on this very computer still answers
addEventListener("online", () => { if (body.dataset.state === "reconnecting") connect(); });
fullScreenButton({ giveBack });
arrived();
connect();
const looking = poll(look, { whileHidden: true });
