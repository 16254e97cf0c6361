/** Requests of a view by endpoint: how many, how they ended, and how long they took, as counts of logarithmic buckets. */
import { endpointOf } from "./names.js";

/** Endpoints told of a view; further ones are counted together. */
const MAX_ENDPOINTS = 60;
/** Neighbouring buckets differ by so much: the middle of one is within 4 % of all in it. */
const LOG = Math.log(1.08);

export const bucketOf = (ms) => Math.ceil(Math.log(Math.max(ms, 1)) / LOG);

/** `take` gets what `watchFetch` and `watchXhr` tell; `told` gives `{requests, requests_left_out}`. */
export function requestsOf() {
  const endpoints = new Map();
  let requests_left_out = 0;

  function take([{ method, url: address, status_code: status }, { input, response, xhr, error, startTimestamp, endTimestamp }]) {
    const url = endpointOf(address);
    if (!url) return;
    const key = method + " " + url;
    let one = endpoints.get(key);
    if (!one) {
      if (endpoints.size >= MAX_ENDPOINTS) return requests_left_out++;
      one = { method, url, count: 0, durations: new Map() };
      endpoints.set(key, one);
    }
    const add = (name, number = 1) => (one[name] = (one[name] ?? 0) + number);
    if (error?.name === "AbortError") return add("aborted");
    add("count");
    add("sent", sizeOf(input?.[1]?.body));
    if (!response && !status) return add("no_answer");
    if (status >= 400) add(status >= 500 ? "status_5xx" : "status_4xx");
    const length = "content-length";
    add("received", Number(response ? response.headers.get(length) : xhr.getResponseHeader(length)) || 0);
    const bucket = bucketOf(endTimestamp - startTimestamp);
    one.durations.set(bucket, (one.durations.get(bucket) ?? 0) + 1);
  }

  const told = () => ({
    requests: [...endpoints.values()].map((one) => ({ ...one, durations: [...one.durations].sort(([a], [b]) => a - b) })),
    requests_left_out,
  });
  return { take, told };
}

/** Bytes of a body, roughly; of a stream nobody knows. */
const sizeOf = (body) => body?.length ?? body?.size ?? body?.byteLength ?? 0;
