// The connection to the remote desktop: noVNC on a WebSocket of ours, so that the close code can be read.

import RFB from "/novnc/core/rfb.js";
import { watchFirstFrame } from "./first_frame.js";

const STUCK_MS = 15_000;

function webSocketAddress(machineId) {
  const url = new URL(`/desktop/${encodeURIComponent(machineId)}/vnc`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/**
 * Connects once. Calls `connected()`, `firstFrame(ms)`, `clipboard(text)`, and in the end `closed(code)` exactly once:
 * the WebSocket's close code, 1006 when it never opened or broke off. Returns {close, focus, paste, canvas}.
 */
export function connectDesktop(screen, machineId, { connected, firstFrame, clipboard, closed }) {
  const socket = new WebSocket(webSocketAddress(machineId));
  let ended = false;
  let disconnected = false;
  const end = (code) => {
    if (ended) return;
    ended = true;
    clearTimeout(stuck);
    closed(code);
  };
  // Before RFB, whose own handling of the close throws the code away.
  socket.addEventListener("close", (event) => setTimeout(end, 0, event.code));
  const rfb = new RFB(screen, socket, { shared: true });
  const canvas = screen.querySelector("canvas");
  const stuck = setTimeout(() => socket.close(), STUCK_MS);
  watchFirstFrame(canvas, firstFrame);
  rfb.scaleViewport = true; // for a server that will not resize, and until it has
  rfb.resizeSession = true;
  rfb.background = "transparent";
  // noVNC lets go of held keys only when the window loses the focus; our bar takes it within the window.
  canvas.addEventListener("blur", () => dispatchEvent(new Event("blur")));
  rfb.addEventListener("connect", () => {
    clearTimeout(stuck);
    connected();
  });
  rfb.addEventListener("clipboard", (event) => clipboard(event.detail.text));
  // A broken protocol ends RFB without the socket closing first.
  rfb.addEventListener("disconnect", () => { disconnected = true; socket.close(); setTimeout(end, 1000, 1006); });
  return {
    canvas,
    close: () => {
      ended = true;
      clearTimeout(stuck);
      if (!disconnected) rfb.disconnect(); // the other end may have gone a moment ago, of which `closed` is yet to tell
    },
    focus: () => rfb.focus({ preventScroll: true }),
    paste: (text) => rfb.clipboardPasteFrom(text),
  };
}
