/**
 * The view in Chromium, on the gallery's pages and under the strict policy of `view.server.mjs`.
 * Names are sentences about what a person meets. It needs `pkg/dist` (cargo xtask build).
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import { axe } from "./axe.support.mjs";
import { answered, become, focused, openGallery, painted, responses, visit } from "./view.support.mjs";

const EXPOSURE = "00000000000000a1";

openGallery();

test("the view needs no style-src at all", async () => {
  await visit({ state: "modal-limit", bare: "" }, async (page) => {
    const own = await page.evaluate(() => window.violations.filter((v) => !/(page|define)\.css/.test(v)));
    assert.deepEqual(own, []);
    const width = await page.locator("dialog").evaluate((dialog) => dialog.clientWidth);
    assert.ok(width > 300 && width < 500, `the dialog is styled, ${width} px wide`);
  });
});

test("a modal takes the focus to its title, keeps it, and gives it back on Escape", async () => {
  await visit({ state: "modal-limit", wait: "" }, async (page) => {
    await page.locator("#compose").focus();
    await page.keyboard.press("Enter");
    await page.locator("dialog").waitFor();
    assert.equal(await focused(page), "title");
    for (const expected of ["upgrade", "talk_to_sales", "later", "more", "close"]) {
      await page.keyboard.press("Tab");
      assert.equal(await focused(page), expected);
    }
    await page.keyboard.press("Escape");
    await answered(page, [["close"]]);
    assert.equal(await page.evaluate(() => document.activeElement.id), "compose");
    assert.equal(await page.locator("dialog").count(), 0);
  });
});

test("a dialog hidden by the shell gives the focus back and reports nothing", async () => {
  await visit({ state: "preview-dialog", wait: "" }, async (page) => {
    await page.locator("#compose").click();
    await page.locator("dialog").waitFor();
    await page.evaluate((exposure) => gallery.view.hide(exposure), EXPOSURE);
    assert.equal(await page.evaluate(() => document.activeElement.id), "compose");
    assert.deepEqual(await responses(page), []);
  });
});

test("a banner is announced by a region that was there before it, and moves no focus", async () => {
  await visit({ state: "banner-urgent", wait: "" }, async (page) => {
    const empty = page.locator("plimsoll-prompts .banners[role=status]");
    assert.equal(await empty.count(), 1);
    assert.equal(await empty.evaluate((region) => region.childElementCount), 0);
    await page.locator("#compose").click();
    await page.locator("section.banner").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "compose");
    await page.getByRole("region", { name: "88 e-mails left this month" }).waitFor();
  });
});

test("later is the banner's cross, never stands in a menu that Escape closes", async () => {
  await visit({ state: "banner-warning" }, async (page) => {
    const menu = page.locator("summary");
    await menu.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Do not show this again" }).waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("details[open]").count(), 0);
    assert.equal(await focused(page), "more");
    await menu.click();
    await page.mouse.click(5, 600);
    assert.equal(await page.locator("details[open]").count(), 0, "it closes when left");
    await menu.click();
    await page.getByRole("button", { name: "Do not show this again" }).click();
    assert.deepEqual(await responses(page), [["never"]]);
    await page.evaluate(() => gallery.open());
    await page.getByRole("button", { name: "Later" }).click();
    assert.deepEqual(await responses(page), [["never"], ["later"]]);
    assert.equal(await page.locator("section").count(), 0);
  });
});

test("Escape in a modal's open menu closes the menu, and only then the modal", async () => {
  await visit({ state: "modal-limit" }, async (page) => {
    await page.locator("summary").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("details[open]").count(), 0);
    assert.equal(await page.locator("dialog[open]").count(), 1);
    await page.keyboard.press("Escape");
    await answered(page, [["close"]]);
  });
});

test("a double click is one act, and a busy prompt takes none", async () => {
  await visit({ state: "modal-limit" }, async (page) => {
    await page.getByRole("link", { name: "Upgrade to Pro" }).dblclick();
    assert.deepEqual(await responses(page), [["act", "upgrade"]]);
    await page.waitForTimeout(900);
    await become(page, "modal-busy");
    await page.getByRole("link", { name: "Upgrade to Pro" }).click({ force: true });
    assert.deepEqual(await responses(page), [["act", "upgrade"]]);
    await become(page, "modal-limit");
    await page.getByRole("link", { name: "Upgrade to Pro" }).click();
    assert.equal((await responses(page)).length, 2);
    assert.ok(page.url().includes("state.html"), "the view itself never navigates");
  });
});

test("a link opened in another tab leaves this one alone", async () => {
  await visit({ state: "modal-limit" }, async (page) => {
    const opened = page.context().waitForEvent("page");
    await page.getByRole("link", { name: "Upgrade to Pro" }).click({ modifiers: ["Control"] });
    await (await opened).waitForURL(/\/checkout\?plan=pro$/);
    assert.deepEqual(await responses(page), []);
  });
});

test("painted says rendered after the frame and seen after a second in view", async () => {
  await visit({ state: "banner-notice", wait: "" }, async (page) => {
    const at_once = await page.evaluate(() => (gallery.open(), gallery.heard.length));
    assert.equal(at_once, 0, "nothing before the frame");
    await page.waitForFunction(() => gallery.heard.length === 1);
    assert.deepEqual(await painted(page), ["rendered"]);
    await page.waitForTimeout(700);
    assert.deepEqual(await painted(page), ["rendered"]);
    await page.waitForTimeout(700);
    assert.deepEqual(await painted(page), ["rendered", "seen"]);
  });
});

test("a prompt that cannot be painted says failed and leaves nothing", async () => {
  await visit({ state: "preview-card", wait: "" }, async (page) => {
    const heard = await page.evaluate(async () => {
      const heard = [];
      const on = { painted: (...what) => heard.push(what.join(" ")), respond() {} };
      const view = await gallery.createView({ locale: "en", ui: {}, on });
      const prompt = { surface: "inline", tone: "offer", texts: { title: "No place" } };
      view.show({ ...prompt, exposure: "e1" });
      view.show({ exposure: "e2", surface: "banner", texts: { title: [["used"]] } });
      view.show({ exposure: "e3", surface: "modal" });
      HTMLDialogElement.prototype.showModal = undefined;
      view.show({ ...prompt, exposure: "e4", surface: "modal" });
      await new Promise((done) => setTimeout(done, 100));
      heard.push(everywhere("[data-exposure]").length);
      view.destroy();
      return heard;
    });
    // The first is a card, which waits for a slot.
    assert.deepEqual(heard, ["e2 failed", "e3 failed", "e4 failed", 0]);
  });
});

test("an update changes words in place, keeps the focus and is not announced again", async () => {
  await visit({ state: "banner-urgent" }, async (page) => {
    await page.getByRole("link", { name: "Upgrade to Pro" }).focus();
    await page.evaluate(() => {
      const prompt = gallery.open("00000000000000b2");
      gallery.view.hide("00000000000000a1");
      prompt.values = { ...prompt.values, used: 913, remaining: 87 };
      everywhere("a.primary")[0].focus();
      gallery.view.update(prompt);
    });
    await page.getByText("87 e-mails left this month").waitFor();
    assert.equal(await focused(page), "upgrade");
    assert.equal(await page.locator("section.banner").getAttribute("aria-live"), "off");
  });
});

test("a message is said by the prompt's own status region, a quote replaces the price", async () => {
  await visit({ state: "modal-pay" }, async (page) => {
    await page.locator(".offer").getByText("$14.70", { exact: true }).waitFor();
    await become(page, "modal-checkout");
    await page.locator(".offer").getByText("$49 per month").waitFor();
    await become(page, "modal-busy");
    await page.getByRole("status").filter({ hasText: "One moment" }).waitFor();
  });
});

test("a change of language paints what is open again", async () => {
  await visit({ state: "modal-limit" }, async (page) => {
    await page.evaluate(() => gallery.view.locale("pt-BR", gallery.locales["pt-BR"].ui));
    await page.getByRole("button", { name: "Fechar" }).waitFor();
    assert.equal(await page.locator("dialog").getAttribute("lang"), "pt-BR");
    await page.getByText("US$ 49 por mês").waitFor();
  });
});

test("a form takes the focus to its note, is left by Escape, and gives the focus back", async () => {
  for (const state of ["form-empty", "form-banner", "form-card"]) {
    await visit({ state }, async (page) => {
      const form = page.locator("[data-form]");
      await form.waitFor();
      assert.equal(await focused(page), "note", state);
      await page.keyboard.press("Escape");
      await form.waitFor({ state: "detached" });
      assert.equal(await focused(page), state === "form-banner" ? "talk_to_sales" : "ask_admin", state);
      assert.equal(await page.locator("[data-exposure]").count(), 1, "the prompt is there as it was");
      assert.deepEqual(await responses(page), [], "nothing was answered");
    });
  }
});

test("Enter makes a line, Ctrl and Enter send; a note is labelled and described", async () => {
  await visit({ state: "form-empty" }, async (page) => {
    const note = page.getByRole("textbox", { name: "Add a note (optional)" });
    await page.waitForTimeout(900);
    await note.pressSequentially("one");
    await page.keyboard.press("Enter");
    await note.pressSequentially("two");
    await page.keyboard.press("Control+Enter");
    const heard = await page.evaluate(() => gallery.heard.filter(([what]) => what === "form").map(([, , ...said]) => said));
    assert.deepEqual(heard.at(-2), ["typed", "one\ntwo"]);
    assert.equal(heard.at(-1)[0], "send");
    await page.getByRole("dialog", { name: "Ask Ana to upgrade" }).waitFor();
  });
});

test("how much room is left is said near the end, and there it ends", async () => {
  await visit({ state: "form-empty" }, async (page) => {
    const note = page.locator("textarea");
    await note.fill("x".repeat(1799));
    assert.equal(await page.locator(".left").textContent(), "");
    await note.fill("x".repeat(1999));
    await page.getByText("1 character left", { exact: true }).waitFor();
    await note.pressSequentially("xyz");
    assert.equal((await note.inputValue()).length, 2000);
    await page.getByText("0 characters left").waitFor();
  });
});

test("new figures and another language leave a note as it is written, with its caret and its past", async () => {
  await visit({ state: "form-empty" }, async (page) => {
    const note = page.locator("textarea");
    await note.pressSequentially("hello");
    await page.keyboard.press("ArrowLeft");
    await note.evaluate((area) => (window.area = area));
    await page.evaluate(() => {
      const { prompt } = gallery;
      const [ask, ...others] = prompt.actions;
      const actions = [{ ...ask, label: "Peça a Ana" }, ...others];
      gallery.view.update({ ...prompt, actions, values: { ...prompt.values, used: 1003 } });
      gallery.view.locale("pt-BR", gallery.locales["pt-BR"].ui);
    });
    await page.getByRole("dialog", { name: "Peça a Ana" }).waitFor();
    await page.getByText("Seu uso vai junto: 1.003 de 1.000 e-mails.").waitFor();
    await page.getByRole("textbox", { name: "Escreva uma mensagem (opcional)" }).waitFor();
    await page.keyboard.type("!");
    assert.equal(await note.inputValue(), "hell!o");
    assert.ok(await note.evaluate((area) => area === window.area), "the same node");
    await page.keyboard.press("Control+z");
    assert.notEqual(await note.inputValue(), "hell!o", "what was typed can be taken back");
  });
});

test("while it is sent a form says so, takes no second press, and can be left", async () => {
  await visit({ state: "form-sending" }, async (page) => {
    await page.getByRole("status").filter({ hasText: "One moment" }).waitFor();
    assert.equal(await page.locator("[data-form]").getAttribute("data-phase"), "busy");
    await page.waitForTimeout(900);
    await page.locator("[data-action=send]").click({ force: true });
    await page.keyboard.press("Escape");
    await page.locator("[data-form]").waitFor({ state: "detached" });
    assert.deepEqual(await page.evaluate(() => gallery.heard.filter(([what]) => what === "form").map(([, , what]) => what)), ["back"]);
  });
});

test("when it is sent the focus goes to the way out, but is not taken from elsewhere on the page", async () => {
  for (const elsewhere of [false, true]) {
    await visit({ state: "form-card" }, async (page) => {
      const send = page.locator("[data-action=send]");
      await send.focus();
      if (elsewhere) await page.locator("#compose").focus();
      await page.evaluate((exposure) => {
        for (const status of ["sending", "sent"]) gallery.view.form(exposure, { action: "ask_admin", note: "", status });
      }, EXPOSURE);
      await page.getByRole("status").filter({ hasText: "Sent. Thank you." }).waitFor();
      const at = elsewhere ? await page.evaluate(() => document.activeElement.id) : await focused(page);
      assert.equal(at, elsewhere ? "compose" : "back");
    });
  }
});

test("the keys of an input method are its own: Escape there takes back a proposal, not the form", async () => {
  await visit({ state: "form-empty" }, async (page) => {
    await page.waitForTimeout(900);
    await page.locator("textarea").evaluate((area) => {
      for (const [key, more] of [["Escape", {}], ["Enter", { ctrlKey: true }]]) {
        area.dispatchEvent(new KeyboardEvent("keydown", { key, isComposing: true, bubbles: true, cancelable: true, ...more }));
      }
    });
    assert.equal(await page.locator("[data-form=open]").count(), 1);
    assert.deepEqual(await page.evaluate(() => gallery.heard.filter(([what]) => what === "form")), []);
  });
});

test("what a person types stays text, and forms that come and go leave no node", async () => {
  await visit({ state: "form-failed" }, async (page, seen) => {
    const evil = "</textarea><img src=x onerror=window.hit=1><script>window.hit=1</script>";
    await page.evaluate(([exposure, note]) => {
      gallery.view.form(exposure);
      for (const status of ["open", "sending", "failed", "offline", "sent"]) gallery.view.form(exposure, { action: "ask_admin", note, status });
      gallery.view.form(exposure);
      gallery.view.form(exposure, { action: "ask_admin", note, status: "open" });
    }, [EXPOSURE, evil]);
    assert.equal(await page.locator("textarea").inputValue(), evil);
    assert.equal(await page.locator("textarea").count(), 1);
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
    await page.evaluate((exposure) => gallery.view.hide(exposure), EXPOSURE);
    assert.equal(await page.locator("[data-exposure]").count(), 0);
  });
});

test("a toast fades after its time, but not under the pointer", async () => {
  await visit({ state: "toast-blocked" }, async (page) => {
    await page.locator("section.toast").hover();
    await page.waitForTimeout(9000);
    assert.equal(await page.locator("section.toast").count(), 1);
    await page.mouse.move(5, 5);
    await page.locator("section.toast").waitFor({ state: "detached", timeout: 10_000 });
    const heard = await page.evaluate(() => gallery.heard.map(([what, , how]) => how ?? what));
    assert.deepEqual(heard, ["rendered", "seen", "faded"]);
  });
});

test("hostile texts, names and addresses are painted as text and lead nowhere", async () => {
  await visit({ state: "modal-limit", wait: "" }, async (page, seen) => {
    const found = await page.evaluate(() => {
      const evil = [
        "<img src=x onerror=window.hit=1>", "</style><script>window.hit=1</script>", "{{7*7}}${7*7}%s",
        "\u202Egnp.exe\u2066", "\0\uFEFF\u2028", "\uD800", "url(javascript:window.hit=1)", "x".repeat(100_000),
      ];
      const links = [
        "javascript:window.hit=1", "JaVaScRiPt:window.hit=1", "\tjava\nscript:window.hit=1", "\u0001javascript:1",
        "data:text/html,<script>1</script>", "vbscript:1", `blob:${location.origin}/1`, "file:///etc/passwd",
        "https://user:pass@example.com/", "http://example.com/", "//user@evil.example/", "x".repeat(2_000_000), {}, 5, null,
      ];
      const counts = {};
      for (const surface of ["banner", "modal", "preview", "toast"]) {
        evil.forEach((text, index) => {
          const exposure = `${surface}-${index}`;
          gallery.view.show({
            exposure, surface, tone: text, texts: { title: text, body: [text, [["owner"]]] },
            values: { owner: text, next_plan: text, feature: text, used: 1, limit: 2, meter: text },
            image: { src: links[index], alt: text }, also: [text],
            actions: links.map((href, place) => ({ id: place ? text : "upgrade", label: text, href, primary: !place, menu: place > 9 })),
          });
          for (const node of everywhere("*").filter((node) => node.closest("[data-exposure]"))) {
            counts[node.localName] = (counts[node.localName] ?? 0) + 1;
          }
          if (everywhere("[href], [src], [style], [onerror]").some((node) => node.closest("[data-exposure]"))) {
            counts.foreign = exposure;
          }
          gallery.view.hide(exposure);
        });
      }
      return { names: Object.keys(counts).sort(), hit: window.hit, foreign: counts.foreign };
    });
    assert.equal(found.hit, undefined);
    assert.equal(found.foreign, undefined);
    const known = "button details dialog div h2 li meter p path section span strong summary svg ul";
    assert.deepEqual(found.names, known.split(" "));
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
  });
});

test("a page with hostile styles neither hides nor restyles a prompt", async () => {
  for (const state of ["banner-urgent", "modal-limit", "toast-blocked"]) {
    const look = async (page) => {
      await page.waitForTimeout(50);
      return page.evaluate(() => {
        const { width, height } = everywhere("[data-exposure]")[0].getBoundingClientRect();
        const { color, fontSize, display } = getComputedStyle(everywhere(".title")[0]);
        return { width, height, color, fontSize, display };
      });
    };
    let plain;
    await visit({ state }, async (page) => (plain = await look(page)));
    await visit({ state, wait: "" }, async (page) => {
      await page.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(`
          html { font-size: 62.5% } body { font: 30px/3 serif; color: red; letter-spacing: 9px; text-transform: uppercase }
          * { all: unset !important; display: none !important; color: red !important; font-size: 40px !important }
          html, body, plimsoll-prompts { display: block !important }
          plimsoll-prompts { position: fixed !important; left: -9999px !important; opacity: 0 !important; visibility: hidden !important }`);
        document.adoptedStyleSheets = [sheet];
        gallery.open();
      });
      assert.deepEqual(await look(page), plain, state);
    });
  }
});

test("two views on a page do not meet, and destroy leaves the page as it was", async () => {
  await visit({ state: "modal-limit", wait: "" }, async (page) => {
    const left = await page.evaluate(async () => {
      gallery.view.destroy();
      const before = document.documentElement.outerHTML;
      const listeners = new Set();
      const { addEventListener, removeEventListener } = EventTarget.prototype;
      EventTarget.prototype.addEventListener = function (...given) {
        listeners.add(given[1]);
        return addEventListener.apply(this, given);
      };
      EventTarget.prototype.removeEventListener = function (...given) {
        listeners.delete(given[1]);
        return removeEventListener.apply(this, given);
      };
      const timers = new Set();
      const { setInterval, clearInterval } = window;
      window.setInterval = (...given) => (timers.add(setInterval(...given)), [...timers].at(-1));
      window.clearInterval = (id) => (timers.delete(id), clearInterval(id));
      let open = 0;
      for (let round = 0; round < 200; round += 1) {
        const on = { painted() {}, respond() {} };
        const make = () => gallery.createView({ locale: "en", ui: {}, on, target: document.querySelector("#slot") });
        const [one, other] = [await make(), await make()];
        for (const surface of ["banner", "toast", "inline", "modal"]) {
          const prompt = { exposure: "same", surface, tone: "limit", texts: { title: "t" }, actions: [] };
          one.show(prompt);
          other.show(prompt);
          other.hide("same");
          open = everywhere("[data-exposure]").length;
          if (open !== 1) throw new Error(`${surface}: ${open} open in round ${round}`);
          if (round % 50 === 0) await new Promise((done) => setTimeout(done, 40));
          one.hide("same");
        }
        one.show({ exposure: "last", surface: "banner", texts: { title: "t" } });
        one.destroy();
        one.show({ exposure: "late", surface: "banner", texts: { title: "t" } });
        other.destroy();
      }
      await new Promise((done) => setTimeout(done, 50));
      return { same: before === document.documentElement.outerHTML, listeners: listeners.size, timers: timers.size };
    });
    assert.deepEqual(left, { same: true, listeners: 0, timers: 0 });
  });
});

test("a meter paints its own HTML before start, and lives in the same box after", async () => {
  await visit({ state: "meter" }, async (page) => {
    const boxes = () => page.evaluate(() => everywhere("plimsoll-meter").map((node) => node.clientHeight));
    const before = await boxes();
    assert.equal(await page.getByRole("meter", { name: "412 of 1,000 e-mails" }).count(), 1);
    await page.evaluate(() => {
      window.figures = { used: 1240, limit: 1000 };
      const face = {
        read: () => ({ meters: { emails: figures, storage: { used: 5, limit: "unlimited" } } }),
        on: (name, heard) => ((window.update = heard), () => (window.update = undefined)),
        texts: () => ({
          locale: "en",
          ui: gallery.locales.en.ui,
          meters: [
            { id: "emails", name: { one: "e-mail", other: "e-mails" } },
            { id: "storage", name: { other: "GB" } },
          ],
        }),
      };
      document.addEventListener("plimsoll-request", (event) => event.detail(face));
      document.dispatchEvent(new CustomEvent("plimsoll-ready", { detail: face }));
    });
    await page.getByText("1,240 e-mails, over the 1,000 of your plan").waitFor();
    await page.getByText("5 GB, no limit").waitFor();
    assert.deepEqual(await boxes(), before);
    await page.evaluate(() => ((figures.used = 12), update()));
    await page.getByText("12 of 1,000 e-mails").waitFor();
    await page.evaluate(() => {
      const late = document.createElement("plimsoll-meter");
      late.setAttribute("meter", "emails");
      document.querySelector("#meters").replaceChildren(late);
    });
    assert.equal(await page.getByText("12 of 1,000 e-mails").count(), 1);
    await page.evaluate(() => document.querySelector("#meters").replaceChildren());
    assert.equal(await page.evaluate(() => window.update), undefined, "it stops listening when removed");
    assert.equal(await page.evaluate(() => window.shift), 0);
  });
});

test("a page's accent, font and parts reach a prompt, with text on the accent that can be read", async () => {
  await visit({ state: "banner-urgent" }, async (page) => {
    const look = await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`
        html { --plimsoll-accent: gold; --plimsoll-font: monospace }
        plimsoll-prompts::part(action) { text-transform: uppercase }`);
      document.adoptedStyleSheets = [sheet];
      const { backgroundColor, color, fontFamily, textTransform } = getComputedStyle(everywhere("a.primary")[0]);
      const [lightness] = color.match(/[\d.]+/g).map(Number);
      return { backgroundColor, lightness, fontFamily, textTransform };
    });
    assert.deepEqual(look, {
      backgroundColor: "rgb(255, 215, 0)", lightness: 0, fontFamily: "monospace", textTransform: "uppercase",
    });
  });
});

test("the automatic theme is the page's own, declared or not, and not the system's", async () => {
  const surface = (page) =>
    page.evaluate(() => getComputedStyle(everywhere("section.banner")[0]).backgroundColor);
  const [light, dark] = ["rgb(255, 255, 255)", "rgb(30, 31, 37)"];
  const asked = { state: "banner-urgent", view_theme: "auto", wait: "" };
  for (const [scheme, style, expected] of [
    ["dark", ":root { color-scheme: light }", light],
    ["light", ":root { color-scheme: dark }", dark],
    ["dark", ":root { color-scheme: light dark }", dark],
    ["dark", ":root { color-scheme: normal } body { background: white }", light],
    ["light", ":root { color-scheme: normal } body { background: rgb(12 14 20) }", dark],
  ]) {
    await visit(asked, { colorScheme: scheme }, async (page) => {
      await page.evaluate((css) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        document.adoptedStyleSheets = [sheet];
        gallery.open();
      }, style);
      assert.equal(await surface(page), expected, style);
    });
  }
});

test("axe looks into the prompts: a bad one is found", async () => {
  await visit({ state: "modal-limit" }, async (page) => {
    await page.evaluate(() => {
      everywhere("button.tool")[0].removeAttribute("aria-label");
      everywhere("button.tool")[0].removeAttribute("title");
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(".body { color: #bbb }");
      const root = everywhere(".body")[0].getRootNode();
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    });
    const found = (await axe(page)).map((line) => line.split(":")[0]);
    assert.deepEqual(found.sort(), ["button-name", "color-contrast"]);
  });
});
