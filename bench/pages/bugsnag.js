// `@bugsnag/browser` as its documentation installs it; only the endpoints are the bench's.
import Bugsnag from "@bugsnag/browser";

Bugsnag.start({
  apiKey: "abcdef0123456789abcdef0123456789",
  endpoints: { notify: globalThis.SINK + "/bugsnag/notify", sessions: globalThis.SINK + "/bugsnag/sessions" },
  appVersion: "1.0.0",
  releaseStage: "production",
  // Its default, but where more are captured to measure one.
  maxEvents: location.search === "?captures" ? 100 : 10,
});

bench.capture = (error) => Bugsnag.notify(error);
bench.armed();
