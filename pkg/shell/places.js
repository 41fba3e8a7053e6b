/**
 * The places of a page that prompts are painted in: over the page, in the host's `target`, in its slots. It owns a
 * painter for each and says which is a prompt's; what is painted there it does not know. `view.js` asks, and is told
 * when slots come and go.
 *
 * @typedef {import("../dist/plimsoll_view.js").View} View
 */

/**
 * @param {(place: Element, kind: "page" | "slot") => View} paint makes a painter
 * @param {Element | "bottom" | undefined} target the host's place for banners and cards, or the edge for banners
 * @param {() => void} moved some slot came, went or has another name
 */
export function makePlaces(paint, target, moved) {
  const page = paint(document.body ?? document.documentElement, "page");
  const own = target && target !== "bottom" ? paint(target, "slot") : undefined;
  /** @type {Map<Element, View>} */
  const slots = new Map();
  let frame = 0;

  /** One in a part of the page that is not laid out is no place: nothing in it could be seen. */
  const isThere = (slot) => slot.isConnected && slot.clientWidth > 0;

  /** @param {any} event */
  function heard({ detail: slot }) {
    if (slot?.nodeType !== Node.ELEMENT_NODE) return;
    // Painted into from the next frame on, so that its status region is there before what it announces.
    if (isThere(slot) && !slots.has(slot)) slots.set(slot, paint(slot, "slot"));
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      const gone = [...slots].filter(([slot]) => !isThere(slot));
      for (const [slot] of gone) slots.delete(slot);
      moved();
      for (const [, painter] of gone) end(painter);
    });
  }

  /** Of several slots with one name the first of the page. */
  function slotOf(name) {
    const named = [...slots.keys()].filter((slot) => isThere(slot) && (slot.getAttribute("name") ?? "") === name);
    const first = named.reduce((first, slot) =>
      first && !(first.compareDocumentPosition(slot) & Node.DOCUMENT_POSITION_PRECEDING) ? first : slot, undefined);
    return slots.get(first);
  }

  document.addEventListener("plimsoll-slot", heard);
  document.dispatchEvent(new CustomEvent("plimsoll-painter"));

  return {
    page,
    /** The painter for a prompt; none while what stands in the page has no place there. */
    of({ surface, slot, edge }) {
      if (surface !== "banner" && surface !== "inline") return page;
      const named = slot && slotOf(slot);
      if (named) return named;
      if (surface === "banner") return edge ? page : (own ?? slotOf("") ?? page);
      return slot ? undefined : (own ?? slotOf(""));
    },
    destroy() {
      document.removeEventListener("plimsoll-slot", heard);
      cancelAnimationFrame(frame);
      for (const painter of [page, own, ...slots.values()]) if (painter) end(painter);
      slots.clear();
    },
  };
}

function end(painter) {
  painter.destroy();
  // What the module holds of this page's closures goes too, when no call into it is under way any more.
  queueMicrotask(() => painter.free());
}
