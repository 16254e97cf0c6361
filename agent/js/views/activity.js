/** What kept the page busy, and what it loaded: long frames and resources of a view. */

/** Frames told of a view, the longest. */
const MAX_WORST = 3;
/** A task that is longer blocks the page. */
const LONG_MS = 50;

/** By what has asked for a resource, and the end of its path. */
const KINDS = Object.entries({
  fetch: /^(xml|fetch|beacon)/,
  script: /^script|\.m?js$/,
  css: /\.css$/,
  font: /\.(woff2?|[ot]tf)$/,
  img: /^im|\.(png|jpe?g|webp|avif|gif|svg|ico)$/,
});

/** The script that ran longest in a frame from `from` on; undefined where the engine does not say. */
export function longestScript({ scripts = [] }, from = 0) {
  const within = ({ startTime, duration }) => startTime + duration - Math.max(startTime, from);
  const [longest] = scripts.filter((script) => within(script) > 0).sort((a, b) => within(b) - within(a));
  return longest && { script: longest.sourceURL, function: longest.sourceFunctionName, invoker: longest.invoker };
}

/** `take` gets performance entries, by their type; `told` gives `{long_frames, resources}`. */
export function activityOf(isOwn) {
  const worst = [];
  const resources = new Map();
  let count = 0;
  let blocking = 0;

  function busy(entry) {
    const { duration, startTime: at, blockingDuration = duration - LONG_MS } = entry;
    count++;
    blocking += blockingDuration;
    worst.push({ duration, blocking: blockingDuration, at, ...longestScript(entry) });
    worst.sort((a, b) => b.duration - a.duration).splice(MAX_WORST);
  }

  function loaded({ name, initiatorType, transferSize = 0, duration }) {
    if (isOwn(name)) return;
    const [path] = name.split(/[?#]/);
    const [kind] = KINDS.find(([, is]) => is.test(initiatorType + " " + path)) ?? ["other"];
    const { count, bytes, slowest } = resources.get(kind) ?? { count: 0, bytes: 0, slowest: 0 };
    resources.set(kind, { kind, count: count + 1, bytes: bytes + transferSize, slowest: Math.max(slowest, duration) });
  }

  return {
    take: { "long-animation-frame": busy, longtask: busy, resource: loaded },
    told: () => ({ long_frames: count ? { count, blocking, worst } : undefined, resources: [...resources.values()] }),
  };
}
