/**
 * Integrations, by the names that `@sentry/browser` gives them: what is heard and noted beside what the page captures
 * itself. Ours have `install(hub)`, which returns an undo; `hub` is `{add, put, heard}`: takes a breadcrumb,
 * something told (see values.js), an event of `listen`. Those that a page writes have `setupOnce`, `setup`, `processEvent`.
 */
import { put } from "./delivery.js";
import { crumbOf, installConsole, installDom, installNavigation, on, watchFetch, watchXhr, wrap } from "./instruments.js";
import { listen } from "./listen.js";
import { installFrames, installReports, tell } from "./reports.js";
import { isDrawn, visitId, watchSession } from "./sessions.js";
import { extra, idle, later, settings, state, views, warn } from "./settings.js";
import { chainOf, isError, links, selector, words } from "./values.js";

const isPage = !!self.document;
const all = (undos) => () => undos.forEach((undo) => undo?.());

export const globalHandlersIntegration = ({ onerror = true, onunhandledrejection = true } = {}) => ({
  name: "GlobalHandlers",
  install() {
    Object.assign(state.hears, { error: onerror, unhandledrejection: onunhandledrejection });
  },
});

export const breadcrumbsIntegration = ({ console = true, dom = true, fetch = true, history = true, xhr = true } = {}) => ({
  name: "Breadcrumbs",
  install({ add }) {
    const done = (request, hint) => add(crumbOf(request), hint);
    return all([
      console && installConsole(add),
      fetch && watchFetch(done),
      xhr && watchXhr(done),
      history && isPage && installNavigation(add),
      dom && isPage && installDom(add),
    ].filter(Boolean));
  },
});

export const linkedErrorsIntegration = ({ key = "cause", limit } = {}) => ({
  name: "LinkedErrors",
  // The thrown one counts here, and there does not.
  install: () => void Object.assign(links, { key, limit: limit && limit + 1 }),
});

export const dedupeIntegration = () => ({ name: "Dedupe", install: () => void (settings.dedupe = true) });
export const httpContextIntegration = () => ({ name: "HttpContext", install: () => void (settings.httpContext = true) });

export const reportingObserverIntegration = ({ types } = {}) => ({
  name: "ReportingObserver",
  install: ({ put }) => installReports(put, types),
});

/** Ours: violations of the page's content security policy. */
export const policiesIntegration = () => ({ name: "Policies", install: () => void (state.hears.securitypolicyviolation = true) });

/** Ours: errors of frames of this origin. */
export const framesIntegration = () => ({ name: "Frames", install: ({ heard }) => (isPage ? installFrames(listen, heard) : undefined) });

/** What it takes is loaded first. */
const lazy = (name) => (options) => ({
  name,
  install(hub) {
    let undo;
    let isOn = true;
    extra().then((all) => (undo = isOn && all[name]({ ...hub, ...tools }, options)), warn);
    return () => {
      isOn = false;
      undo?.();
    };
  },
});
const tools = { wrap, chainOf, isError, words, tell, watchFetch, watchXhr, state };

export const captureConsoleIntegration = lazy("CaptureConsole");
export const httpClientIntegration = lazy("HttpClient");
export const wasmIntegration = lazy("Wasm");

/** Tells the collector of visits. With `lifecycle: "page"` each page is one, as `@sentry/browser` has it. */
export const browserSessionIntegration = ({ lifecycle } = {}) => ({
  name: "BrowserSession",
  install: () => (isPage ? watchSession(lifecycle !== "page") : undefined),
});

/** Requests remembered until what measures page views is there. */
const MAX_EARLY = 500;

/** Ours: measures the page views of some visits. What does so is loaded once the page has nothing better to do. */
export const pageViewsIntegration = () => ({
  name: "PageViews",
  install() {
    const rate = Number(settings.pageViewSampleRate ?? settings.tracesSampleRate ?? 0.1);
    if (!isPage || !rate) return;
    const early = [];
    let take = (told) => early.length < MAX_EARLY && early.push(told);
    const heard = (...told) => take(told);
    let undos = [watchFetch(heard), watchXhr(heard)];
    const begin = ({ start }) =>
      undos?.push(start(state, settings, put, visitId, selector, wrap, on, idle, rate, (to) => early.splice(0).forEach((take = to))));
    const stop = () => {
      undos?.forEach((undo) => undo());
      undos = undefined;
    };
    later(() => (undos && isDrawn(rate) ? views().then(begin).catch(warn) : stop()));
    return stop;
  },
});

export const featureFlagsIntegration = () => {
  const flags = new Map();
  return {
    name: "FeatureFlags",
    addFeatureFlag(flag, result) {
      flags.delete(flag);
      flags.set(flag, result);
    },
    processEvent(event) {
      const values = [...flags].slice(-100).map(([flag, result]) => ({ flag, result }));
      if (values.length) event.contexts = { ...event.contexts, flags: { values } };
      return event;
    },
  };
};

export const getDefaultIntegrations = () => [
  globalHandlersIntegration(),
  breadcrumbsIntegration(),
  linkedErrorsIntegration(),
  dedupeIntegration(),
  httpContextIntegration(),
  reportingObserverIntegration(),
  policiesIntegration(),
  framesIntegration(),
  ...(/^(false|0)$/.test(settings.autoSessionTracking) ? [] : [browserSessionIntegration()]),
  pageViewsIntegration(),
];
