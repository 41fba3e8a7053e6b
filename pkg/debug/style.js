/**
 * The look of the debug panel: quiet and dense, light or dark as the reader's system. It is a constructable sheet of
 * the panel's own shadow root, so that no `style` element is needed and nothing of it reaches the page; the one rule
 * for the page makes room, so that the panel hides nothing.
 */

/** How much of the page each side takes. */
const WIDTH = "min(26rem, 40vw)";
const HEIGHT = "min(22rem, 45vh)";

/** By side: what the page, and what is fixed to its edges by us, give up while the panel stands there. */
const beside = (side) =>
  `html { padding-${side}: ${WIDTH} !important }` +
  ` body > plimsoll-prompts::part(base) { margin-${side}: calc(${WIDTH} + .86em); max-inline-size: calc(100% - 1.72em - ${WIDTH}) }`;
const BELOW = `html { padding-block-end: ${HEIGHT} !important; scroll-padding-block-end: ${HEIGHT} !important }`;

/** A narrow page has no room beside it. */
export const roomAt = (side) =>
  side === "bottom" ? BELOW : `@media (width > 640px) { ${beside(side)} } @media (width <= 640px) { ${BELOW} }`;

export const STYLE = `
:host {
  all: initial !important;
  display: block !important;
  color-scheme: light dark !important;
}
* { box-sizing: border-box; margin: 0; padding: 0 }
aside, .reopen {
  --back: light-dark(#fff, #1b1c20);
  --raised: light-dark(#f4f5f7, #25272c);
  --line: light-dark(#dfe1e6, #3a3d44);
  --text: light-dark(#1c1e21, #e8eaed);
  --quiet: light-dark(#5b6068, #a3a8b1);
  --accent: light-dark(#1f4fd8, #9db7ff);
  --good: light-dark(#0b6b3a, #7fd6a4);
  --warn: light-dark(#8a4b00, #f0b45f);
  --bad: light-dark(#b3261e, #ff9d94);
  position: fixed;
  z-index: 2147482999;
  color: var(--text);
  background: var(--back);
  font: 400 12px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
  text-align: start;
}
aside { display: flex; flex-direction: column; box-shadow: 0 0 16px #0003 }
[data-side=bottom] { inset: auto 0 0 0; block-size: ${HEIGHT}; border-block-start: 1px solid var(--line) }
[data-side=left] { inset: 0 auto 0 0; inline-size: ${WIDTH}; border-right: 1px solid var(--line) }
[data-side=right] { inset: 0 0 0 auto; inline-size: ${WIDTH}; border-left: 1px solid var(--line) }

header, .tabs { flex: none; display: flex; align-items: center; gap: 4px; background: var(--raised) }
header { padding: 3px 4px 3px 10px; border-block-end: 1px solid var(--line) }
header > * + .tools { margin-inline-start: auto }
h2 { font-size: 12px; font-weight: 650 }
h3 { margin: 10px 0 4px; font-size: 11px; font-weight: 600; color: var(--quiet) }
.who { color: var(--quiet); min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.tools { display: flex; gap: 2px }

button {
  min-inline-size: 24px;
  min-block-size: 24px;
  padding: 0 7px;
  border: 1px solid var(--line);
  border-radius: 4px;
  background: var(--back);
  color: inherit;
  font: inherit;
  cursor: pointer;
}
button:hover { background: var(--raised); border-color: var(--quiet) }
button[aria-pressed=true] { border-color: var(--accent); color: var(--accent) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px }
.tools button { padding: 0; border-color: transparent; background: none; color: var(--quiet) }
.tools button:hover, .tools button[aria-pressed=true] { color: var(--text); background: var(--line) }
svg { display: block; margin: auto; inline-size: 14px; block-size: 14px; fill: none; stroke: currentColor; stroke-width: 1.4 }
svg .fill { fill: currentColor; stroke: none }
.reopen { inset: auto 8px 8px auto; padding: 3px 10px; box-shadow: 0 1px 6px #0003 }

.bar { flex: none; display: flex; flex-wrap: wrap; align-items: center; gap: 3px 6px; padding: 3px 10px; border-block-end: 1px solid var(--line) }
.bar.on { background: light-dark(#fff6e0, #3b2f14) }
.bar.on .standing { font-weight: 600 }
.bar [role=status] { min-inline-size: 0 }
.bar .last { margin-inline-start: auto }

.tabs { gap: 0; flex-wrap: wrap; padding-inline: 4px; border-block-end: 1px solid var(--line) }
.tabs button { border: 0; border-radius: 0; background: none; color: var(--quiet); border-block-end: 2px solid transparent }
.tabs button:hover { color: var(--text) }
.tabs [aria-selected=true] { color: var(--text); border-block-end-color: var(--accent) }

.section { flex: 1; min-block-size: 0; overflow: auto; overscroll-behavior: contain; padding: 6px 10px 14px }
.section > p { max-inline-size: 60em }
.nothing { padding-block: 4px; color: var(--quiet) }
summary { padding-block: 3px; font-weight: 600; cursor: pointer; min-block-size: 24px }
.count, .about, dt, .led, .when { color: var(--quiet) }
.count { font-weight: 400 }
ul, ol { list-style: none }
.rows > li { padding: 5px 0 6px; border-block-start: 1px solid var(--line) }
.rows > li:first-child { border-block-start: 0 }
.line { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 8px }
.figure, .when { margin-inline-start: auto }
.figure { font-weight: 600 }
.line > button { margin-inline-start: auto }
.line > button + button { margin-inline-start: 0 }
code { font: 11.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
.rows .line > code { font-weight: 600 }
.chip { padding: 0 6px; border: 1px solid var(--line); border-radius: 3px; color: var(--quiet); white-space: nowrap }
.chip.shown, .chip.next { color: var(--good); border-color: currentColor }
.chip.held, .chip.at_limit, .chip.over_limit { color: var(--warn); border-color: currentColor }
dl { display: flex; flex-wrap: wrap; gap: 0 14px }
dl > div { display: flex; gap: 5px; max-inline-size: 100% }
dt { flex: none }
dd { min-inline-size: 0 }
meter { display: block; inline-size: 100%; block-size: 8px; margin-block: 3px }
table { border-collapse: collapse; inline-size: 100%; margin-block-start: 4px }
th { color: var(--quiet); font-weight: 400; text-align: start }
th, td { padding: 2px 10px 2px 0; border-block-end: 1px solid var(--line); vertical-align: top }

@media (max-width: 640px) {
  [data-side] { inset: auto 0 0 0; inline-size: auto; block-size: ${HEIGHT}; border: 0; border-block-start: 1px solid var(--line) }
  .tools .side { display: none }
}
@media (forced-colors: active) {
  .tabs [aria-selected=true] { border-block-end-color: Highlight }
  button[aria-pressed=true] { border-color: Highlight }
}
@media print { :host { display: none !important } }
`;
