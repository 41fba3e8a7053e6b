//# allFunctionsCalledOnLoad
/**
 * Attributes of account and user in the one text that the core reads conditions against. Its form is described
 * in `src/targeting/condition.rs`, and `src/policy/attribute.rs` writes the same natively. Numbers are their
 * bits, turned so that they are ordered as texts, because the core has no code that reads decimals.
 */
import { PlimsollError, wrong } from "./error.js";
import { ATTRIBUTES_DEPTH_MAX, ATTRIBUTES_LENGTH_MAX } from "./limits.js";

const bits = new DataView(new ArrayBuffer(8));
const SIGN = 1n << 63n;

/** The attributes of a snapshot that is plain and checked. */
export function attributesOf({ account, user, can_purchase = true }) {
  const own = ({ attributes, id }) => ({ ...attributes, id: `${id}` });
  const all = { ...account.attributes, ...user.attributes, account: own(account), user: own(user), can_purchase: !!can_purchase };
  const text = written(all, 0);
  if (text.length > ATTRIBUTES_LENGTH_MAX) throw wrong("snapshot_invalid", "attributes", text.length, "attributes");
  return text;
}

function written(value, depth) {
  return node(bare(value, depth));
}

const node = (text) => `\x01${text}\0`;
const plain = (text) => text.replace(/[\0-\x02]/g, "");

function bare(value, depth) {
  if (typeof value == "number") {
    bits.setFloat64(0, value);
    const of = bits.getBigInt64(0);
    return `n${BigInt.asUintN(64, of < 0 ? ~of : of | SIGN).toString(16).padStart(16, "0")}`;
  }
  if (typeof value == "string") {
    const text = plain(value);
    const lower = text.toLowerCase();
    return `s${text}${lower === text ? "" : `\x02s${lower}`}`;
  }
  if (typeof value == "boolean") return value ? "2" : "1";
  if (!value) return "0";
  if (depth > ATTRIBUTES_DEPTH_MAX) throw new PlimsollError("snapshot_invalid", "attributes", "", "attributes");
  // Of a list these are its places and `length`.
  const names = Object.getOwnPropertyNames(value).sort();
  return (Array.isArray(value) ? "[" : "{") + names.map((name) => node(plain(name)) + written(value[name], depth + 1)).join("");
}
