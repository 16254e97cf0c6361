import { type Bugs } from "./types";

const bytes = (body: number[]) => new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...body]);

/** `(module (memory 1) (func (export "run") (result i32) …body))` */
const moduleOf = (body: number[]) => {
  const code = [0, ...body, 11];
  return bytes([
    1, 5, 1, 96, 0, 1, 127,
    3, 2, 1, 0,
    5, 3, 1, 0, 1,
    7, 7, 1, 3, 114, 117, 110, 0, 0,
    10, code.length + 2, 1, code.length, ...code,
  ]);
};

const instance = (body: number[]) => new WebAssembly.Instance(new WebAssembly.Module(moduleOf(body))).exports as { run(): number };

function resizePhoto() {
  const { run } = instance([0]);
  document.title = String(run());
}

function encodePhoto() {
  const { run } = instance([0]);
  document.body.dataset.photo = String(run());
}

function scaleRating() {
  const exports = instance([65, 1, 65, 0, 109]);
  document.title = String(exports.run());
}

function readTable() {
  const exports = instance([65, 128, 128, 4, 40, 2, 0]);
  document.title = String(exports.run());
}

function compileCodec() {
  const codec = new WebAssembly.Module(bytes([1, 9, 9]));
  document.title = String(codec);
}

export const wasmErrors: Bugs = {
  "wasm/unreachable-resize": () => void resizePhoto(),
  "wasm/unreachable-encode": () => void encodePhoto(),
  "wasm/divide": () => void scaleRating(),
  "wasm/out-of-bounds": () => void readTable(),
  "wasm/compile": () => void compileCodec(),
};
