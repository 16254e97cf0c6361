/**
 * What stands between JavaScript and the wasm. wasm-bindgen makes the exports and says how texts cross (UTF-8 in memory
 * of its `__wbindgen_malloc`, a pair of address and length back); its own glue, with loaders and fallbacks that are not
 * needed here, is 600 B more for every visitor. The versions of both are pinned to each other, and every test of the
 * agent goes through here.
 */

/** The exports of a compiled module; `fold` and `frames_of` take and give texts. */
export async function instantiate(module) {
  // wasm-bindgen's table of JavaScript values is not used: none cross.
  const imports = { "./trapline_bg.js": { __wbindgen_init_externref_table() {} } };
  const { exports } = await WebAssembly.instantiate(module, imports);
  exports.__wbindgen_start();
  const bytes = (at, length) => new Uint8Array(exports.memory.buffer, at >>> 0, length);
  const passed = (text) => {
    const encoded = new TextEncoder().encode(text);
    const at = exports.__wbindgen_malloc(encoded.length, 1);
    bytes(at, encoded.length).set(encoded);
    return [at, encoded.length];
  };
  return {
    ...exports,
    fold: (key, ...more) => exports.fold(...passed(key), ...more),
    frames_of(stack) {
      const [at, length] = exports.frames_of(...passed(stack));
      const text = new TextDecoder().decode(bytes(at, length));
      exports.__wbindgen_free(at, length, 1);
      return text;
    },
  };
}
