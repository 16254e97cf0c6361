// Builds a page's script with the package as `trapline`, as a bundler lays it out: `node package.mjs vite|webpack PACKAGE ENTRY FOLDER`.
import { build } from "vite";
import webpack from "webpack";

const [bundler, trapline, entry, folder] = process.argv.slice(2);

const builds = {
  vite: () =>
    build({
      logLevel: "error", configFile: false, publicDir: false, resolve: { alias: { trapline } },
      build: {
        outDir: folder, emptyOutDir: true, target: "es2022", assetsDir: "", assetsInlineLimit: 0,
        rollupOptions: { input: entry, output: { entryFileNames: "app.js" } },
      },
    }),
  webpack: () =>
    new Promise((done, refuse) => {
      const configuration = {
        mode: "production", entry, target: ["web", "es2022"], resolve: { alias: { trapline } },
        output: { path: folder, filename: "app.js", publicPath: "auto" },
      };
      webpack(configuration, (error, stats) => (error || stats.hasErrors() ? refuse(error ?? stats.toString()) : done()));
    }),
};
await builds[bundler]();
