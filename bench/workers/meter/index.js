/**
 * The collector as it is built, with a meter at its database and its artifact store: rows written and read as D1 itself
 * counts them, by table and by request, and values that were read of KV. `GET /__meter` tells the sums,
 * `POST /__meter/reset` begins anew.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import Collector from "../../../deploy/worker/index.js";

/** By table, since the last reset: `{statements, rows_read, rows_written}`. */
let tables = {};
/** By path with query: the same of its last request. */
let requests = {};
let kv_reads = 0;

export default class extends WorkerEntrypoint {
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/__meter") return Response.json({ tables, requests, kv_reads });
    if (pathname === "/__meter/reset") {
      tables = {};
      requests = {};
      kv_reads = 0;
      return new Response("ok\n");
    }
    // Kept before the answer: what is written after it, by `waitUntil`, is added to the same sums.
    const sums = (requests[pathname + search] = nothing());
    return this.#collector(sums).fetch(request);
  }

  scheduled(event) {
    return this.#collector(nothing()).scheduled(event);
  }

  #collector(sums) {
    const { DB, ARTIFACTS } = this.env;
    return new Collector(this.ctx, { ...this.env, DB: metered(DB, sums), ARTIFACTS: meteredStore(ARTIFACTS) });
  }
}

/**
 * A database that notes what each statement cost. The object stays the real one behind a proxy, because the collector
 * asks for the name of its constructor; what is not metered here is refused, so that no row goes uncounted.
 */
function metered(database, sums) {
  return new Proxy(database, {
    get(target, name) {
      switch (name) {
        case "constructor":
          return target.constructor;
        case "prepare":
          return (sql) => meteredStatement(target.prepare(sql), sums);
        case "batch":
          return async (statements) => {
            const results = await target.batch(statements);
            results.forEach((result, index) => note(statements[index].statement, result, sums));
            return results;
          };
        default:
          throw new Error(`the meter does not know ${String(name)} of D1`);
      }
    },
  });
}

/** A namespace that counts what is read of it. */
function meteredStore(store) {
  const of = (name) => (...values) => store[name](...values);
  const get = (...values) => {
    kv_reads += 1;
    return store.get(...values);
  };
  return { get, put: of("put"), delete: of("delete"), list: of("list"), getWithMetadata: of("getWithMetadata") };
}

/** A batch takes only real statements, so the real one gets methods of its own. */
function meteredStatement(statement, sums) {
  const { bind, all } = statement;
  statement.bind = (...values) => meteredStatement(bind.apply(statement, values), sums);
  statement.all = statement.run = async () => {
    const result = await all.call(statement);
    note(statement.statement, result, sums);
    return result;
  };
  statement.first = async (column) => {
    const [row] = (await statement.all()).results;
    if (row === undefined) return null;
    return column === undefined ? row : row[column];
  };
  statement.raw = () => {
    throw new Error("the meter does not know raw of D1");
  };
  return statement;
}

function note(sql, { meta }, sums) {
  const table = (tables[tableOf(sql)] ??= nothing());
  for (const sum of [table, sums]) {
    sum.statements += 1;
    sum.rows_read += meta.rows_read;
    sum.rows_written += meta.rows_written;
  }
}

/** What a statement writes to; of a query, what it reads first. */
function tableOf(sql) {
  if (/^\s*(?:--.*\n\s*)*(?:ALTER|CREATE|DROP)\b/i.test(sql)) return "(schema)";
  const written = /\b(?:INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+(\w+)/i.exec(sql);
  const read = /\b(?:FROM|JOIN)\s+(?!json_each\b)(\w+)/i.exec(sql);
  return (written ?? read)?.[1] ?? "(none)";
}

function nothing() {
  return { statements: 0, rows_read: 0, rows_written: 0 };
}
