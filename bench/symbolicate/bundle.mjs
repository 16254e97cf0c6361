// Writes bundles of growing size to a folder, minified by esbuild with their maps: copies of one real library, each a
// module of its own. `node bundle.mjs FOLDER MEGABYTES…`; prints `{"megabytes": bytes of the map, …}`.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import * as esbuild from "esbuild";

const [folder, ...sizes] = process.argv.slice(2);
const library = await esbuild.build({
  stdin: { contents: 'export * from "@sentry/browser"', resolveDir: process.cwd() },
  bundle: true, format: "esm", write: false,
});
const text = library.outputFiles[0].text;

const built = {};
let bytesOfOne;
for (const size of sizes) {
  const target = Number(size) * 2 ** 20;
  const copies = bytesOfOne ? Math.ceil(target / bytesOfOne) : 1;
  built[size] = await bundle(join(folder, size), copies);
  bytesOfOne ??= built[size];
}
console.log(JSON.stringify(built));

async function bundle(out, copies) {
  const source = join(out, "source");
  mkdirSync(source, { recursive: true });
  const names = Array.from({ length: copies }, (_, index) => `copy${index}`);
  for (const name of names) writeFileSync(join(source, `${name}.js`), text);
  const imports = names.map((name) => `import * as ${name} from "./${name}.js";`);
  const entry = join(source, "main.js");
  writeFileSync(entry, `${imports.join("\n")}\nglobalThis.all = [${names}];\n`);
  const outfile = join(out, "dist/main.js");
  await esbuild.build({ entryPoints: [entry], bundle: true, minify: true, sourcemap: true, outfile, logLevel: "error" });
  return statSync(`${outfile}.map`).size;
}
