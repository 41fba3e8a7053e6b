/** A product whose prompts are drawn with Shoelace: Plimsoll decides, `prompts.js` draws. */
import { start } from "plimsoll";
import { drawPrompts } from "./prompts.js";

const snapshot = {
  account: { id: "acc_7" },
  user: { id: "u_9", roles: ["buyer"] },
  plan: "free",
  meters: { emails: { used: 880 }, seats: { used: 1 } },
};

// `?view=auto` is the same product with Plimsoll's own prompts, to compare.
const view = new URLSearchParams(location.search).get("view") ?? "none";
const plimsoll = await start({
  policy: "/policy.json", wasm: "/plimsoll/", endpoint: "/p", key: "pk_test_0123456789abcdef", snapshot, view,
});
if (view === "none") drawPrompts(plimsoll, document.querySelector("#prompts"));

const onPress = (id, run) => {
  const button = document.querySelector(id);
  button.addEventListener("click", run);
  button.disabled = false;
};
onPress("#send", () => plimsoll.use("emails", 25)); // 905 of 1,000
onPress("#invite", () => plimsoll.attempt("seats", 3));
