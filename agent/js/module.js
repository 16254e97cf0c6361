/**
 * What pages import: everything of the façade, and the names of `@sentry/browser` for what is deliberately not here. They
 * do nothing, and say so once with `debug`.
 */
import { absent } from "./agent.js";

export * from "./agent.js";
/** There, they say when the form is loaded. */
export { feedbackIntegration as feedbackAsyncIntegration, feedbackIntegration as feedbackSyncIntegration } from "./agent.js";

/** What is done anyway. */
const named = (name) => () => ({ name });
export const browserApiErrorsIntegration = named("BrowserApiErrors");
export const cultureContextIntegration = named("CultureContext");
export const eventFiltersIntegration = named("EventFilters");
export const functionToStringIntegration = named("FunctionToString");
export const inboundFiltersIntegration = named("InboundFilters");

/** Source maps give the lines around a frame. */
export const contextLinesIntegration = absent("contextLinesIntegration");

export const addTracingExtensions = absent("addTracingExtensions");
export const browserProfilingIntegration = absent("browserProfilingIntegration");
export const browserTracingIntegration = absent("browserTracingIntegration");
export const continueTrace = absent("continueTrace");
export const createUserFeedbackEnvelope = absent("createUserFeedbackEnvelope");
export const getActiveSpan = absent("getActiveSpan");
export const getReplay = absent("getReplay");
export const getRootSpan = absent("getRootSpan");
export const getTraceData = absent("getTraceData");
export const graphqlClientIntegration = absent("graphqlClientIntegration");
export const lazyLoadIntegration = absent("lazyLoadIntegration");
export const replayCanvasIntegration = absent("replayCanvasIntegration");
export const replayIntegration = absent("replayIntegration");
export const setMeasurement = absent("setMeasurement");
export const spanToJSON = absent("spanToJSON");
export const startInactiveSpan = absent("startInactiveSpan");
export const startNewTrace = absent("startNewTrace");
export const startSpan = absent("startSpan");
export const startSpanManual = absent("startSpanManual");
export const suppressTracing = absent("suppressTracing");
export const thirdPartyErrorFilterIntegration = absent("thirdPartyErrorFilterIntegration");
export const updateSpanName = absent("updateSpanName");
export const withActiveSpan = absent("withActiveSpan");
