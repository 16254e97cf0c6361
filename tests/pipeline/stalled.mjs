/**
 * A body that begins and never goes on, sent to the built Worker in workerd itself: `wrangler dev` puts a proxy before it that
 * waits for the whole body.
 *
 *   node tests/pipeline/stalled.mjs deploy/worker
 *
 * Prints `{"seconds", "answer"}`, the answer as it came over the wire.
 */
import { connect } from "node:net";
import { resolve } from "node:path";
import { Miniflare } from "miniflare";

const worker = resolve(process.argv[2]);
const secret = "0123456789abcdef0123456789abcdef";
const miniflare = new Miniflare({
  modules: true,
  modulesRoot: worker,
  modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
  scriptPath: `${worker}/index.js`,
  compatibilityDate: "2026-04-01",
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
let answer = "";
for await (const piece of socket) {
  answer += piece;
  if (answer.includes("\r\n\r\n") && answer.endsWith("}")) break;
}
const seconds = (performance.now() - start) / 1_000;
await miniflare.dispose();
process.stdout.write(JSON.stringify({ seconds, answer }));
process.exit(0);
