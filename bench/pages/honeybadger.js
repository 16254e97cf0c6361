// `@honeybadger-io/js` as its documentation installs it; only the endpoint is the bench's.
import Honeybadger from "@honeybadger-io/js";

Honeybadger.configure({
  apiKey: "hbp_abcdef0123456789",
  endpoint: globalThis.SINK,
  environment: "production",
  revision: "1.0.0",
});

bench.capture = (error) => Honeybadger.notify(error);
bench.armed();
