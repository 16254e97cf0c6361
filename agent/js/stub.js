/**
 * `/trapline.js`: the one script that a page places first. Synchronous and small; hears errors from its first line on,
 * starts loading the façade at once, and answers for the API until that is there. Built a second time with
 * `__IS_WORKER__` it is `/trapline-worker.js`, which a worker imports.
 *
 * In: `data-dsn`, `data-release`, `data-environment`, `data-dist`, `data-debug` of its own tag; in a worker the same
 * without `data-` in the query of its own address.
 * Out: `self.Trapline`, and a handover `{options, queue, lost, own, put}` for the façade's `adopt`. The queue is
 * ordered, so that replaying it gives every capture the scope that it had. An entry is `[name, args, record]`: a name of
 * the API; `.name` for a method of the scope; `push` and `pop` around `withScope`; `capture` with its record.
 *
 * If the façade cannot be loaded, or the page goes before it has been, the stub itself sends what it holds.
 */
import { identityOf, listen, recordOf } from "./listen.js";
import { sendRaw } from "./raw.js";

/** Entries kept until the façade takes them; a page in a loop of errors stops here, and the rest is counted. */
const MAX_QUEUE = 200;

function start(src, options) {
  const queue = [];
  const handover = { options, queue, lost: 0, own: src, put: keep };
  const api = queued("");
  const scope = queued(".");

  /** Gives the entry, which stands for what the name would have made: an integration that `init` is given. */
  function keep(...entry) {
    if (entry[0] === "init") Object.assign(options, entry[1][0]);
    if (queue.length < MAX_QUEUE) queue.push(entry);
    else handover.lost++;
    return entry;
  }

  function send(name, args, record) {
    if (record) sendRaw(record, options);
  }

  function degrade() {
    if (handover.put !== keep) return;
    handover.put = send;
    for (const entry of queue.splice(0)) send(...entry);
  }

  /** Answers to every name: the façade knows which exist. A `then` would make it a promise that never settles. */
  function queued(prefix) {
    const method = (name) => (...args) => handover.put(prefix + name, args);
    return new Proxy({}, { get: (known, name) => known[name] ?? (name === "then" ? undefined : method(name)) });
  }

  function capture(kind, args) {
    const record = recordOf(kind, args[0]);
    handover.put("capture", args, record);
    return record.id;
  }

  for (const kind of ["captureException", "captureMessage"]) api[kind] = (...args) => capture(kind, args);
  api.withScope = (callback) => {
    handover.put("push", []);
    try {
      return callback(scope);
    } finally {
      handover.put("pop", []);
    }
  };

  self.Trapline = api;
  listen((event) => capture(event.type, [event]));
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
