// Makes the bundles beside this file from src/ with what package.json pins: `node symbols/tests/corpora/shop/build.mjs`.
// They are checked in, so that native tests need no Node.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";
import { minify } from "terser";
import { build as vite } from "vite";
import webpack from "webpack";

const here = dirname(fileURLToPath(import.meta.url));
const entry = join(here, "src/main.ts");
const folder = (name) => {
  rmSync(join(here, name), { recursive: true, force: true });
  mkdirSync(join(here, name));
  return join(here, name);
};

await esbuild.build({
  entryPoints: [entry], bundle: true, minify: true, sourcemap: true, target: "es2022", charset: "utf8",
  outfile: join(folder("esbuild"), "main.js"),
});

await vite({
  root: here, logLevel: "error", configFile: false,
  build: {
    sourcemap: true, outDir: folder("vite"), emptyOutDir: false, target: "es2022", modulePreload: false,
    rollupOptions: { input: entry, output: { entryFileNames: "main.js" } },
  },
});

const loose = await esbuild.build({
  entryPoints: [entry], bundle: true, sourcemap: "external", write: false, outfile: join(here, "loose.js"), target: "es2020",
});
const [map, script] = loose.outputFiles[0].path.endsWith(".map") ? loose.outputFiles : loose.outputFiles.toReversed();
const small = await minify(script.text, {
  compress: true, mangle: true, toplevel: true, sourceMap: { content: map.text, url: "main.js.map", includeSources: true },
});
const terser = folder("terser");
writeFileSync(join(terser, "main.js"), small.code);
writeFileSync(join(terser, "main.js.map"), small.map);

const loader = join(here, "typescript-loader.cjs");
await new Promise((done, failed) =>
  webpack(
    {
      mode: "production", context: here, entry, devtool: "source-map", target: ["web", "es2022"],
      resolve: { extensions: [".ts"] }, module: { rules: [{ test: /\.ts$/, use: loader }] },
      output: { path: folder("webpack"), filename: "main.js" },
    },
    (error, stats) => (error || stats.hasErrors() ? failed(error ?? stats.toString()) : done()),
  ),
);
