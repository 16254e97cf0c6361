/**
 * The built collector on a D1 that fails when it is told to, and that keeps the limits of production, which the local D1
 * does not. The collector knows nothing of it: its `env` has the real bindings, but for each database.
 *
 *   POST /__faults  what is to fail from now on (faults.js), limits other than production's (limits.js), who answers
 *   GET /__faults   what has happened since
 *
 * The variable `FAULTS` holds what a POST would, for what happens before anybody can post: the first migration.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import { wasmBytes } from "./memories.js";
import Collector from "../../deploy/worker/index.js";
// Another instance of the same wasm, which knows nothing of what the first one has seen: as another isolate would.
import Other from "../../deploy/worker/index.js?other";
import { Faults } from "./faults.js";
import { Limits } from "./limits.js";

// Of the isolate, which local workerd has one of.
const limits = new Limits();
const faults = new Faults();
let turn = 0;
let isolates;

export default class Faulty extends WorkerEntrypoint {
  async fetch(request) {
    if (!isolates) obey(JSON.parse(this.env.FAULTS ?? "{}"));
    if (new URL(request.url).pathname === "/__faults") return control(request);
    const answering = isolates();
    const answers = answering.map((one) => this.#on(one).fetch(request.clone()));
    return (await Promise.all(answers)).reduce(worse);
  }

  scheduled(event) {
    return this.#on(Collector).scheduled(event);
  }

  queue(batch) {
    return this.#on(Collector).queue(batch);
  }

  /** An invocation of its own, also where two isolates answer one request. */
  #on(one) {
    return new one(this.ctx, onFaultyDatabases(this.env));
  }
}

/** Which of the two answers: the first, both in turn, or both at once, of whose answers the worse one is given. */
const ISOLATES = {
  one: () => [Collector],
  in_turn: () => [[Collector, Other][turn++ % 2]],
  at_once: () => [Collector, Other],
};

const worse = (one, other) => (one.status > other.status ? one : other);

function obey(orders) {
  isolates = ISOLATES[orders.isolates ?? "one"];
  faults.queue(orders);
  if (orders.limits) limits.set(orders.limits);
}

async function control(request) {
  if (request.method === "POST") obey(await request.json());
  return Response.json({ wasm_bytes: wasmBytes(), ...limits.report(), ...faults.report() });
}

function onFaultyDatabases(env) {
  const invocation = { queries: 0 };
  const isDatabase = (value) => value?.constructor?.name === "D1Database";
  const faulty = (value) => (isDatabase(value) ? faultyDatabase(value, invocation) : value);
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, faulty(value)]));
}

/** Statements are the real ones. Ways to run them that no fault would reach do not exist. */
function faultyDatabase(real, invocation) {
  const members = {
    // workers-rs tells bindings by it.
    constructor: real.constructor,
    prepare: (sql) => real.prepare(sql),
    batch: (statements) => batch(real, statements, invocation),
  };
  const get = (_, name) => {
    if (name in members || typeof name === "symbol") return members[name];
    throw new Error(`tests/faults does not know D1Database.${name}`);
  };
  return new Proxy(real, { get });
}

async function batch(real, statements, invocation) {
  limits.count(statements, invocation);
  const fault = faults.for(statements);
  if (fault?.when === "before") throw new Error(fault.error);
  if (fault?.when === "during") {
    // Everything is done, and then undone as a whole: the last statement fails.
    await real.batch([...statements, real.prepare("SELECT json('no JSON')")]).catch(() => {});
    throw new Error(fault.error);
  }
  const results = await real.batch(statements);
  if (fault?.when === "after") throw new Error(fault.error);
  return results;
}
