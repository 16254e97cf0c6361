/**
 * `/trapline.js`: the one script that a page places first. Synchronous and small; hears errors from its first line on,
 * starts loading the façade at once, and answers for the API until that is there. Built a second time with
 * `__IS_WORKER__` it is `/trapline-worker.js`, which a worker imports.
 *
 * In: `data-dsn`, `data-release`, `data-environment`, `data-dist`, `data-debug` of its own tag; in a worker the same
 * without `data-` in the query of its own address.
 * Out: `self.Trapline`, and a handover `{options, queue, lost, own, put}` for the façade's `adopt`. The queue is
 * ordered, so that replaying it gives every capture the scope that it had. An entry is `[name, args, record]`: a name of
 * the API; `.name` for a method of the scope; `push` and `pop` around `withScope`; `heard` with an event. What is heard or
 * captured has a record.
 *
 * If the façade cannot be loaded, or the page goes before it has been, the stub itself sends what it holds.
 */
import { identityOf, listen, recordOf } from "./listen.js";
import { sendRaw } from "./raw.js";

/** Entries kept until the façade takes them; a page in a loop of errors stops here, and the rest is counted. */
const MAX_QUEUE = 200;

/** The moment of what is heard or captured; false for other names. */
function recordFor(name, value) {
  const kind = name === "heard" ? value.type : /^capture(Ex|M)/.test(name) && name;
  return kind && recordOf(kind, value);
}

function start(src, options) {
  const queue = [];
  const handover = { options, queue, lost: 0, own: src, put };
  const api = queued("");
  const scope = queued(".");
  let isAlone;

  /** Gives the ID of what is captured, or the entry, which stands for what the name would have made: an integration. */
  function put(name, args, record = recordFor(name, args[0])) {
    const entry = [name, args, record];
    if (name === "init") Object.assign(options, args[0]);
    if (isAlone) record && sendRaw(record, options);
    else if (queue.length < MAX_QUEUE) queue.push(entry);
    else handover.lost++;
    return record?.id ?? entry;
  }

  /** The façade, once it is there, has put its own function into the handover. */
  function degrade() {
    if (isAlone || handover.put !== put) return;
    isAlone = true;
    for (const entry of queue.splice(0)) put(...entry);
  }

  /** Answers to every name: the façade knows which exist. A `then` would make it a promise that never settles. */
  function queued(prefix) {
    const method = (name) => (...args) => handover.put(prefix + name, args);
    return new Proxy({}, { get: (known, name) => known[name] ?? (name === "then" ? undefined : method(name)) });
  }

  api.withScope = (callback) => {
    handover.put("push", []);
    try {
      return callback(scope);
    } finally {
      handover.put("pop", []);
    }
  };

  self.Trapline = api;
  listen((event) => handover.put("heard", [event]), addEventListener);
  if (!__IS_WORKER__) addEventListener("pagehide", degrade);
  // Inlined, the script has no URL of its own; the agent then lies where the DSN points.
  const ready = import(new URL(__AGENT_PATH__, src || new URL(options.dsn).origin));
  const adopted = ready.then((facade) => facade.adopt(handover));
  api.flush = (timeout) => adopted.then(() => handover.put("flush", [timeout])).catch(() => false);
  adopted.catch(degrade);
}

/** Engines tell the page of a worker's error too, without the error: its agent asks here (extra.js) whether it is known. */
function answerPages() {
  const known = new Set();
  addEventListener("error", (event) => known.add(identityOf(event)));
  const channel = new BroadcastChannel("trapline");
  channel.onmessage = ({ data }) => known.has(data) && channel.postMessage(data + " is known");
}

if (!self.Trapline) {
  if (__IS_WORKER__) {
    // A worker's script has no element that says where it came from. Its stack does, but WebKit leaves the query out
    // there; the list of what was loaded has it, though not yet in every engine.
    const [, called] = /(https?:\S+?\.js\S*?):\d+(:\d+)?\)?$/m.exec(new Error().stack) ?? [];
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const own = loaded.find((name) => name.startsWith(called + "?")) ?? called;
    start(own, Object.fromEntries(new URL(own).searchParams));
    answerPages();
  } else {
    const { src, dataset } = document.currentScript ?? {};
    start(src, { ...dataset });
  }
}
