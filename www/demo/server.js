// Postwharf's server: pages, its own API, and the way to the collector, on one origin.
//
//   PORT                      0 picks a free one (default 8080)
//   PLIMSOLL_COLLECTOR        the collector's address, http://127.0.0.1:8787 by default
//   PLIMSOLL_PUBLISHABLE_KEY  pk_…, handed to the page
//   PLIMSOLL_SECRET_KEY       sk_…, kept here; reads the events for the panel
//   PLIMSOLL_POLICY_URL       the policy's address; by default the collector's compiled one.
//                             /policy.json is compiled in the browser
//
// It needs Node 20 and nothing else, charges nothing and keeps everything in memory.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Refused } from "./server/account.js";
import { handleApi } from "./server/api.js";
import { proxy } from "./server/collector.js";
import { fileFor, serveFile } from "./server/files.js";
import { answer, answerJson } from "./server/http.js";
import { sessionOf } from "./server/sessions.js";

const PAGES = new Set([
  "/",
  "/compose",
  "/team",
  "/files",
  "/automation",
  "/sso",
  "/plan",
  "/checkout",
  "/sales",
]);

const config = {
  port: Number(process.env.PORT ?? 8080),
  collector: process.env.PLIMSOLL_COLLECTOR ?? "http://127.0.0.1:8787",
  publishableKey: process.env.PLIMSOLL_PUBLISHABLE_KEY ?? "",
  secretKey: process.env.PLIMSOLL_SECRET_KEY ?? "",
  policyUrl: process.env.PLIMSOLL_POLICY_URL,
};
const policy = JSON.parse(readFileSync(new URL("policy.json", import.meta.url), "utf8"));

const server = createServer((request, response) => {
  handle(request, response).catch((error) => fail(response, error));
});
server.headersTimeout = 5_000;
server.requestTimeout = 15_000;
server.listen(config.port, "127.0.0.1", () => {
  console.log(`demo on http://127.0.0.1:${server.address().port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

async function handle(request, response) {
  if (!request.url.startsWith("/")) throw new Refused(400, "path_expected");
  const url = new URL(`http://demo.invalid${request.url}`);
  if (url.pathname.startsWith("/p/v1/")) return proxy(request, response, config, url);
  if (url.pathname.startsWith("/api/")) {
    const session = sessionOf(request);
    if (session.cookie) response.setHeader("set-cookie", session.cookie);
    return handleApi(request, response, url, { config, policy, session });
  }
  if (request.method !== "GET" && request.method !== "HEAD") throw new Refused(405, "read_only");
  const file = fileFor(url.pathname, PAGES);
  if (!file) return answer(response, 404, { "content-type": "text/plain" }, "not found\n");
  return serveFile(request, response, file);
}

function fail(response, error) {
  if (!(error instanceof Refused)) console.error(error);
  if (response.headersSent) return response.destroy();
  const status = error instanceof Refused ? error.status : 500;
  answerJson(response, status, { code: error instanceof Refused ? error.code : "server_error" });
}
