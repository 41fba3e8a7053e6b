// Postwharf's own API: one table of routes, each a few words over `account.js`.
// Every change answers with the page's state and a fresh snapshot, so the page never guesses.

import {
  accountTime,
  addFile,
  changePayments,
  changePlan,
  changeRole,
  changeTrial,
  checkout,
  extendTrial,
  invitePerson,
  moveClock,
  pageState,
  quote,
  Refused,
  removeFile,
  removePerson,
  sendEmails,
  settle,
  snapshot,
  talkWithSales,
} from "./account.js";
import { accountLog } from "./collector.js";
import { answerJson, readJson } from "./http.js";

const BODY_MAX_BYTES = 4 * 1024;

/** Each handler gets `{ account, policy, nowMs, body, id }` and may answer with more than the state. */
const ROUTES = {
  "GET /api/state": () => {},
  "GET /api/snapshot": () => {},
  "POST /api/emails": ({ account, policy, nowMs, body }) =>
    sendEmails(account, policy, nowMs, body),
  "POST /api/people": ({ account, policy, body }) => invitePerson(account, policy, body),
  "DELETE /api/people/:id": ({ account, id, body }) => removePerson(account, id, body),
  "POST /api/files": ({ account, policy, body }) => addFile(account, policy, body),
  "DELETE /api/files/:id": ({ account, id, body }) => removeFile(account, id, body),
  "POST /api/quote": ({ account, policy, nowMs, body }) => ({
    quote: quote(account, policy, nowMs, body),
  }),
  "POST /api/checkout": ({ account, policy, nowMs, body }) => ({
    receipt: checkout(account, policy, nowMs, body),
  }),
  "POST /api/sales": ({ account }) => talkWithSales(account, true),
  "POST /api/trial/extend": ({ account, nowMs }) => extendTrial(account, nowMs),
  "POST /api/demo/plan": ({ account, policy, body }) => changePlan(account, policy, body.plan),
  "POST /api/demo/role": ({ account, body }) => changeRole(account, body.role),
  "POST /api/demo/payments": ({ account, body }) => changePayments(account, body.how),
  "POST /api/demo/trial": ({ account, nowMs, body }) => changeTrial(account, nowMs, body.running),
  "POST /api/demo/sales": ({ account }) => talkWithSales(account, false),
  "POST /api/demo/clock": ({ account, nowMs, body }) => moveClock(account, nowMs, body.step),
  "POST /api/demo/reset": ({ session }) => session.reset(),
};

/** What the collector stored of the account, read with the secret key. */
const LOGS = { "GET /api/events": "events", "GET /api/asked": "requests" };

export async function handleApi(request, response, url, { config, policy, session }) {
  const log = LOGS[`${request.method} ${url.pathname}`];
  if (log) {
    const { account } = session;
    return answerJson(response, 200, await accountLog(config, account.id, log, url.searchParams));
  }
  const [name, id] = routeOf(request.method, url.pathname);
  const handler = ROUTES[name];
  if (!handler) throw new Refused(404, "no_such_route");
  const body = request.method === "GET" ? {} : await readJson(request, BODY_MAX_BYTES);
  const nowMs = () => accountTime(session.account, Date.now());
  settle(session.account, policy, nowMs());
  let status = 200;
  let extra;
  try {
    extra = handler({ account: session.account, policy, nowMs: nowMs(), body, id, session });
  } catch (error) {
    // A refusal carries the truth as well: it is the moment the page's figures may be stale.
    if (!(error instanceof Refused)) throw error;
    status = error.status;
    extra = { code: error.code, ...error.details };
  }
  const { account } = session;
  const truth = snapshot(account, policy, nowMs());
  if (name === "GET /api/snapshot") return answerJson(response, 200, truth);
  answerJson(response, status, {
    ...extra,
    state: pageState(account, policy, nowMs()),
    snapshot: truth,
    plimsoll: { endpoint: "/p", key: config.publishableKey, policy: config.policyUrl },
  });
}

function routeOf(method, path) {
  const match = /^(\/api\/(?:people|files))\/([a-z0-9]{1,16})$/.exec(path);
  return match ? [`${method} ${match[1]}/:id`, match[2]] : [`${method} ${path}`, undefined];
}
