"use client";
/**
 * Plimsoll in React 18 and 19: a provider that starts an instance and ends it, hooks that read it, and a hint that
 * marks what the plan lacks. It decides nothing; before an instance has started it shows what the host's snapshot
 * says. On a server it renders the children and nothing else, and hydration begins from the same.
 */
import { cloneElement, createContext, createElement, isValidElement, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { start } from "./index.js";
import { makeBuffer } from "./shell/buffer.js";

const Context = createContext(undefined);

/** @param {import("./react.js").ProviderProps} props */
export function PlimsollProvider({ options, instance, onError, children }) {
  const latest = useRef(undefined);
  const [store, setStore] = useState(() => makeStore(instance, options));
  if (store.given !== instance) setStore(makeStore(instance, options));
  useEffect(() => {
    latest.current = { options, onError };
    store.follow(options);
  });
  useEffect(() => {
    // An effect that runs again, much later, finds the store that it ended.
    if (store.isOver()) return setStore(makeStore(instance, options));
    return store.mount(latest);
  }, [store]);
  return createElement(Context.Provider, { value: store }, children);
}

export const usePlimsoll = () => useStore().calls;

export const useMeter = (id) => useValue("meter", id);

export const useFeature = (id) => useValue("feature", id);

export const usePrompt = (wanted) => useValue("prompt", wanted);

/** @param {import("./react.js").FeatureHintProps} props */
export function FeatureHint({ feature, step = "tried", mark = MARK, children }) {
  const { has } = useFeature(feature);
  const { calls, words } = useStore();
  /** @type {any} */
  const child = isValidElement(children) ? children : undefined;
  if (!child) return /** @type {any} */ (children) ?? null;
  const { onClick, children: inside } = child.props;
  const props = {
    onClick(...given) {
      calls.explore(feature, step);
      return onClick?.(...given);
    },
  };
  if (has !== false) return cloneElement(child, props);
  const is_filled = inside != null && typeof inside != "function";
  return cloneElement(
    child,
    { ...props, "data-plimsoll": "locked", "aria-description": words("paid_feature") },
    // In their places, so that nothing inside is made anew.
    ...(is_filled ? [].concat(inside, mark) : []),
  );
}

/** It lies over the child's own padding, so that the page does not move. */
const MARK = createElement(
  "span",
  { "aria-hidden": true, style: { position: "absolute", marginInlineStart: ".2em", fontSize: ".8em" } },
  "✦",
);

const useStore = () => useContext(Context) ?? outside();

/** A server, and a page that hydrates, show what is known before the start. */
function useValue(kind, about) {
  const store = useStore();
  const read = (status) => store[kind](about, status);
  return useSyncExternalStore(store.subscribe, () => read(store.status()), () => read("loading"));
}

/** What hooks read. Its values stay the same objects until what is in them changes. */
function makeStore(given, options) {
  const buffer = makeBuffer();
  const listeners = new Set();
  const prompts = new Map();
  /** By what was asked: {version, text, value}. */
  const kept = new Map();
  let snapshot = options?.snapshot;
  let followed = textOf(options);
  let status = given ? "ready" : "loading";
  let instance = given;
  let reading;
  let texts;
  let version = 0;
  let is_changing = false;
  let is_mounted = false;
  let has_begun = false;
  let is_over = false;
  let offs = [];

  /** However much happens at once, React hears of it once, and never while it renders. */
  function changed() {
    if (is_changing) return;
    is_changing = true;
    queueMicrotask(() => {
      is_changing = false;
      version += 1;
      reading = undefined;
      listeners.forEach((heard) => heard());
    });
  }

  function stable(key, make) {
    const old = kept.get(key);
    if (old?.version === version) return old.value;
    const value = make();
    const text = JSON.stringify(value);
    const next = { version, text, value: old?.text === text ? old.value : value };
    kept.set(key, next);
    return next.value;
  }

  const own = (object, name) => (object && Object.hasOwn(object, name) ? object[name] : undefined);
  const read = () => (reading ??= instance.read());

  function keep({ prompt, quote }) {
    if (!prompt) return changed();
    const { exposure } = prompt;
    prompts.set(exposure, {
      ...prompt,
      quote: quote ?? prompts.get(exposure)?.quote,
      painted: (how) => buffer.calls.painted(exposure, how),
      respond: (...given) => buffer.calls.respond(exposure, ...given),
    });
    changed();
  }

  function open(made) {
    instance = made;
    status = "ready";
    offs = [
      made.on("prompt", keep),
      made.on("update", keep),
      made.on("withdraw", ({ exposure }) => {
        prompts.delete(exposure);
        changed();
      }),
    ];
    // The built-in words, as the custom elements get them.
    const detail = (face) => face.read === made.read && ({ texts } = face);
    document.dispatchEvent(new CustomEvent("plimsoll-request", { detail }));
    buffer.open(made);
    changed();
  }

  async function begin(latest) {
    try {
      const live = ([name, value]) =>
        [name, typeof value == "function" ? (...given) => latest.current.options[name]?.(...given) : value];
      const made = given ?? (await start(Object.fromEntries(Object.entries(latest.current.options ?? {}).map(live))));
      if (!is_over) open(made);
      else if (!given) made.destroy();
    } catch (error) {
      if (navigator.onLine === false) addEventListener("online", () => is_over || begin(latest), { once: true });
      else {
        status = "failed";
        buffer.close();
        changed();
      }
      if (!is_over) (latest.current.onError ?? console.error)(error);
    }
  }

  function end() {
    is_over = true;
    buffer.close();
    offs.forEach((off) => off());
    if (!given) instance?.destroy();
  }

  return {
    given,
    calls: buffer.calls,
    isOver: () => is_over,
    words: (id) => texts?.().ui[id]?.join(""),
    subscribe(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    status: () => status,
    meter: (id, status) =>
      stable(`${status} meter ${id}`, () => {
        if (status === "ready") {
          const found = own(read().meters, id);
          return found ? { status, ...found } : { status: "unknown", used: 0 };
        }
        const { used = 0, limit } = own(snapshot?.meters, id) ?? {};
        return { status, used, limit: limit === 0 ? "none" : limit };
      }),
    feature: (id, status) =>
      stable(`${status} feature ${id}`, () => {
        if (status !== "ready") return { status, has: snapshot?.features?.includes(id) || undefined };
        // Of a plan that nobody knows nothing is known to be missing.
        const { plan, features } = read();
        const has = own(features, id);
        return has === undefined ? { status: "unknown" } : { status, has: plan === undefined ? undefined : has };
      }),
    prompt: (wanted = {}, status) =>
      status === "ready" && [...prompts.values()].find((prompt) =>
        Object.entries(wanted).every(([name, value]) => (prompt[name] ?? prompt.subject[name]) === value)) || null,
    /** Another snapshot is the newest truth; none any more is a person who has logged out. */
    follow(options) {
      const text = textOf(options);
      if (given || text === followed) return;
      followed = text;
      snapshot = options?.snapshot;
      if (snapshot) buffer.calls.sync(snapshot);
      else buffer.calls.reset();
    },
    /** Effects run twice in React's strict mode: what ends and begins at once goes on. */
    mount(latest) {
      is_mounted = true;
      if (!has_begun) begin(latest);
      has_begun = true;
      return () => {
        is_mounted = false;
        queueMicrotask(() => is_mounted || end());
      };
    },
  };
}

/** The snapshot as a text, by which a new object with the same figures is no news. */
function textOf(options) {
  try {
    return JSON.stringify(options.snapshot);
  } catch {
    return undefined;
  }
}

let lonely;

/** A hook outside a provider: nothing is known, and nothing breaks. */
function outside() {
  if (!lonely) {
    console.warn("plimsoll: no PlimsollProvider around a hook [no_provider]");
    lonely = makeStore();
  }
  return lonely;
}
