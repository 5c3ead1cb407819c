// The desktop's bar: hidden but for moments, shown by pushing the pointer against the top edge, by the small tab
// (touch), or by Ctrl+Alt+Shift+Home. It never takes the keyboard by itself.

import { byId } from "./elements.js";

const EDGE_PIXELS = 1;
const DWELL_MS = 150; // the remote desktop has things at its top edge too
const LINGER_MS = 1200;
const GREETING_MS = 5000;

/** Wires the bar; `giveBack()` returns the keyboard to the desktop. Returns {greet, hide}. */
export function desktopBar({ giveBack }) {
  const bar = byId("bar");
  const tab = byId("tab");
  let dwell = null;
  let linger = null;

  const hide = () => {
    clearTimeout(linger);
    const hadFocus = bar.contains(document.activeElement);
    bar.dataset.shown = "false";
    if (hadFocus) giveBack();
  };
  const hideAfter = (ms) => {
    clearTimeout(linger);
    linger = setTimeout(() => {
      if (!bar.matches(":hover") && !bar.contains(document.activeElement)) hide();
    }, ms);
  };
  const show = () => {
    clearTimeout(linger);
    bar.dataset.shown = "true";
  };

  // On window and while capturing: noVNC stops these events at its canvas.
  addEventListener("mousemove", (event) => {
    if (event.clientY > EDGE_PIXELS || event.buttons !== 0) {
      clearTimeout(dwell);
      dwell = null;
    } else {
      dwell ??= setTimeout(() => { show(); hideAfter(LINGER_MS * 2); }, DWELL_MS);
    }
  }, { capture: true });
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey && event.altKey && event.shiftKey && event.code === "Home")) return;
    event.preventDefault();
    event.stopPropagation();
    show();
    byId("leave").focus();
  }, { capture: true });

  bar.onmouseleave = () => hideAfter(LINGER_MS);
  bar.onfocusout = () => hideAfter(LINGER_MS);
  bar.onkeydown = (event) => { if (event.key === "Escape") hide(); };
  tab.onclick = () => { show(); hideAfter(GREETING_MS); };
  byId("hide").onclick = () => { hide(); giveBack(); };
  return { greet: () => { show(); hideAfter(GREETING_MS); }, hide };
}

/** The full-screen button, where the browser has full screen. */
export function fullScreenButton({ giveBack }) {
  const button = byId("full-screen");
  button.hidden = !document.fullscreenEnabled;
  button.onclick = async () => {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
    giveBack();
  };
  document.addEventListener("fullscreenchange", () => {
    const on = document.fullscreenElement !== null;
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Leave full screen" : "Full screen";
  });
}
