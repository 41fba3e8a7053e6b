// The demo's calendar: UTC days and months that return to their anchor's day.
// It knows nothing of accounts. Everything here takes its time as an argument.

export const DAY_MS = 86_400_000;

/** The index of a UTC day since 1970, for keys of daily figures. */
export const dayIndex = (timeMs) => Math.floor(timeMs / DAY_MS);

export const startOfDay = (timeMs) => dayIndex(timeMs) * DAY_MS;

/** `months` later, on the anchor's day of the month, or the last day of a shorter month. */
export function addMonths(anchorMs, months) {
  const anchor = new Date(anchorMs);
  const first = Date.UTC(anchor.getUTCFullYear(), anchor.getUTCMonth() + months, 1);
  const month = new Date(first);
  const lastDay = new Date(
    Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 0),
  ).getUTCDate();
  const day = Math.min(anchor.getUTCDate(), lastDay);
  return first + (day - 1) * DAY_MS + (anchorMs - startOfDay(anchorMs));
}

/** The month since `anchorMs` that `nowMs` lies in: `{ start, end }`, the end exclusive. */
export function periodAt(anchorMs, nowMs) {
  const anchor = new Date(anchorMs);
  const now = new Date(nowMs);
  let months =
    (now.getUTCFullYear() - anchor.getUTCFullYear()) * 12 +
    (now.getUTCMonth() - anchor.getUTCMonth());
  if (addMonths(anchorMs, months) > nowMs) months -= 1;
  return { start: addMonths(anchorMs, months), end: addMonths(anchorMs, months + 1) };
}
