// Static files: Postwharf's pages from www/demo and the package from pkg/.
// Only the folders named here are served, so the server's own source never is. Bodies are read,
// hashed and compressed once per change on disk; browsers revalidate by ETag.

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { answer } from "./http.js";

const DEMO = fileURLToPath(new URL("..", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../../../pkg", import.meta.url));

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".plim": "application/octet-stream",
};
const COMPRESSED = new Set([".html", ".js", ".css", ".json", ".svg", ".wasm", ".plim"]);

const cache = new Map();

/** The file a path stands for, or undefined: `/` and every page of the app are index.html. */
export function fileFor(path, pages) {
  if (pages.has(path)) return join(DEMO, "index.html");
  if (path === "/policy.json") return join(DEMO, "policy.json");
  for (const [prefix, root] of [
    ["/app/", join(DEMO, "app")],
    ["/img/", join(DEMO, "img")],
    ["/pkg/", PACKAGE],
  ]) {
    if (path.startsWith(prefix)) return inside(root, path.slice(prefix.length));
  }
  return undefined;
}

export async function serveFile(request, response, file) {
  const entry = await load(file);
  if (!entry) return answer(response, 404, { "content-type": "text/plain" }, "not found\n");
  const headers = { "content-type": entry.type, "cache-control": "no-cache", etag: entry.etag };
  if (request.headers["if-none-match"] === entry.etag) return answer(response, 304, headers);
  const brotli = entry.brotli && /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
  if (entry.brotli) headers.vary = "accept-encoding";
  if (brotli) headers["content-encoding"] = "br";
  const body = brotli ? entry.brotli : entry.body;
  headers["content-length"] = body.length;
  answer(response, 200, headers, request.method === "HEAD" ? undefined : body);
}

function inside(root, relative) {
  let decoded;
  try {
    decoded = decodeURIComponent(relative);
  } catch {
    return undefined;
  }
  if (decoded.includes("\0")) return undefined;
  const file = normalize(join(root, decoded));
  return file.startsWith(root + sep) && TYPES[extname(file)] ? file : undefined;
}

async function load(file) {
  let found;
  try {
    found = await stat(file);
  } catch {
    return undefined;
  }
  if (!found.isFile()) return undefined;
  const known = cache.get(file);
  if (known && known.modifiedMs === found.mtimeMs && known.body.length === found.size) return known;
  const body = await readFile(file);
  const extension = extname(file);
  const entry = {
    body,
    modifiedMs: found.mtimeMs,
    type: TYPES[extension],
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    brotli: COMPRESSED.has(extension)
      ? brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } })
      : undefined,
  };
  cache.set(file, entry);
  return entry;
}
