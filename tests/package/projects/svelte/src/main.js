import { mount } from "svelte";
import { start } from "plimsoll";
import "plimsoll/define";
import Product from "./Product.svelte";

const snapshot = {
  account: { id: "acc_7" },
  user: { id: "u_9" },
  plan: "free",
  meters: { emails: { used: 880 }, seats: { used: 1 } },
};
const plimsoll = start({ policy: "/policy.json", snapshot });
mount(Product, { target: document.getElementById("root"), props: { plimsoll } });
