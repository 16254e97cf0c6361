// TypeScript for webpack, with the maps that webpack chains to its own.
const ts = require("typescript");

module.exports = function (text) {
  const options = { target: "ES2022", module: "ESNext", sourceMap: true, removeComments: false };
  const out = ts.transpileModule(text, { fileName: this.resourcePath, compilerOptions: options });
  const map = JSON.parse(out.sourceMapText);
  map.sources = [this.resourcePath];
  map.sourcesContent = [text];
  this.callback(null, out.outputText, map);
};
