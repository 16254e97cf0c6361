/**
 * Builds the pages of the grouping corpus: `node build.mjs OUT` makes OUT/BUILD/RELEASE/… for three builds (readable,
 * esbuild, terser) of two releases. The second release has every line moved, bundles renamed, and other minified names.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { compile } from "svelte/compiler";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];

/** What release 2 has above every module: code that is used, so that names and lines move. */
const news = (path) => `// Release 2 tells what it does.
//
const startedOn = { module: ${JSON.stringify(path.split("/").pop())}, at: performance.now(), steps: [] as string[] };
function noteStep(step: string, detail?: { size: number }) {
  startedOn.steps.push(detail ? step + detail.size : step);
  return startedOn.steps.length;
}
(globalThis as any).started = [...((globalThis as any).started ?? []), startedOn, noteStep("loaded"), noteStep];
`;

const modules = (release, dev) => ({
  name: "corpus",
  setup(build) {
    build.onLoad({ filter: /src\/[^/]+\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      return { contents: release === 2 ? news(path) + text : text, loader: "ts" };
    });
    build.onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const { js } = compile(source, { filename: path, dev, css: "injected" });
      const map = Buffer.from(JSON.stringify(js.map)).toString("base64");
      return { contents: `${js.code}\n//# sourceMappingURL=data:application/json;base64,${map}`, loader: "js" };
    });
  },
});

async function bundle(release, { names, dev, minified }) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: here,
    entryPoints: { [release === 1 ? "app" : "store"]: "src/main.ts" },
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: minified,
    sourcemap: "external",
    entryNames: names,
    outdir: "dist",
    write: false,
    conditions: dev ? ["development", "browser"] : ["production", "browser"],
    define: { "process.env.NODE_ENV": dev ? '"development"' : '"production"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
    plugins: [modules(release, dev)],
    logLevel: "error",
  });
  const js = outputFiles.find(({ path }) => path.endsWith(".js"));
  const map = outputFiles.find(({ path }) => path.endsWith(".map"));
  return { name: js.path.slice(join(here, "dist").length + 1), code: js.text, map: map.text };
}

async function terser(release) {
  const { name, code, map } = await bundle(release, { names: "static/js/main-[hash]", dev: false, minified: false });
  const made = await minify(code, {
    module: true,
    // Every function here is called once, which no page's are: else all of them would be put into their callers.
    compress: { passes: 2, inline: 1, reduce_funcs: false },
    mangle: true,
    sourceMap: { content: map, filename: name },
  });
  return { name: name.replace("main-", "main."), code: made.code, map: made.map };
}

const builds = {
  readable: (release) => bundle(release, { names: release === 1 ? "js/[name]" : "js/[name].v2", dev: true, minified: false }),
  esbuild: (release) => bundle(release, { names: "assets/[name]-[hash]", dev: false, minified: true }),
  terser,
};

/** A map without the sources of libraries: only names and positions of those are looked up. */
const slim = (map) => {
  const parsed = JSON.parse(map);
  const isOwn = (source) => !source.includes("node_modules");
  parsed.sourcesContent = parsed.sourcesContent?.map((text, index) => (isOwn(parsed.sources[index]) ? text : null));
  return JSON.stringify(parsed);
};

for (const [build, make] of Object.entries(builds)) {
  for (const release of [1, 2]) {
    const { name, code, map } = await make(release);
    const folder = join(out, build, String(release));
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), code);
    writeFileSync(join(folder, `${name}.map`), slim(map));
    writeFileSync(join(folder, "entry.txt"), name);
  }
}

mkdirSync(join(out, "third"), { recursive: true });
for (const file of readdirSync(join(here, "third"))) writeFileSync(join(out, "third", file), readFileSync(join(here, "third", file)));
const sentry = await esbuild.build({
  stdin: { contents: 'export * from "@sentry/browser";', resolveDir: here },
  bundle: true, format: "iife", globalName: "Sentry", minify: true, write: false, target: "es2022",
});
writeFileSync(join(out, "third/sentry.min.js"), sentry.outputFiles[0].text);
