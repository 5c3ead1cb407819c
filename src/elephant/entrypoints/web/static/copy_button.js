// A button that copies a text, and says so.

import { announce, element } from "./elements.js";

const SHOWN_MS = 2000;

/** Copies a text; false when the browser would not. Outside HTTPS only the old way exists. */
async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      console.info("clipboard refused, trying the old way", error);
    }
  }
  const carrier = element("textarea", { class: "visually-hidden", readonly: true, text });
  const focused = document.activeElement;
  (focused?.closest("dialog") ?? document.body).append(carrier);
  carrier.select();
  const copied = document.execCommand("copy");
  carrier.remove();
  focused?.focus();
  return copied;
}

/** `text()` is asked at the click. `label` names the thing for screen readers: "Copy the link of Ana". */
export function copyButton({ caption = "Copy link", label, text }) {
  const button = element("button", { type: "button", class: "button compact", "aria-label": label, text: caption });
  button.onclick = async () => {
    const copied = await copy(text());
    button.textContent = copied ? "Copied" : "Could not copy";
    announce(copied ? "Copied" : "The browser did not allow copying");
    setTimeout(() => { button.textContent = caption; }, SHOWN_MS);
  };
  return button;
}
