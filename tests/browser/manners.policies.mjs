/**
 * Policies and snapshots that somebody hostile could have written: valid in shape, often enough valid in whole,
 * with markup, addresses and marks of direction wherever words stand. It knows nothing of painting; `manners.test.mjs`
 * gives them to pages. The same number gives the same policy, here and in a page.
 */

/** A generator of 32 bits (mulberry32), so that a failure can be had again by its number. */
function dice(seed) {
  let state = (seed * 0x9e3779b1) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { one: (list) => list[Math.floor(next() * list.length)], in: (share) => next() < share };
}

/** What would be run, fetched or opened if it became more than text; each hit sets `window.hit`. */
const MARKUP = [
  "<img src=x onerror=window.hit=1>", "<script>window.hit=1</script>", "</style><script>window.hit=1</script>",
  "<svg onload=window.hit=1>", "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>", "\" onmouseover=\"window.hit=1",
  "' autofocus onfocus='window.hit=1", "<a href=javascript:window.hit=1>x</a>", "<math><mtext></p><img src onerror=window.hit=1>",
  "<template shadowrootmode=open><script>window.hit=1</script></template>", "<base href=https://evil.example/>",
  "<meta http-equiv=refresh content=0;url=https://evil.example/>", "<form action=https://evil.example/><button>x",
  "<link rel=stylesheet href=https://evil.example/x.css>", "<style>*{display:none}</style>", "<!--", "]]>", "&lt;script&gt;", "&#60;img&#62;",
];
/** What stands in texts that a policy may have. */
const WORDS = [
  "javascript:window.hit=1", "a\u0301".repeat(40), "{{7*7}}", "${7*7}", "%s%n%x", "constructor", "__proto__", "toString", "hasOwnProperty",
  "W".repeat(80), "Z\u0351\u0353\u031a".repeat(20), "ﷺ".repeat(20), "مرحبا abc", "null", "NaN", "https://evil.example/",
];
/** What a policy may not have, or not at every place. */
const REFUSED = [
  "\u202Egnp.exe\u2066", "\u2067\u202B\u202E", "\uFEFF\u200B\u200D", "\uD800", "\u2028\u2029", "\0", "W".repeat(3000), "", "{owner", "{constructor}",
  "{__proto__}", "{used, plural, other {{used, plural, other {#}}}}",
];
const LINKS = [
  "javascript:window.hit=1", "JaVaScRiPt:window.hit=1", "\tjava\nscript:window.hit=1", "\u0001javascript:window.hit=1", "javascript://%0awindow.hit=1",
  "data:text/html,<script>parent.hit=1</script>", "data:image/svg+xml,<svg onload='window.hit=1'/>", "vbscript:1", "blob:https://evil.example/1", "file:///etc/passwd",
  "https://user:pass@evil.example/", "http://evil.example/", "//evil.example/", "\\\\evil.example\\x", "ftp://evil.example/", "about:blank", "filesystem:https://a/b",
  "intent://x#Intent;end", "view-source:/", "chrome://settings", "ws://evil.example/", "mailto:a@b.example", "tel:1", "https://evil.example:99999/", "/ok?plan={plan}",
];
const ADDRESSES = ["/checkout?plan={plan}", "https://ok.example/{plan}?from={account}"];
/** Variables that have a value in every prompt, each of which is somebody's hostile name. */
const FILLED = ["{plan}", "{next_plan}: {price}", "{plan} {next_plan} {plan}"];
/** What may cause a prompt, and where that may be shown. */
const ABOUT_LIMITS = [[{ threshold_percent: 50 }, { threshold_percent: 90 }, { limit_hit: true }], ["banner", "modal", "inline", "toast"]];
const ABOUT_FEATURES = [[{ explored_times: 1, feature: "sso" }], ["preview", "inline"]];

export function hostileCase(seed) {
  const dealt = dice(seed);
  /** Three of four mean to get in; the others try what is refused. */
  const is_bold = dealt.in(0.25);
  const is_direct = dealt.in(0.4);
  const raw = () => dealt.one(dealt.in(0.6) ? MARKUP : is_bold && dealt.in(0.3) ? REFUSED : WORDS);
  /** Braces are the templates' own: without them these stay words. */
  const words = () => (is_bold && dealt.in(0.3) ? raw() : raw().replace(/[{}']/g, "") || "x");
  const text = () => (dealt.in(0.5) ? words() : { en: words(), [is_bold && dealt.in(0.2) ? "x-evil" : dealt.one(["pt-BR", "ar"])]: words() });
  const filled = () => (dealt.in(0.3) ? `${words()} ${dealt.one(FILLED)}` : words());
  const address = () => dealt.one(is_bold && dealt.in(0.5) ? LINKS : ADDRESSES);
  const id = (good) => (is_bold && dealt.in(0.1) ? raw() : good);
  const prompt = (place) => {
    const [triggers, surfaces] = dealt.in(0.6) ? ABOUT_LIMITS : ABOUT_FEATURES;
    return {
      id: id(`p${place}`), trigger: dealt.one(triggers), surface: dealt.one(surfaces),
      texts: { en: { title: filled(), body: dealt.in(0.5) ? [filled(), filled()] : filled() } },
    };
  };
  const policy = {
    format: 1,
    plans: [
      { id: "free", name: text(), quotas: { emails: { limit: 100, period: "month" } } },
      { id: "pro", name: text(), buy: dealt.one(["checkout", "sales"]), price: { amount_minor: 4900, currency: "USD", per: "month" },
        quotas: { emails: { limit: 5000, period: "month" } }, features: ["sso"] },
    ],
    meters: { emails: { name: dealt.in(0.5) ? text() : { en: { one: words(), other: words() } }, usage: text() } },
    features: { sso: { name: text(), outcome: text(), ...(dealt.in(0.6) && { image: is_bold ? dealt.one(LINKS) : dealt.one(["/www/gallery/automation.svg", "https://ok.example/x.png"]), image_alt: text() }) } },
    prompts: dealt.in(0.7) ? [prompt(0), prompt(1)] : [],
    texts: { en: { usage: words(), actions: { upgrade: words(), later: words() }, ui: { close: words(), more: words() } } },
    // Without a checkout page a press asks the host's own function, whose answer may be as hostile.
    links: { ...(!is_direct && { checkout: address() }), pricing: address(), sales: dealt.in(0.2) ? "form" : address() },
    pacing: { min_account_age_hours: 0, gap_hours: 0 },
  };
  const snapshot = {
    account: { id: "acc", created_at: "2025-01-01T00:00:00Z", name: raw(), attributes: { evil: raw() } },
    user: { id: "u", created_at: "2025-01-01T00:00:00Z" },
    plan: "free", plan_epoch: 1, can_purchase: dealt.in(0.5), billing_owner: raw(),
    meters: { emails: { used: 40, limit: 100 } },
  };
  const redirect = dealt.one(LINKS);
  const line = raw();
  return {
    policy, snapshot, begins_with: dealt.one(["use", "explore"]),
    hooks: { ...(!is_direct && { quote: () => ({ amount_minor: 100, currency: "USD", line }) }), purchase: () => ({ redirect }) },
  };
}
