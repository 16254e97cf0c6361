// A page as the documentation of `@sentry/browser` has it for errors: init, scope, filters, breadcrumbs. `sdk` is that
// package, or Trapline's: nothing else changes.
import * as Sentry from "sdk";

declare global {
  interface Window {
    DSN: string;
    Sentry: typeof Sentry;
    seen: Sentry.ErrorEvent[];
    ids: string[];
  }
}

window.Sentry = Sentry;
window.seen = [];
window.ids = [];

Sentry.init({
  dsn: window.DSN,
  release: "shop@2.3.12",
  environment: "staging",
  dist: "14G60",
  maxBreadcrumbs: 50,
  attachStacktrace: true,
  normalizeDepth: 6,
  maxValueLength: 500,
  ignoreErrors: ["fb_xd_fragment", /^Exact Match Message$/],
  denyUrls: [/extensions\//i, /^chrome:\/\//i],
  initialScope: { tags: { "my-tag": "my value" }, user: { id: "42", email: "jane.doe@example.com" } },
  integrations: (defaults) => defaults.filter((one) => one.name !== "BrowserSession"),
  beforeBreadcrumb(breadcrumb, _hint) {
    return breadcrumb.category === "ui.click" ? null : breadcrumb;
  },
  beforeSend(event, hint) {
    const error = hint.originalException;
    if (error instanceof Error && error.message.match(/database unavailable/i)) {
      event.fingerprint = ["database-unavailable"];
    }
    if (event.user) delete event.user.email;
    event.tags = { ...event.tags, processed: "yes" };
    window.seen.push(structuredClone(event));
    return event;
  },
});

Sentry.setTag("page_locale", "de-at");
Sentry.setTags({ page: "checkout", step: 2 });
Sentry.setExtra("server_name", "oak");
Sentry.setContext("character", { name: "Mighty Fighter", age: 19, attack_type: "melee" });
Sentry.addBreadcrumb({ category: "auth", message: "Authenticated user 42", level: "info" });
Sentry.getCurrentScope().setTag("current", "one");
Sentry.getIsolationScope().setTag("isolated", "two");
Sentry.getGlobalScope().setTag("global", "three");
Sentry.addEventProcessor((event) => {
  event.extra = { ...event.extra, processor: "was here" };
  return event;
});

function queryDatabase(): never {
  throw new Error("Database unavailable");
}

try {
  queryDatabase();
} catch (error) {
  window.ids.push(Sentry.captureException(error));
}

Sentry.withScope((scope) => {
  scope.setTag("transaction", "payment");
  scope.setLevel("warning");
  scope.setFingerprint(["{{ default }}", "payment"]);
  window.ids.push(Sentry.captureException(new TypeError("card declined", { cause: new RangeError("limit reached") })));
});

window.ids.push(Sentry.captureMessage("Something went wrong", "info"));
window.ids.push(
  Sentry.captureException(new Error("with a context"), { tags: { section: "articles" }, extra: { draft: true } }),
);
window.ids.push(Sentry.captureEvent({ message: "Manual", level: "fatal", tags: { by: "hand" } }));
Sentry.captureException(new Error("Exact Match Message"));
Sentry.captureException(new Error("see fb_xd_fragment"));

Sentry.withIsolationScope((scope) => {
  scope.setTag("isolated", "apart");
  window.ids.push(Sentry.captureMessage("Apart"));
});

const answer: number = Sentry.startSpan({ name: "work" }, () => 7);
if (answer !== 7) throw new Error("a span has to give what its work gives");

setTimeout(function onTimeout() {
  throw new SyntaxError("nobody caught this");
});

/** Read by the compiler alone. */
export function visits(button: HTMLElement): string {
  Sentry.startSession();
  Sentry.captureSession();
  Sentry.endSession();
  const feedback = Sentry.feedbackIntegration({ autoInject: false, colorScheme: "dark", formTitle: "What went wrong?" });
  feedback.attachTo(button);
  Sentry.init({ integrations: [feedback, Sentry.browserSessionIntegration({ lifecycle: "page" })], tracesSampleRate: 0.1 });
  Sentry.showReportDialog({ eventId: Sentry.lastEventId(), user: { name: "Jo" }, onClose() {} });
  void Sentry.sendFeedback({ message: "too dear" }).then((id: string) => id);
  return Sentry.captureFeedback({ message: "too dear", email: "jo@shop.test", associatedEventId: Sentry.lastEventId() });
}
