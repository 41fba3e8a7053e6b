import { createApp } from "vue";
import { start } from "plimsoll";
import "plimsoll/define";
import Product from "./Product.vue";

const snapshot = {
  account: { id: "acc_7" },
  user: { id: "u_9" },
  plan: "free",
  meters: { emails: { used: 880 }, seats: { used: 1 } },
};
const plimsoll = start({ policy: "/policy.json", snapshot });
createApp(Product, { plimsoll }).mount("#root");
