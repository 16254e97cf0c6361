// Also in every page, so that it costs all alike: notes when a wasm has been given its instance, whichever way it gets
// it. Ours is armed a few microtasks later.
{
  const { Instance, instantiate, instantiateStreaming } = WebAssembly;

  async function made(instance) {
    const { memory } = instance.exports;
    bench.noted.wasm_bytes = () => memory.buffer.byteLength;
    for (let turn = 0; turn < 4; turn++) await undefined;
    bench.armed();
  }

  function told(result) {
    made(result.instance ?? result);
    return result;
  }

  WebAssembly.Instance = function (...args) {
    return told(new Instance(...args));
  };
  WebAssembly.Instance.prototype = Instance.prototype;
  WebAssembly.instantiate = (...args) => instantiate(...args).then(told);
  WebAssembly.instantiateStreaming = (...args) => instantiateStreaming(...args).then(told);
}
