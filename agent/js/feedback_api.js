/**
 * What users say, by the names of `@sentry/browser`: `captureFeedback` and `sendFeedback` for a page that has a form of
 * its own, `showReportDialog` and `feedbackIntegration` for ours, which lies in `feedback.js` and is loaded when it is
 * opened. Sent as items of type `feedback`, tied to the last event, the page view and the visit.
 */
import { put, putNow } from "./delivery.js";
import { eventOf } from "./event.js";
import { on } from "./instruments.js";
import { nextId } from "./pipeline.js";
import { feedback, settings, state, warn } from "./settings.js";

function said({ message, name, email, url = location.href, source = "api", associatedEventId = state.lastId, tags } = {}) {
  const told = { message, name, contact_email: email, url, source, associated_event_id: associatedEventId };
  const record = { id: nextId(), at: Date.now(), url, age: performance.now(), view: state.view };
  return eventOf(record, { level: "info", contexts: { feedback: told } }, { user: state.userOf(), tags }, settings);
}

/** Sends it by and by, and returns its ID. */
export function captureFeedback(given) {
  const event = said(given);
  put("feedback", event);
  return event.event_id;
}

/** Resolves to the ID once the collector has it. */
export async function sendFeedback(given) {
  const event = said(given);
  const status = await putNow("feedback", event);
  if (!(status < 300 && status)) throw new Error("feedback not sent: " + status);
  return event.event_id;
}

/** What is made of the form's file once that is there. */
const made = (name, options) =>
  feedback().then((form) => form[name]({ state, sendFeedback }, options)).catch((error) => (warn(error), options.onError?.(error)));

/** Asks the user what has happened; `eventId` says to which event that belongs. */
export const showReportDialog = (options) => void made("openDialog", { source: "dialog", ...options });

/** The form, opened by a button of ours, unless `autoInject` is false, or by elements of the page. */
export function feedbackIntegration(options = {}) {
  const undos = [];
  const call = (name) => (more) => made(name, { source: "widget", ...options, ...more });
  const remove = () => undos.splice(0).forEach((undo) => undo());
  return {
    name: "Feedback",
    install() {
      if (options.autoInject !== false && self.document) this.createWidget();
      return remove;
    },
    attachTo(element, more) {
      const undo = on(element.nodeType ? element : document.querySelector(element), "click", () => call("openDialog")(more));
      undos.push(undo);
      return undo;
    },
    /** Resolves to the form: `open`, `close`, `appendToDom`, `removeFromDom`. */
    createForm: call("formOf"),
    createWidget(more) {
      const button = call("buttonOf")(more);
      undos.push(() => button.then((one) => one?.removeFromDom()));
      return button;
    },
    setTheme: (colorScheme) => void (options.colorScheme = colorScheme),
    remove,
  };
}
