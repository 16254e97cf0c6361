/**
 * A body that does not end, sent to the built Worker in workerd itself: `wrangler dev` puts a proxy before it that waits for the
 * whole body, and does not take it well when the answer comes before.
 *
 *   node tests/pipeline/unfinished.mjs deploy/worker stalled|endless
 *
 * `stalled` begins and never goes on; `endless` goes on as fast as it is taken. Prints `{"seconds", "bytes", "answer",
 * "next"}`: the answer as it came over the wire, and the status of the request after it.
 */
import { connect } from "node:net";
import { resolve } from "node:path";
import { Miniflare } from "miniflare";

const worker = resolve(process.argv[2]);
const isEndless = process.argv[3] === "endless";
const secret = "0123456789abcdef0123456789abcdef";
const miniflare = new Miniflare({
  modules: true,
  modulesRoot: worker,
  modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
  scriptPath: `${worker}/index.js`,
  compatibilityDate: "2026-04-01",
  compatibilityFlags: ["nodejs_compat"],
  d1Databases: ["DB"],
  host: "127.0.0.1",
  bindings: { SETUP_SECRET: secret },
});
const origin = await miniflare.ready;

async function setUp() {
  const headers = { authorization: `Bearer ${secret}` };
  const response = await fetch(new URL("/setup", origin), { method: "POST", headers, body: '{"project":"a","slug":"a"}' });
  // Each request takes one step of the schema.
  return response.status === 200 ? response.json() : setUp();
}

const { dsn } = await setUp();
const key = new URL(dsn).username;
const start = performance.now();
const socket = connect(Number(origin.port), "127.0.0.1");
socket.write(`POST /api/1/envelope/?sentry_key=${key} HTTP/1.1\r\nHost: ${origin.host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n`);
let [answer, bytes] = ["", 3];
const piece = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, " "), Buffer.from("\r\n")]);
function more() {
  // Up to 200 MB: the answer comes long before.
  while (isEndless && !answer && bytes < 200_000_000 && !socket.destroyed) {
    bytes += 65_536;
    if (!socket.write(piece)) return socket.once("drain", more);
  }
}
more();
await new Promise((done) => {
  socket.on("error", done);
  socket.on("close", done);
  socket.on("data", (data) => {
    answer += data;
    if (answer.includes("\r\n\r\n") && answer.endsWith("}")) done();
  });
});
const seconds = (performance.now() - start) / 1_000;
socket.destroy();
const { status: next } = await fetch(new URL("/health", origin));
await miniflare.dispose();
process.stdout.write(JSON.stringify({ seconds, bytes, answer, next }));
process.exit(0);
