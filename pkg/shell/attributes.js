//# allFunctionsCalledOnLoad
/**
 * Attributes of account and user in the one text that the core reads conditions against. Its form is described
 * in `src/targeting/condition.rs`, and `src/policy/attribute.rs` writes the same natively. Numbers are their
 * bits, turned so that they are ordered as texts, because the core has no code that reads decimals.
 */
import { wrong } from "./error.js";
import { ATTRIBUTES_DEPTH_MAX, ATTRIBUTES_LENGTH_MAX } from "./limits.js";

const bits = new DataView(new ArrayBuffer(8));
const SIGN = 1n << 63n;

/** The attributes of a snapshot that is plain and checked. */
export function attributesOf({ account, user, can_purchase = true }) {
  const own = ({ attributes, id }) => ({ ...attributes, id: `${id}` });
  const all = { ...account.attributes, ...user.attributes, account: own(account), user: own(user), can_purchase: !!can_purchase };
  const text = written(all, 0);
  if (text.length > ATTRIBUTES_LENGTH_MAX) throw wrong("snapshot_invalid", "attributes", `${text.length}`, "attributes");
  return text;
}

function written(value, depth) {
  if (depth > ATTRIBUTES_DEPTH_MAX) throw wrong("snapshot_invalid", "attributes", "", "attributes");
  const deeper = (item) => written(item, depth + 1);
  switch (typeof value) {
    case "number": {
      bits.setFloat64(0, value);
      const of = bits.getBigInt64(0);
      return `n${BigInt.asUintN(64, of < 0 ? ~of : of | SIGN).toString(16).padStart(16, "0")}`;
    }
    case "string": {
      const text = value.replace(/[\0\x01]/g, "");
      const lower = text.toLowerCase();
      return `s${text}${lower === text ? "" : `\x01${lower}`}\0`;
    }
    case "object":
      if (!value) return "0";
      if (Array.isArray(value)) return `[${value.map(deeper).join("")}]`;
      return `{${Object.keys(value).sort().map((name) => deeper(name) + deeper(value[name])).join("")}]`;
    default:
      return value ? "2" : "1";
  }
}
