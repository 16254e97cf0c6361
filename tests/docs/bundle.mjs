// Bundles a snippet of the documents as its reader's bundler would: `node bundle.mjs FOLDER ENTRY`, into FOLDER/out/app.js. The
// package `trapline` is the one that was built.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { compile } from "svelte/compiler";

const [folder, entry] = process.argv.slice(2);
const root = fileURLToPath(new URL("../..", import.meta.url));

const svelte = {
  name: "svelte",
  setup(build) {
    build.onLoad({ filter: /\.svelte$/ }, ({ path }) => ({
      contents: compile(readFileSync(path, "utf8"), { filename: path, css: "injected" }).js.code,
      loader: "js",
    }));
  },
};

await esbuild.build({
  absWorkingDir: folder,
  entryPoints: [entry],
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  outfile: "out/app.js",
  sourcemap: true,
  nodePaths: [join(root, "node_modules")],
  conditions: ["production", "browser"],
  define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  alias: { "trapline/inline": join(root, "deploy/npm/inline.js"), trapline: join(root, "deploy/npm/index.js") },
  plugins: [svelte],
  logLevel: "error",
});
