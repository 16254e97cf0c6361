// `@grafana/faro-web-sdk` with those of its instrumentations that tell of what broke: errors, violations of the content
// security policy, the console. Only the address is the bench's.
import {
  ConsoleInstrumentation,
  CSPInstrumentation,
  ErrorsInstrumentation,
  initializeFaro,
} from "@grafana/faro-web-sdk";

const faro = initializeFaro({
  url: globalThis.SINK + "/collect",
  apiKey: "abcdef0123456789abcdef0123456789",
  app: { name: "shop", version: "1.0.0", environment: "production" },
  instrumentations: [
    new ErrorsInstrumentation(),
    new CSPInstrumentation(),
    new ConsoleInstrumentation(),
  ],
});

bench.capture = (error) => faro.api.pushError(error);
bench.armed();
