/**
 * The form in which users say what went wrong, in a dialog of the browser's: it keeps the focus, and gives it back. It
 * is loaded when it is opened, and says honestly how sending ended: what could not be sent stays in the fields.
 *
 * `openDialog` shows one at once, `formOf` makes one, `buttonOf` a button that opens one. Against programs that fill in
 * every form: a field that no human sees, a moment that nobody types faster than, one form and one sending at a time.
 */
import { hostOf } from "./feedback/style.js";
import { textsOf } from "./feedback/texts.js";

/** Nobody reads, types and sends in less. */
const MIN_MS = 1500;
/** Longest texts that fields take. */
const MAX_MESSAGE = 4096;
const MAX_TEXT = 320;

/** The form that is shown. */
let shown;

const make = (tag, properties = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...inside);
  return element;
};

export function openDialog(hub, options) {
  const form = formOf(hub, options);
  form.appendToDom();
  form.open();
  return form;
}

export function buttonOf(hub, options) {
  const { host, shadow } = hostOf(options);
  const { lang, triggerLabel } = textsOf(options);
  const button = make("button", { type: "button", className: "go open", textContent: triggerLabel, lang });
  if (options.triggerAriaLabel) button.ariaLabel = options.triggerAriaLabel;
  button.onclick = () => openDialog(hub, options);
  shadow.append(button);
  document.body.append(host);
  return { el: host, appendToDom: () => document.body.append(host), removeFromDom: () => host.remove() };
}

/** Options are those of `feedbackIntegration` and `showReportDialog` in `@sentry/browser`, as far as they make sense. */
export function formOf({ state, sendFeedback }, options = {}) {
  const texts = textsOf(options);
  const { host, shadow } = hostOf(options);
  const { email, username, name } = { ...state.userOf(), ...options.user };

  const fields = {
    message: field(make("textarea", { required: true, maxLength: MAX_MESSAGE, placeholder: texts.messagePlaceholder }), texts.messageLabel),
    name: options.showName !== false && text("text", texts.nameLabel, options.isNameRequired, "name", name ?? username),
    email: options.showEmail !== false && text("email", texts.emailLabel, options.isEmailRequired, "email", email),
  };
  function text(type, label, required, autocomplete, value = "") {
    return field(make("input", { type, required: !!required, maxLength: MAX_TEXT, autocomplete, value }), label);
  }
  function field(input, label) {
    const required = make("span", { textContent: input.required ? " " + texts.isRequiredLabel : "" });
    return { input, label: make("label", {}, label, required, input) };
  }
  const trap = make("input", { className: "hp", tabIndex: -1, autocomplete: "off", ariaHidden: "true", name: "homepage" });
  const bad = make("p", { className: "bad", role: "alert", id: "bad" });
  const send = make("button", { className: "go", textContent: texts.submitButtonLabel });
  const cancel = make("button", { type: "button", textContent: texts.cancelButtonLabel });
  const title = make("h2", { id: "title", textContent: texts.formTitle });
  const form = make("form", { noValidate: true }, ...Object.values(fields).filter(Boolean).map((one) => one.label), trap, bad, make("div", { className: "row" }, cancel, send));
  if (options.subtitle) form.prepend(make("p", { textContent: [options.subtitle, options.subtitle2].filter(Boolean).join(" ") }));
  const dialog = make("dialog", { lang: texts.lang }, title, form);
  dialog.setAttribute("aria-labelledby", "title");
  shadow.append(dialog);

  let openedAt;
  let isSending = false;
  let isSent = false;

  /** What is wrong is said, and the focus goes there. */
  function refuse(message, { input } = {}) {
    bad.textContent = message;
    for (const one of Object.values(fields)) {
      if (!one) continue;
      one.input.ariaInvalid = String(one.input === input);
      one.input.setAttribute("aria-describedby", one.input === input ? "bad" : "");
    }
    input?.focus();
  }

  async function submit(event) {
    event.preventDefault();
    if (isSending) return;
    const { message, name, email } = fields;
    for (const one of [message, name, email]) {
      if (one && one.input.required && !one.input.value.trim()) return refuse(texts.errorEmptyMessageText, one);
    }
    if (email && !email.input.checkValidity()) return refuse(texts.errorEmailText, email);
    // Whoever filled that in is a program, or a human whose browser did; humans try again.
    const isTrapped = trap.value;
    trap.value = "";
    refuse("");
    isSending = true;
    send.ariaDisabled = "true";
    send.textContent = texts.sendingText;
    try {
      await new Promise((resolve) => setTimeout(resolve, Math.max(openedAt + MIN_MS - Date.now(), 0)));
      if (isTrapped) throw new Error("a field that nobody sees was filled in");
      const said = { message: message.input.value.trim(), name: name?.input?.value.trim(), email: email?.input?.value.trim() };
      const { source, tags, eventId: associatedEventId } = options;
      const id = await sendFeedback({ ...said, source, tags, associatedEventId });
      isSent = true;
      thank();
      quietly(options.onSubmitSuccess, said, id);
    } catch (error) {
      refuse(texts.errorGenericText);
      quietly(options.onSubmitError, error);
    }
    isSending = false;
    send.ariaDisabled = "false";
    send.textContent = texts.submitButtonLabel;
  }

  function thank() {
    const close = make("button", { type: "button", className: "go", textContent: texts.closeLabel, onclick: () => dialog.close() });
    const said = make("p", { role: "status" });
    form.replaceWith(said, make("div", { className: "row" }, close));
    // Changed once it is there, so that it is read out.
    said.textContent = texts.successMessageText;
    close.focus();
  }

  form.onsubmit = submit;
  cancel.onclick = () => dialog.close();
  // Keys that are typed here are no shortcuts of the page.
  for (const type of ["keydown", "keyup", "keypress"]) host.addEventListener(type, (event) => event.stopPropagation());
  dialog.onclose = () => {
    if (shown === made) shown = undefined;
    if (!isSent) quietly(options.onFormClose);
    quietly(options.onClose);
    if (isSent || options.source === "dialog") host.remove();
  };

  const made = {
    el: host,
    appendToDom: () => document.body.append(host),
    removeFromDom: () => host.remove(),
    close: () => dialog.close(),
    open() {
      if (shown) return;
      shown = made;
      openedAt = Date.now();
      dialog.showModal();
      fields.message.input.focus();
      quietly(options.onLoad);
      quietly(options.onFormOpen);
    },
  };
  return made;
}

/** What the page does with it is no business of the form. */
function quietly(told, ...args) {
  try {
    told?.(...args);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
