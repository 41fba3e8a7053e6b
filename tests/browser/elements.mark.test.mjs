// The mark of a gate, on what gates usually stand around: it covers no words, its own host's or others', it is not cut
// off at the edge of the page, and moves nothing.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { startStand } from "./shell.support.mjs";
import { POLICY, frames, openBody, shift, startWith } from "./elements.support.mjs";

let stand;
before(async () => (stand = await startStand()));
after(() => stand.stop());
beforeEach(() => {
  stand.begin();
  stand.policy = POLICY;
});

const USUAL = `<div id=above>Words that stand right above all of these buttons, and on to the edge of the page</div>
  <plimsoll-gate feature=sso><button>Export offline</button></plimsoll-gate><button>Next</button>
  <p><plimsoll-gate feature=automation><button class=b32>Turn on sign-on</button></plimsoll-gate>
  <plimsoll-gate feature=automation><button class=b40>Build an automation</button></plimsoll-gate>
  <plimsoll-gate feature=sso><button class=b32>Go</button></plimsoll-gate><plimsoll-gate feature=sso><button class=icon>＋</button></plimsoll-gate></p>
  <p>Whoever has <plimsoll-gate feature=sso><a href="#sso">single sign-on</a></plimsoll-gate> takes this sentence over to the next line, and <plimsoll-gate feature=sso><a href="#sso">no</a></plimsoll-gate> further.</p>
  <plimsoll-gate feature=automation><a class=row href="#sso">Single sign-on<span>Off</span></a></plimsoll-gate>
  <plimsoll-gate feature=automation><a class="row low" href="#sso">Single sign-on<span>Off</span></a></plimsoll-gate>
  <div class=end><plimsoll-gate feature=sso><button>At the end</button></plimsoll-gate></div>`;
const USUAL_CSS = `body { padding: 0 !important } h1, p { margin: 12px 0 } .b32 { height: 32px; padding: 0 12px; font-size: 14px } .b40 { height: 40px; padding: 0 16px }
  .icon { width: 32px; height: 32px; padding: 0 } .row { display: flex; justify-content: space-between; padding: 12px 16px } .low { padding: 0 } .end { text-align: end }`;
for (const [width, dir] of [[900, "ltr"], [900, "rtl"], [320, "ltr"], [320, "rtl"]]) {
  test(`covers no words of usual buttons and stays within the page, at ${width} px from ${dir}`, async () => {
    const context = await stand.browser.newContext({ viewport: { width, height: 800 } });
    const page = await openBody(stand, `<div dir=${dir}>${USUAL}</div>`, { css: USUAL_CSS, context });
    await startWith(page);
    await frames(page);
    const found = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll("plimsoll-gate")].map((gate) => gate.shadowRoot.querySelector("#mark").getBoundingClientRect());
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const covered = [];
      for (let node; (node = walker.nextNode()); ) {
        const range = document.createRange();
        for (let at = 0; at < node.length; at += 1) {
          if (!node.data[at].trim()) continue;
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          for (const { left, right, top, height } of range.getClientRects()) {
            // The letters' own height, between their upper ends and the line that they stand on.
            const [upper, lower] = [top + 0.35 * height, top + 0.78 * height];
            if (boxes.some((box) => box.left < right - 1 && box.right > left + 1 && box.top < lower && box.bottom > upper)) covered.push(node.data.slice(0, at + 1));
          }
        }
      }
      const cut = boxes.filter(({ left, right }) => left < 0 || right > innerWidth).length;
      return { covered, cut, over: document.documentElement.scrollWidth - innerWidth, marks: boxes.filter((box) => box.width > 8).length };
    });
    assert.deepEqual(found, { covered: [], cut: 0, over: 0, marks: 10 });
    assert.equal(await shift(page), 0);
    await context.close();
  });
}
