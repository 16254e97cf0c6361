// A page that uses what `@sentry/browser` can do, as its documentation says; only the DSN is ours.
import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: window.DSN,
  release: "shop@2.0.0",
  environment: "staging",
  dist: "7",
  tracesSampleRate: 1,
  sendDefaultPii: true,
  integrations: [Sentry.browserTracingIntegration(), Sentry.feedbackIntegration({ autoInject: false })],
});
Sentry.setUser({ id: "42", email: "jo@shop.test", username: "jo" });
Sentry.setTags({ checkout: "express", tenant: "hazel" });
Sentry.setContext("basket", { items: 3, total: 12.5, nested: { deep: [1, 2, 3] } });
Sentry.setExtra("coupon", "AUTUMN");
Sentry.addBreadcrumb({ category: "basket", message: "added hazelnuts", level: "info", data: { sku: "h-1" } });

function chargeCard() {
  throw new TypeError("card was declined");
}

function pay() {
  try {
    chargeCard();
  } catch (cause) {
    throw new Error("payment failed", { cause });
  }
}

try {
  pay();
} catch (error) {
  window.eventId = Sentry.captureException(error);
}
Sentry.withScope((scope) => {
  scope.setLevel("warning");
  scope.setFingerprint(["prices"]);
  scope.setTag("list", "winter");
  window.messageId = Sentry.captureMessage("the price list is old");
});
Sentry.captureFeedback({ message: "I cannot pay", name: "Jo", email: "jo@shop.test" });
Sentry.startSpan({ name: "checkout", op: "task" }, () => {});
window.flushed = Sentry.flush(5_000);
