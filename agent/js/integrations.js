/**
 * Integrations, by the names that `@sentry/browser` gives them: what is heard and noted beside what the page captures
 * itself. Ours have `install(hub)`, which returns an undo; `hub` is `{add, put, heard}`: takes a breadcrumb,
 * something told (see values.js), an event of `listen`. Those that a page writes have `setupOnce`, `setup`, `processEvent`.
 */
import { crumbOf, installConsole, installDom, installNavigation, watchFetch, watchXhr, wrap } from "./instruments.js";
import { listen } from "./listen.js";
import { installFrames, installReports, tell } from "./reports.js";
import { extra, settings, state, warn } from "./settings.js";
import { chainOf, isError, links, words } from "./values.js";

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
];
