/**
 * INP: how long the page took to answer its user, by the rules of `web-vitals`: of each interaction the longest event
 * counts, and of all interactions about the 98th percentile: one of 50 may be worse.
 */
import { longestScript } from "./activity.js";

/** More cannot be asked for before the 500th interaction. */
const MAX_LONGEST = 10;
/** Frames and groups of events in which an interaction may still be found: entries come out of order, by a frame or two. */
const MAX_RECENT = 20;
/** Durations are rounded to that: what ends closer together was painted in one frame. */
const ROUNDING_MS = 8;

/** `take` gets entries by type; `inp(count, hasDummy)` gives the value with its attribution, of so many interactions. */
export function interactionsOf(selector, loadState) {
  const longest = [];
  const groups = [];
  const frames = [];

  function event(entry) {
    const group = groupOf(entry);
    const { interactionId: id, duration } = entry;
    if (!id) return;
    let one = longest.find((known) => known.id === id);
    if (!one) longest.push((one = { id, latency: -1 }));
    // Chromium leaves it out of pointer events now and then; the click has it.
    one.target ||= targetOf(entry);
    if (duration <= one.latency) return;
    Object.assign(one, { latency: duration, entry, group, script: undefined });
    longest.sort((a, b) => b.latency - a.latency).splice(MAX_LONGEST);
    frames.forEach((frame) => blame(one, frame));
  }

  const targetOf = ({ target, targetSelector }) => (target ? selector(target) : targetSelector);

  /** All events that one frame has shown: their handlers held each other up. */
  function groupOf({ startTime, duration, processingStart, processingEnd }) {
    const end = startTime + duration;
    const group = groups.findLast((known) => Math.abs(known.end - end) <= ROUNDING_MS);
    if (group) {
      group.processingStart = Math.min(group.processingStart, processingStart);
      group.processingEnd = Math.max(group.processingEnd, processingEnd);
      return group;
    }
    const fresh = { end, processingStart, processingEnd };
    if (groups.push(fresh) > MAX_RECENT) groups.shift();
    return fresh;
  }

  function frame(entry) {
    if (frames.push(entry) > MAX_RECENT) frames.shift();
    longest.forEach((one) => blame(one, entry));
  }

  function blame(one, frame) {
    const { startTime, duration } = one.entry;
    if (frame.startTime <= startTime + duration && frame.startTime + frame.duration >= startTime) {
      one.script ??= longestScript(frame, startTime);
    }
  }

  function inp(count, hasDummy) {
    const one = longest[Math.min(longest.length - 1, Math.floor(count / 50))];
    // Too short to be told of; only a document's first interaction always is.
    if (!one) return count && hasDummy ? { value: 8, input_delay: 0, processing: 0, presentation: 8 } : undefined;
    const { latency: value, entry, group, target, script } = one;
    const { startTime, name } = entry;
    const processingStart = Math.max(group.processingStart, startTime);
    const painted = Math.max(startTime + value, processingStart);
    const processingEnd = Math.min(group.processingEnd, painted);
    return {
      value, target,
      kind: name.startsWith("key") ? "keyboard" : "pointer",
      input_delay: processingStart - startTime,
      processing: processingEnd - processingStart,
      presentation: painted - processingEnd,
      load_state: loadState(startTime),
      script: script?.script,
      function: script?.function,
    };
  }

  return { take: { event, "first-input": event, "long-animation-frame": frame }, inp };
}
