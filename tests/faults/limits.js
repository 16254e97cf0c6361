/**
 * What D1 refuses in production and the local one takes: https://developers.cloudflare.com/d1/platform/limits/
 * A statement of a batch is a query, and is held to each limit by itself.
 */
const PRODUCTION = {
  /** Of one invocation, on the free plan. */
  queries: 50,
  parameters: 100,
  value_bytes: 2_000_000,
  sql_bytes: 100_000,
};

export class Limits {
  #limits = PRODUCTION;
  #maxima = { max_queries: 0, max_parameters: 0, max_value_bytes: 0, max_sql_bytes: 0 };
  #refused = [];

  /** `{ "queries": 5 }` is lower than production's, to see that it is kept. */
  set(limits) {
    this.#limits = { ...PRODUCTION, ...limits };
    this.#refused = [];
  }

  /** Throws what D1 would. */
  count(statements, invocation) {
    invocation.queries += statements.length;
    this.#check("queries", invocation.queries, "Too many API requests by single worker invocation.");
    for (const { statement, params } of statements) {
      const tooMany = `D1_ERROR: too many SQL variables at offset ${statement.length}: SQLITE_ERROR`;
      this.#check("sql_bytes", bytesOf(statement), "D1_ERROR: statement too long: SQLITE_TOOBIG");
      this.#check("parameters", params.length, tooMany);
      // What is bound is at most what a row gets of it.
      const bytes = params.reduce((sum, value) => sum + bytesOf(value), 0);
      this.#check("value_bytes", bytes, "D1_ERROR: string or blob too big: SQLITE_TOOBIG");
    }
  }

  /** The most that was seen, refused or not, since the isolate began; what was refused since the limits were set. */
  report() {
    return { ...this.#maxima, refused: this.#refused };
  }

  #check(name, number, error) {
    const key = `max_${name}`;
    this.#maxima[key] = Math.max(this.#maxima[key], number);
    if (number <= this.#limits[name]) return;
    this.#refused.push(`${name}: ${number} of ${this.#limits[name]}`);
    throw new Error(error);
  }
}

function bytesOf(value) {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  return value?.byteLength ?? value?.length ?? 8;
}
