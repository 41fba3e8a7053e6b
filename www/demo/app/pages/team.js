// The people of the account: inviting takes a seat, removing gives it back.

import { h, keyed, setText } from "../dom.js";
import { giveBack, spend } from "../plimsoll.js";

const SUGGESTED = [
  ["Bruno Lima", "bruno"],
  ["Clara Nunes", "clara"],
  ["Davi Rocha", "davi"],
  ["Elisa Prado", "elisa"],
  ["Fábio Reis", "fabio"],
  ["Gabi Torres", "gabi"],
];

export function team(ctx) {
  const { t } = ctx.words;
  const list = h("ul", { class: "rows" });
  const result = h("p", { class: "result", role: "status" });
  const name = h("input", { name: "name", required: true, maxlength: "120", autocomplete: "off" });
  const email = h("input", {
    name: "email",
    type: "email",
    required: true,
    maxlength: "120",
    autocomplete: "off",
  });
  let suggestedFor = -1;

  async function invite(event) {
    event.preventDefault();
    const body = { name: name.value, email: email.value };
    const reply = await spend("seats", 1, { path: "/api/people", body });
    const id = reply.ok ? "team.done" : reply.status === 402 ? "team.refused" : "away";
    show(id, body.name, reply.ok);
  }
  async function remove(person) {
    const reply = await giveBack("seats", 1, `/api/people/${person.id}`);
    show(reply.ok ? "team.removed" : "away", person.name, reply.ok);
    if (reply.ok) name.focus();
  }
  function show(id, who, good) {
    setText(result, t(id, { name: who }));
    result.dataset.kind = good ? "good" : "bad";
  }
  function row(person) {
    const role = h("span", { class: "hint role" });
    const node = h(
      "li",
      {},
      h("span", { class: "avatar", "aria-hidden": "true" }, initials(person.name)),
      h(
        "span",
        { class: "who" },
        h("strong", {}, person.name),
        h("span", { class: "hint" }, person.email),
      ),
      role,
      person.you || person.id === "p2"
        ? h("span", { class: "spacer" })
        : h(
            "button",
            {
              type: "button",
              class: "button quiet",
              "aria-label": t("team.remove_label", { name: person.name }),
              on: { click: () => remove(person) },
            },
            t("team.remove"),
          ),
    );
    return node;
  }
  function roleOf(person, state) {
    const owner = state.role === "owner" ? person.you : person.id === "p2";
    return [person.you && t("team.you"), t(owner ? "team.owner" : "team.editor")]
      .filter(Boolean)
      .join(" · ");
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
        h("h1", { tabindex: "-1" }, t("team.title")),
        h("p", { class: "intro" }, t("team.intro")),
      ),
    ),
    h(
      "section",
      { class: "card", "aria-labelledby": "invite-title" },
      h("h2", { id: "invite-title" }, t("team.invite_title")),
      h(
        "form",
        { class: "inline-form", on: { submit: invite } },
        h("label", { class: "field" }, h("span", {}, t("team.name")), name),
        h("label", { class: "field" }, h("span", {}, t("team.email")), email),
        h("button", { class: "button primary", "data-invite": true }, t("team.invite")),
      ),
      result,
    ),
    list,
  );
  return {
    node,
    update({ state }) {
      keyed(
        list,
        state.people,
        (person) => person.id,
        row,
        (node, person) => {
          setText(node.querySelector(".role"), roleOf(person, state));
        },
      );
      if (state.people.length === suggestedFor) return;
      suggestedFor = state.people.length;
      const free = SUGGESTED.find(([who]) => !state.people.some((person) => person.name === who));
      const [who, box] = free ?? ["Hugo Dias", "hugo"];
      name.value = who;
      email.value = `${box}@harbourbooks.example`;
    },
  };
}

const initials = (name) =>
  name
    .split(" ")
    .map((part) => part[0])
    .slice(0, 2)
    .join("");
