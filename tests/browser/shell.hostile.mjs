/**
 * What hosts pass by mistake or malice, for every public call; runs in a page and in Node alike.
 * Nothing may throw, and what was right before must still be right after.
 */
export function hostileValues() {
  const cycle = {};
  cycle.self = cycle;
  const throwing = (name) => Object.defineProperty({}, name, { enumerable: true, get: () => { throw new Error("getter"); } });
  const proxy = new Proxy({}, {
    get: () => { throw new Error("proxy get"); },
    ownKeys: () => { throw new Error("proxy keys"); },
    has: () => { throw new Error("proxy has"); },
  });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  return [
    undefined, null, true, false, 0, -1, 0.1, NaN, Infinity, 1e308, 2 ** 53, 10n, Symbol("s"), "", " ", "emails ",
    "__proto__", "constructor", "toString", "x".repeat(10_000_000), "\ud800", "\u0000", "<img src=x onerror=alert(1)>",
    [], [NaN, [[]]], {}, () => { throw new Error("called"); }, class Host {}, new Date(NaN), /x/g, cycle, Object.freeze({ a: 1 }),
    Object.create(null), throwing("route"), throwing("account"), throwing("then"), throwing("toString"), proxy, revoked.proxy,
    { toString: () => { throw new Error("toString"); } }, { valueOf: () => 5 }, { account: { id: "a" }, user: { id: "u" }, plan: 5 },
    { account: { id: "ana@example.com" }, user: { id: "u" }, plan: "free" }, JSON.parse('{"__proto__": {"route": 5}, "route": "/x"}'),
    { account: { id: "acc_7" }, user: { id: "u_9" }, plan: "free", meters: { emails: { used: "5" } } },
    { account: { id: "acc_7" }, user: { id: "u_9" }, plan: "free", meters: { emails: { limit: -1 } } },
    { account: { id: "acc_7", attributes: cycle }, user: { id: "u_9" }, plan: "free" },
    { account: { id: "acc_7", attributes: { a: "x".repeat(70_000) } }, user: { id: "u_9", attributes: 5 }, plan: "free" },
    new Uint8Array(1_000), new Map([["a", 1]]), new Error("an error"), Promise.resolve(1),
  ];
}

export const CALLS = [
  "use", "release", "attempt", "fits", "limitHit", "explore", "signal", "converted", "sync", "context", "consent", "setLocale",
  "read", "explain", "on", "painted", "respond",
];

/** @returns what threw or answered with the wrong kind of thing; empty when all is well */
export async function harass(instance) {
  const wrong = [];
  const kinds = { use: "string", release: "string", attempt: "object", fits: "boolean", read: "object", explain: "object", on: "function" };
  const values = hostileValues();
  for (const name of CALLS) {
    for (const [index, value] of values.entries()) {
      // Taking consent back or becoming another user is what these values ask for elsewhere.
      for (const given of [[value], ["emails", value], [value, value, value], ["sso", value, "upgrade"], ["error", value]]) {
        try {
          const answer = instance[name](...given);
          if (answer instanceof Promise) await answer;
          if (kinds[name] && typeof answer !== kinds[name]) wrong.push(`${name} #${index}: ${typeof answer}`);
        } catch (error) {
          wrong.push(`${name} #${index} threw ${String(error?.stack ?? "something")}`);
        }
      }
    }
  }
  return { wrong, tried: values.length };
}
