/**
 * What is to fail, as JSON:
 *
 *   { "match": "INSERT INTO event", "next": [{ "when": "after", "error": "Network connection lost." }] }
 *   { "match": "INSERT INTO event", "every": { "share": 0.3, "seed": 7, "when": ["before", "after"], "error": "…" } }
 *
 * Only batches with a statement that contains `match` are meant: the `next` ones in order, and a `share` of `every` one
 * after those. `before`: D1 never sees the batch. `during`: it undoes the batch as a whole. `after`: it has committed, and
 * its answer is lost. `never` lets a batch pass.
 */
const LOST = "D1_ERROR: Network connection lost.";

export class Faults {
  #match = "";
  #next = [];
  #every;
  #random;
  #injected;
  #meant;

  constructor() {
    this.queue({});
  }

  /** Forgets what was to fail. */
  queue({ match = "", next = [], every }) {
    this.#match = match;
    this.#next = next;
    this.#every = every;
    this.#random = random(every?.seed ?? 1);
    this.#injected = { before: 0, during: 0, after: 0 };
    this.#meant = 0;
  }

  /** The fault of a batch that is about to run, if it has one: `{ when, error }`. */
  for(statements) {
    const isMeant = statements.some(({ statement }) => statement.includes(this.#match));
    if (!isMeant) return undefined;
    this.#meant += 1;
    const fault = this.#next.shift() ?? this.#drawn();
    if (!fault || fault.when === "never") return undefined;
    this.#injected[fault.when] += 1;
    return { error: LOST, ...fault };
  }

  report() {
    return { meant: this.#meant, injected: this.#injected, left: this.#next.length };
  }

  #drawn() {
    if (!this.#every || this.#random() >= this.#every.share) return undefined;
    const { when, error = LOST } = this.#every;
    return { when: when[Math.floor(this.#random() * when.length)], error };
  }
}

/** mulberry32: numbers from 0 to 1, the same ones for the same seed. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
