/**
 * How certainly an estimate can be spoken of. It knows no texts and no surfaces; prompts and meters, which are loaded
 * apart, say the same of the same estimate by it.
 */

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const HALF_MONTH_DAYS = 15;

/**
 * What `{when}` and `{range}` are in a text: to a day, half of a month, a month, or several. Of a half or a month that
 * has begun the name says nothing any more: there the range is its days, and has no `date`.
 */
export function estimate(projection, now_ms = Date.now()) {
  const { from, until } = projection;
  const when = certainty(from, until);
  if (when === "day" || when === "months") return { when, range: projection };
  const first = new Date(from);
  const begins = new Date(first.getFullYear(), first.getMonth(), when === "second_half" ? HALF_MONTH_DAYS + 1 : 1);
  return begins.getTime() > now_ms ? { when, range: projection } : { when: "day", range: { from, until } };
}

function certainty(from, until) {
  if (until - from <= WEEK_MS) return "day";
  const [first, last] = [new Date(from), new Date(until)];
  if (first.getMonth() !== last.getMonth() || until - from > 5 * WEEK_MS) return "months";
  if (last.getDate() <= HALF_MONTH_DAYS) return "first_half";
  return first.getDate() > HALF_MONTH_DAYS ? "second_half" : "month";
}
