// Building and updating the page. Whatever people typed reaches it as text only.

/** The element with this id, which the page must have. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}`);
  return found;
}

/** Takes back the hint that the page's script has not come: from here on the script says what is going on. */
export function arrived() {
  byId("late").remove();
}

/**
 * Makes an element. `props`: `class`, `text`, `onclick` and other handlers, and attributes; false and null are left out.
 */
export function element(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") node.textContent = value;
    else if (typeof value === "function") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Runs `work` at a press, and not again before it is done: while a network is slow, people press twice. */
export function onPress(button, work) {
  button.onclick = async () => {
    if (button.hasAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true"); // a button that is disabled altogether would lose the keyboard
    try {
      await work();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  };
  return button;
}

/** Sets a text only when it differs, so that screen readers and selections are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Says something to screen readers through the page's live region. */
export function announce(text) {
  const region = byId("announcements");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

/** Shows a notice with this text, or hides it when the text is empty. */
export function showNotice(node, text) {
  setText(node, text);
  node.hidden = text === "";
}

/** What may be in the way of a meeting, for whoever looks after the installation; hides the notice where nothing is. */
export function showWarnings(notice, warnings) {
  notice.querySelector("ul").replaceChildren(...(warnings ?? []).map((warning) => element("li", { text: warning })));
  notice.hidden = !warnings?.length;
}
