/**
 * Draws every prompt of an instance that was started with `view: "none"`, with Shoelace's alert and dialog, and tells
 * the instance what people do. It decides nothing: what is shown, and when, comes as events.
 */
import "@shoelace-style/shoelace/dist/components/alert/alert.js";
import "@shoelace-style/shoelace/dist/components/button/button.js";
import "@shoelace-style/shoelace/dist/components/dialog/dialog.js";
import "@shoelace-style/shoelace/dist/components/progress-bar/progress-bar.js";

const VARIANTS = { notice: "primary", offer: "primary", warning: "warning", urgent: "warning", limit: "danger" };
const SEEN_MS = 1000;

export function drawPrompts(plimsoll, place) {
  /** By exposure. */
  const drawn = new Map();

  plimsoll.on("prompt", ({ prompt }) => {
    const { box, content } = draw(prompt.exposure, prompt.lane === "interrupt" ? "sl-dialog" : "sl-alert");
    fill(box, content, prompt);
    requestAnimationFrame(() => plimsoll.painted(prompt.exposure, "rendered"));
    whenSeen(content, () => plimsoll.painted(prompt.exposure, "seen"));
  });

  plimsoll.on("update", ({ prompt, state, message }) => {
    const open = prompt && drawn.get(prompt.exposure);
    if (open) fill(open.box, open.content, prompt, { is_busy: state === "busy", message });
  });

  // Where the policy has `pacing.ask_why`: after `later` or `never` on a dialog, which has gone by then.
  plimsoll.on("question", ({ exposure, title, choices }) => {
    const { box, content } = draw(exposure, "sl-dialog");
    box.label = title;
    content.append(...choices.map(({ id, text }) => {
      const button = make("sl-button", text);
      button.addEventListener("click", () => plimsoll.respond(exposure, "because", id));
      return button;
    }));
    content.className = "choices";
  });

  plimsoll.on("withdraw", ({ exposure }) => remove(exposure));
  plimsoll.on("response", ({ exposure, response }) => response !== "act" && remove(exposure));

  function draw(exposure, kind) {
    const box = document.createElement(kind);
    const content = make("div");
    box.append(content);
    drawn.set(exposure, { box, content });
    // Escape and the cross of either; `hide` of a withdrawn prompt is no answer.
    box.addEventListener(kind === "sl-dialog" ? "sl-request-close" : "sl-hide", (event) => {
      if (event.target === box && drawn.get(exposure)?.box === box) plimsoll.respond(exposure, "close");
    });
    place.append(box);
    box.open = true;
    return { box, content };
  }

  function remove(exposure) {
    const open = drawn.get(exposure);
    drawn.delete(exposure);
    open?.box.remove();
  }

  function fill(box, content, prompt, { is_busy = false, message } = {}) {
    const { exposure, locale, title, body = [], values, actions, tone } = prompt;
    box.lang = locale;
    content.replaceChildren();
    if (box.localName === "sl-dialog") box.label = title;
    else {
      box.variant = VARIANTS[tone];
      box.closable = true;
      content.append(make("strong", title));
    }
    for (const sentence of body) content.append(make("p", sentence));
    if (values.limit > 0) {
      const bar = make("sl-progress-bar");
      bar.value = Math.min(100, (100 * values.used) / values.limit);
      bar.label = title;
      content.append(bar);
    }
    if (message) content.append(make("p", message));
    const row = make("div");
    row.className = "actions";
    for (const { id, text, primary } of actions) {
      const button = make("sl-button", text);
      button.size = "small";
      button.variant = primary ? "primary" : "text";
      button.disabled = is_busy;
      button.addEventListener("click", () =>
        id === "later" || id === "never" ? plimsoll.respond(exposure, id) : plimsoll.respond(exposure, "act", id),
      );
      row.append(button);
    }
    content.append(row);
  }
}

const make = (name, text = "") => Object.assign(document.createElement(name), { textContent: text });

/** Once it was in the viewport for a second. */
function whenSeen(node, tell) {
  let timer;
  const observer = new IntersectionObserver(([{ isIntersecting }]) => {
    clearTimeout(timer);
    if (isIntersecting) timer = setTimeout(() => (observer.disconnect(), tell()), SEEN_MS);
  });
  observer.observe(node);
}
