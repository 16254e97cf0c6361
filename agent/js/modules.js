/**
 * Which wasm modules the page has, so that their frames can be read back: `debug_meta.images`, an image a module:
 * `{type: "wasm", code_file, debug_id, code_id, debug_file}`. `code_file` is the address that frames have; `debug_id` is
 * made of the first 16 bytes of the section `build_id`, or where there is none of the SHA-256 of the module's bytes;
 * `code_id` is the whole of that, as hexadecimal digits. Part of extra.js: no page pays for it that does not ask.
 *
 * Modules that are compiled from now on are seen as they are; of those before, and of those that come as a stream, the
 * bytes are asked for once more, of which the browser has a copy. What cannot be identified is named by its address alone.
 */

/** Most modules that an event names. */
const MAX_IMAGES = 32;
/** Modules larger than this are known by their build ID or address: hashing takes as long as all of them. */
const MAX_HASHED = 32 << 20;
/** An event waits no longer for modules that are being read, in milliseconds. */
const MAX_WAIT = 3000;

/** A module without an address: WebKit's word for all of them, and what engines call those from bytes. */
const NAMELESS = /^\[wasm code\]$|^wasm:\/\/|> WebAssembly/;

export function Wasm({ state, wrap }) {
  /** By address; of modules from bytes, by a number. */
  const images = new Map();
  const pending = new Set();
  let numbers = 0;
  const own = new URL("agent_bg.wasm", import.meta.url).href;

  /** Reads the module and keeps its image. What fails is left out. */
  function learn(key, bytesOf) {
    if (images.has(key) || images.size >= MAX_IMAGES || key === own) return;
    const image = { type: "wasm", code_file: typeof key === "string" ? key : undefined };
    images.set(key, image);
    const read = (bytes) => (bytes && isOurs(bytes) ? images.delete(key) : identify(image, bytes));
    const reading = Promise.resolve().then(bytesOf).then(read).catch(() => {});
    pending.add(reading);
    reading.then(() => pending.delete(reading));
  }

  /** The browser's copy; without one, and for other origins that forbid it, the address has to do. */
  const load = (url) => learn(url, async () => {
    const response = await fetch(url, { cache: "force-cache" });
    return response.ok && response.arrayBuffer();
  });

  /** Bytes that the page gives may change after it has given them. */
  const given = (source) => {
    if (source instanceof WebAssembly.Module) return;
    const view = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
    const bytes = view.slice().buffer;
    learn(numbers++, () => bytes);
  };
  const streamed = async (source) => {
    const { url } = await source;
    if (url) load(url);
  };

  const undos = ["compile", "instantiate"].flatMap((name) => [
    wrap(WebAssembly, name, (_, [source]) => given(source)),
    wrap(WebAssembly, name + "Streaming", (_, [source]) => void streamed(source).catch(() => {})),
  ]);
  undos.push(watchConstructor(given));
  const isModule = ({ name }) => /\.wasm(\?|$)/.test(name);
  performance.getEntriesByType("resource").filter(isModule).forEach(({ name }) => load(name));

  const process = (event) => (pending.size ? settled(pending).then(() => annotate(event, images)) : annotate(event, images));
  state.processors.push(process);
  return () => {
    undos.forEach((undo) => undo());
    state.processors.splice(state.processors.indexOf(process), 1);
  };
}

/** `new WebAssembly.Module(bytes)`, which compiles at once. */
function watchConstructor(given) {
  const { Module } = WebAssembly;
  const watched = new Proxy(Module, {
    construct(_, args, target) {
      try {
        given(args[0]);
      } catch {}
      return Reflect.construct(Module, args, target === watched ? Module : target);
    },
  });
  WebAssembly.Module = watched;
  return () => {
    if (WebAssembly.Module === watched) WebAssembly.Module = Module;
  };
}

/** The agent's own wasm says what it imports, near its beginning. */
const isOurs = (buffer) => new TextDecoder().decode(new Uint8Array(buffer, 0, Math.min(buffer.byteLength, 2048))).includes("./trapline_bg.js");

const settled = (pending) =>
  Promise.race([Promise.all(pending), new Promise((resolve) => setTimeout(resolve, MAX_WAIT))]);

/** Puts the modules into an event, and into its frames which of them they are of. */
function annotate(event, images) {
  const list = [...images.values()];
  const frames = (event.exception?.values ?? []).flatMap(({ stacktrace }) => stacktrace?.frames ?? []);
  for (const frame of frames) {
    if (!isOfWasm(frame)) continue;
    const index = indexOf(frame.filename, list);
    // By who has asked for it: that is us, since we watch.
    if (frame.filename.includes(" > WebAssembly")) frame.filename = "[wasm code]";
    if (index < 0) continue;
    frame.addr_mode = `rel:${index}`;
    if (frame.lineno && frame.colno) frame.instruction_addr = "0x" + frame.colno.toString(16);
  }
  if (list.length) event.debug_meta = { ...event.debug_meta, images: [...(event.debug_meta?.images ?? []), ...list] };
  return event;
}

const isOfWasm = ({ filename = "", function: name = "" }) =>
  NAMELESS.test(filename) || /\.wasm(\?|$)/.test(filename) || name.startsWith("wasm-function[");

/** Where the frame says no address, it is of the only module that can be meant. */
function indexOf(filename, list) {
  const known = list.findIndex(({ code_file }) => code_file === filename);
  if (known >= 0 || !NAMELESS.test(filename)) {
    if (known < 0 && list.length < MAX_IMAGES) return list.push({ type: "wasm", code_file: filename }) - 1;
    return known;
  }
  const candidates = filename === "[wasm code]" ? list : list.filter(({ code_file }) => !code_file);
  return candidates.length === 1 ? list.indexOf(candidates[0]) : -1;
}

async function identify(image, buffer) {
  if (!buffer) return;
  const bytes = new Uint8Array(buffer);
  const sections = sectionsOf(bytes);
  const id = buildIdOf(sections.get("build_id")) ?? (bytes.length <= MAX_HASHED && (await hashOf(buffer)));
  const text = (section) => section && new TextDecoder().decode(section.subarray(leb(section, 0)[1]));
  image.debug_file = text(sections.get("external_debug_info"));
  if (!id) return;
  const digits = [...id].map((byte) => (byte + 256).toString(16).slice(1)).join("");
  image.code_id = digits;
  image.debug_id = digits.slice(0, 32).padEnd(32, "0").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Of a page without TLS there is no hash: `crypto.subtle` is missing. */
const hashOf = async (buffer) => crypto.subtle && new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));

/** Linkers write the number of bytes in front, other tools do not. */
function buildIdOf(section) {
  if (!(section?.length >= 8)) return undefined;
  const rest = section.subarray(1);
  return section[0] === rest.length && [8, 16, 20, 32].includes(rest.length) ? rest : section;
}

/** Custom sections by name, the first of each; see the binary format of WebAssembly. */
function sectionsOf(bytes) {
  const sections = new Map();
  for (let at = 8; at < bytes.length; ) {
    const [size, start] = leb(bytes, at + 1);
    const end = start + size;
    if (bytes[at] === 0) {
      const [length, from] = leb(bytes, start);
      const name = new TextDecoder().decode(bytes.subarray(from, from + length));
      if (!sections.has(name)) sections.set(name, bytes.subarray(from + length, end));
    }
    at = end;
  }
  return sections;
}

/** An unsigned number, and where what follows it begins. */
function leb(bytes, at) {
  let number = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++] ?? 0;
    number += (byte & 127) * factor;
    if (byte < 128) return [number, at];
  }
}
