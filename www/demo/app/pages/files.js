// Files, for a meter that is held and not counted: adding takes room, deleting gives it back.

import { h, keyed, setText } from "../dom.js";
import { giveBack, spend } from "../plimsoll.js";

const SAMPLES = [
  { id: "photo", size_mb: 40, extension: "jpg" },
  { id: "video", size_mb: 120, extension: "mp4" },
];

export function files(ctx) {
  const { t, megabytes } = ctx.words;
  const body = h("tbody");
  const result = h("p", { class: "result", role: "status" });

  async function add({ size_mb, extension }) {
    const name = `winter-${ctx.truth.state.files.length + 1}.${extension}`;
    const reply = await spend("storage", size_mb, { path: "/api/files", body: { name, size_mb } });
    const id = reply.ok ? "files.done" : reply.status === 402 ? "files.refused" : "away";
    show(id, { name, size: megabytes(size_mb) }, reply.ok);
  }
  async function remove(file) {
    const reply = await giveBack("storage", file.size_mb, `/api/files/${file.id}`);
    show(reply.ok ? "files.removed" : "away", { name: file.name }, reply.ok);
    if (reply.ok) node.querySelector("h1").focus();
  }
  function show(id, values, good) {
    setText(result, t(id, values));
    result.dataset.kind = good ? "good" : "bad";
  }

  const node = h(
    "article",
    {},
    h(
      "header",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", { tabindex: "-1" }, t("files.title")),
        h("p", { class: "intro" }, t("files.intro")),
      ),
      h(
        "div",
        { class: "buttons" },
        SAMPLES.map((sample) =>
          h(
            "button",
            {
              type: "button",
              class: "button",
              "data-add": sample.id,
              on: { click: () => add(sample) },
            },
            t(`files.${sample.id}`),
          ),
        ),
      ),
    ),
    result,
    h(
      "table",
      { class: "list" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, t("files.name")),
          h("th", { scope: "col", class: "number" }, t("files.size")),
          h(
            "th",
            { scope: "col", class: "action" },
            h("span", { class: "hidden" }, t("files.remove")),
          ),
        ),
      ),
      body,
    ),
  );
  return {
    node,
    update({ state }) {
      keyed(
        body,
        state.files,
        (file) => file.id,
        (file) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, file.name),
            h("td", { class: "number" }, megabytes(file.size_mb)),
            h(
              "td",
              { class: "action" },
              h(
                "button",
                {
                  type: "button",
                  class: "button quiet",
                  "aria-label": t("files.remove_label", { name: file.name }),
                  on: { click: () => remove(file) },
                },
                t("files.remove"),
              ),
            ),
          ),
      );
    },
  };
}
