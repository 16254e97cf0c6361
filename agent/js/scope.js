/**
 * Scopes: what the page has told of itself. Three layers, later ones win: global (the document), isolation (what
 * `Trapline.setUser` and breadcrumbs write to) and current (what `withScope` forks). `merge` makes one of them at the
 * moment of a capture.
 */
const empty = () => ({ tags: {}, extra: {}, contexts: {}, breadcrumbs: [], processors: [] });

export class Scope {
  #data;

  constructor(data = empty()) {
    this.#data = data;
  }

  /** A scope that begins as this one and changes alone. */
  clone() {
    return new Scope(merge([this.#data]));
  }

  #set(values) {
    Object.assign(this.#data, values);
    return this;
  }

  #add(name, values) {
    Object.assign(this.#data[name], values);
    return this;
  }

  setUser(user) {
    return this.#set({ user: user ?? {} });
  }

  getUser() {
    return this.#data.user;
  }

  setTag(key, value) {
    return this.setTags({ [key]: value });
  }

  setTags(tags) {
    return this.#add("tags", tags);
  }

  setExtra(key, value) {
    return this.setExtras({ [key]: value });
  }

  setExtras(extra) {
    return this.#add("extra", extra);
  }

  setContext(name, context) {
    if (context !== null) return this.#add("contexts", { [name]: context });
    delete this.#data.contexts[name];
    return this;
  }

  setLevel(level) {
    return this.#set({ level });
  }

  setFingerprint(fingerprint) {
    return this.#set({ fingerprint });
  }

  setTransactionName(transactionName) {
    return this.#set({ transactionName });
  }

  addEventProcessor(processor) {
    this.#data.processors.push(processor);
    return this;
  }

  addBreadcrumb(crumb, max = 100) {
    const { breadcrumbs } = this.#data;
    breadcrumbs.push({ timestamp: Date.now() / 1e3, ...crumb });
    if (breadcrumbs.length > max) breadcrumbs.splice(0, breadcrumbs.length - max);
    return this;
  }

  getLastBreadcrumb() {
    return this.#data.breadcrumbs.at(-1);
  }

  clearBreadcrumbs() {
    return this.#set({ breadcrumbs: [] });
  }

  clear() {
    this.#data = empty();
    return this;
  }

  /** Takes a scope, an object with the fields of one (`tags`, `user`, …), or a function that is given this scope. */
  update(source) {
    if (typeof source === "function") source(this);
    else if (source) this.#data = merge([this.#data, source.getScopeData?.() ?? source]);
    return this;
  }

  getScopeData() {
    return this.#data;
  }
}

/** One data from several, the last wins; breadcrumbs in the order of their times. */
export function merge(layers) {
  const merged = empty();
  for (const layer of layers) {
    for (const name of ["tags", "extra", "contexts"]) Object.assign(merged[name], layer[name]);
    for (const name of ["breadcrumbs", "processors"]) {
      if (layer[name]?.length) merged[name] = merged[name].concat(layer[name]);
    }
    for (const name of ["user", "level", "fingerprint", "transactionName"]) {
      if (layer[name] !== undefined) merged[name] = layer[name];
    }
  }
  return merged;
}
