// Builds the corpus' shop with Sentry's own plugins, which upload the maps as they would to Sentry:
// `node sentry-plugins.mjs vite|webpack FOLDER`; the rest comes by the environment that the plugins read.
import { join } from "node:path";

import { sentryVitePlugin } from "@sentry/bundler-plugins/vite";
import { sentryWebpackPlugin } from "@sentry/bundler-plugins/webpack";
import { build } from "vite";
import webpack from "webpack";

const [bundler, folder] = process.argv.slice(2);
const root = join(import.meta.dirname, "../../symbols/tests/corpora/shop");
const entry = join(root, "src/main.ts");
const failed = (error) => {
  throw error;
};
const options = { telemetry: false, errorHandler: failed, release: { name: process.env.SENTRY_RELEASE, setCommits: false } };

const builds = {
  vite: () =>
    build({
      root, logLevel: "error", configFile: false, plugins: [sentryVitePlugin(options)],
      build: {
        sourcemap: true, outDir: folder, emptyOutDir: true, target: "es2022", modulePreload: false,
        rollupOptions: { input: entry, output: { entryFileNames: "main.js" } },
      },
    }),
  webpack: () =>
    new Promise((done, refuse) => {
      const configuration = {
        mode: "production", context: root, entry, devtool: "source-map", target: ["web", "es2022"],
        resolve: { extensions: [".ts"] }, plugins: [sentryWebpackPlugin(options)],
        module: { rules: [{ test: /\.ts$/, use: join(root, "typescript-loader.cjs") }] },
        output: { path: folder, filename: "main.js" },
      };
      webpack(configuration, (error, stats) => (error || stats.hasErrors() ? refuse(error ?? stats.toString()) : done()));
    }),
};
await builds[bundler]();
