// A React app with the SDK's own error boundary; only the DSN is ours.
import * as Sentry from "@sentry/react";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

Sentry.init({ dsn: window.DSN, release: "shop@3.0.0", environment: "production" });

function OrderSummary({ order }) {
  return createElement("p", null, order.total.toFixed(2));
}

function App() {
  const fallback = createElement("p", { id: "fallback" }, "Something went wrong");
  return createElement(Sentry.ErrorBoundary, { fallback }, createElement(OrderSummary, { order: {} }));
}

const root = document.body.appendChild(document.createElement("div"));
createRoot(root).render(createElement(App));
