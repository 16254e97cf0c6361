// `node source_map.mjs MAP < positions`: what npm's `source-map` says of each position. Positions are `[line from 1, column
// from 0]`; answers `[path, line from 1, column from 0, name]`, or null.
import { readFileSync } from "node:fs";

import { SourceMapConsumer } from "source-map";

const map = JSON.parse(readFileSync(process.argv[2], "utf8"));
const positions = JSON.parse(readFileSync(0, "utf8"));
await SourceMapConsumer.with(map, null, (consumer) => {
  const answers = positions.map(([line, column]) => {
    const found = consumer.originalPositionFor({ line, column });
    return found.source === null ? null : [found.source, found.line, found.column, found.name];
  });
  process.stdout.write(JSON.stringify(answers));
});
