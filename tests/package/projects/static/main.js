import "./plimsoll/define.js";
import { start } from "./plimsoll/index.js";

const snapshot = {
  account: { id: "acc_7" },
  user: { id: "u_9" },
  plan: "free",
  meters: { emails: { used: 880 }, seats: { used: 1 } },
};
const plimsoll = await start({ policy: "/policy.json", snapshot });
plimsoll.use("emails", 25); // 905 of 1,000: the banner for 90 %
