// What every page of the bench has before its agent, the blank one too: notes of when things were, and what breaks on
// request. Times are `performance.now()`, to 5 µs because the pages are cross-origin isolated.
{
  const noted = { heard_ms: null, armed_ms: null, wasm_bytes: () => 0 };
  const deep = (depth, work) => (depth ? deep(depth - 1, work) : work());
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  window.bench = {
    noted,
    /** The page's first script after its agent's runs. */
    heard: () => (noted.heard_ms ??= performance.now()),
    /** The agent does from now on all that it will. */
    armed: () => (noted.armed_ms ??= performance.now()),
    /** Hands an error to the agent: ours, unless the page's says how. */
    capture: (error) => Trapline.captureException(error),
    notes: () => ({ ...noted, wasm_bytes: noted.wasm_bytes() }),

    /** Has the case's script at hand, for when the network is away. */
    async load() {
      bench.script = await (await fetch(bench.case)).text();
    },

    /** Runs the script of the case that the page is for. */
    play() {
      const script = document.createElement("script");
      if (bench.script) script.textContent = bench.script;
      else script.src = bench.case;
      document.head.append(script);
    },

    /** Milliseconds that each of `count` captures of different errors took. */
    async captures(count, pauseMs) {
      const took = [];
      for (let index = 0; index < count; index++) {
        const error = deep(10, () => new RangeError(`card ${index} declined`));
        const start = performance.now();
        bench.capture(error);
        took.push(performance.now() - start);
        await pause(pauseMs);
      }
      return took;
    },

    /** Nobody catches it. When it was, in milliseconds since 1970. */
    throwOne(message) {
      return new Promise((resolve) =>
        setTimeout(() => {
          resolve(performance.timeOrigin + performance.now());
          deep(10, () => {
            throw new RangeError(message);
          });
        }),
      );
    },

    /** Milliseconds that `count` errors in a row held up the page; `message` gives each its own. */
    loop(count, message) {
      const later = new PerformanceObserver((list) => noted.long_tasks.push(...list.getEntries()));
      noted.long_tasks = [];
      later.observe({ type: "longtask" });
      return new Promise((resolve) =>
        setTimeout(() => {
          const start = performance.now();
          for (let index = 0; index < count; index++) reportError(new Error(message(index)));
          noted.loop_end_ms = performance.now();
          resolve(noted.loop_end_ms - start);
        }),
      );
    },

    /** Milliseconds of tasks over 50 ms that came after the loop's. */
    heldUpLater() {
      const after = noted.long_tasks.filter((task) => task.startTime >= noted.loop_end_ms);
      return after.reduce((sum, task) => sum + task.duration, 0);
    },
  };
}
