// `rollbar` as its documentation installs it; only the endpoint is the bench's.
import Rollbar from "rollbar";

const rollbar = new Rollbar({
  accessToken: "abcdef0123456789abcdef0123456789",
  endpoint: globalThis.SINK + "/api/1/item/",
  captureUncaught: true,
  captureUnhandledRejections: true,
  payload: {
    environment: "production",
    client: { javascript: { source_map_enabled: true, code_version: "1.0.0" } },
  },
});

bench.capture = (error) => rollbar.error(error);
bench.armed();
