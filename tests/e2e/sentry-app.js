// A page that uses `@sentry/browser` as its documentation says; only the DSN is ours.
import * as Sentry from "@sentry/browser";

Sentry.init({ dsn: window.DSN, release: "shop@1.0.0", environment: "production" });
Sentry.setTag("checkout", "express");
Sentry.addBreadcrumb({ category: "basket", message: "added hazelnuts", level: "info" });

function payByCard() {
  throw new RangeError("card declined");
}

try {
  payByCard();
} catch (error) {
  window.eventId = Sentry.captureException(error);
}
