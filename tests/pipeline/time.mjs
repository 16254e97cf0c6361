/**
 * What one request costs the collector, beside whatever workerd and D1 do: the wasm of the build, in Node, on a database that
 * holds one project and forgets everything.
 *
 *   node tests/pipeline/time.mjs BINDINGS DIRECTORY
 *
 * `BINDINGS` is what `wasm-bindgen --target web` makes of that wasm; the one in `deploy/` handles exceptions in a way that
 * Node 20 does not know. `DIRECTORY/cases.json` is `[{"name", "file", "headers"}]`. Prints `{"cases": [{"name", "status",
 * "best_ms", "median_ms"}], "memory_mib"}`: the memory of the wasm only grows, so it is the most that any of them took.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const ROUNDS = 7;
const [bindings, directory] = process.argv.slice(2).map((path) => resolve(path));

const collector = await import(pathToFileURL(join(bindings, "trapline_worker.js")));
const { memory } = collector.initSync({ module: readFileSync(join(bindings, "trapline_worker_bg.wasm")) });

const KEY = "0123456789abcdef0123456789abcdef";
const settings = { filters: { messages: Array.from({ length: 50 }, (_, n) => `*a*b*c*${n}*?x*`), urls: ["*?/a*b*c*"] } };

/** Rows by what a statement begins with; no other statement gives any. */
function rows(sql) {
  if (sql.includes("max(number)") && sql.includes("FROM migration")) return [{ number: 1_000_000 }];
  if (!sql.trimStart().startsWith("SELECT k.project_id")) return [];
  return [
    {
      project_id: 1, database: 0, allowed_origins: "[]", settings: JSON.stringify(settings), visitor_salt: "salt",
      hour: Math.floor(Date.now() / 3_600_000), events: 0, day_before: 0, spike_limit: 0,
    },
  ];
}

class D1Database {
  prepare(sql) {
    const statement = { sql, bind: () => statement };
    return statement;
  }

  async batch(statements) {
    return statements.map(({ sql }) => ({ success: true, results: rows(sql), meta: { changes: 0, size_after: 0 } }));
  }
}

const context = { waitUntil: (promise) => promise.catch(() => {}), passThroughOnException() {} };
console.log = console.error = () => {};

async function send(body, headers, number) {
  const address = `http://127.0.0.1/api/1/envelope/?sentry_key=${KEY}`;
  const all = { "cf-connecting-ip": `192.0.2.${number % 250}`, "user-agent": "Mozilla/5.0", ...headers };
  const request = new Request(address, { method: "POST", body, headers: all });
  const start = performance.now();
  const response = await collector.fetch(request, { DB: new D1Database() }, context);
  const spent = performance.now() - start;
  await response.text();
  return { status: response.status, spent };
}

const cases = JSON.parse(readFileSync(join(directory, "cases.json"), "utf8"));
for (let number = 0; number < 300; number++) {
  const event = { message: `warm ${number}`, exception: { values: [{ type: "Error", value: "x", stacktrace: { frames: [{ function: "f" }] } }] } };
  await send(`{}\n{"type":"event"}\n${JSON.stringify(event)}`, {}, number);
}
const measured = [];
for (const { name, file, headers } of cases) {
  const body = readFileSync(join(directory, file));
  const all = [];
  for (let round = 0; round < ROUNDS; round++) all.push(await send(body, headers, round));
  const times = all.map(({ spent }) => spent).sort((one, other) => one - other);
  measured.push({ name, status: all[0].status, best_ms: times[0], median_ms: times[ROUNDS >> 1] });
}
const memory_mib = memory.buffer.byteLength / 1024 / 1024;
process.stdout.write(JSON.stringify({ cases: measured, memory_mib }));
process.exit(0);
