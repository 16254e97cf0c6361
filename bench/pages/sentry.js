// `@sentry/browser` as its documentation installs it for errors; only the DSN is the bench's.
import { captureException, init } from "@sentry/browser";

init({
  dsn: globalThis.SINK.replace("//", "//abcdef0123456789abcdef0123456789@") + "/1",
  release: "shop@1.0.0",
  environment: "production",
});

bench.capture = captureException;
bench.armed();
