/**
 * How certainly an estimate can be spoken of. It knows no texts and no surfaces; prompts and meters, which are loaded
 * apart, say the same of the same estimate by it.
 */

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const HALF_MONTH_DAYS = 15;

/** To a day, half of a month, a month, or several: what `{when}` is in a text. */
export function certainty({ from, until }) {
  if (until - from <= WEEK_MS) return "day";
  const [first, last] = [new Date(from), new Date(until)];
  if (first.getMonth() !== last.getMonth() || until - from > 5 * WEEK_MS) return "months";
  if (last.getDate() <= HALF_MONTH_DAYS) return "first_half";
  return first.getDate() > HALF_MONTH_DAYS ? "second_half" : "month";
}
