// A server that uses `@sentry/node` as its documentation says: DSN=… node node.mjs
import * as Sentry from "@sentry/node";

Sentry.init({ dsn: process.env.DSN, release: "api@1.0.0", environment: "production", tracesSampleRate: 1 });
Sentry.setUser({ id: "7" });
Sentry.setTag("queue", "mail");

function sendMail(to) {
  throw new RangeError(`no such mailbox: ${to}`);
}

try {
  Sentry.addBreadcrumb({ category: "mail", message: "connecting" });
  sendMail("nobody");
} catch (error) {
  console.log(Sentry.captureException(error));
}
Sentry.captureMessage("queue is long", "warning");
const isSent = await Sentry.close(10_000);
process.exit(isSent ? 0 : 1);
