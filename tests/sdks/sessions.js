// A visit whose page crashes if its address says so; the SDK tells of sessions by itself.
import * as Sentry from "@sentry/browser";

Sentry.init({ dsn: window.DSN, release: "shop@3.0.0", environment: "production" });
if (location.search === "?crash") {
  setTimeout(function fall() {
    throw new Error("the shop fell over");
  });
}
if (location.search === "?error") {
  try {
    throw new Error("the shop stumbled");
  } catch (error) {
    Sentry.captureException(error);
    Sentry.captureException(new Error("and stumbled again"));
  }
}
