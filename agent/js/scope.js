/**
 * Scopes: what the page has told of itself. Three layers, later ones win: global (the document), isolation (what
 * `Trapline.setUser` and breadcrumbs write to) and current (what `withScope` forks). A snapshot merges them at the
 * moment of a capture and shares no container with them.
 */
const empty = () => ({ tags: {}, extra: {}, contexts: {}, breadcrumbs: [] });

export class Scope {
  #data;

  constructor(data = empty()) {
    this.#data = data;
  }

  /** A scope that begins as this one and changes alone. */
  clone() {
    return new Scope(merge([this.#data]));
  }

  setUser(user) {
    this.#data.user = user;
    return this;
  }

  setTag(key, value) {
    return this.setTags({ [key]: value });
  }

  setTags(tags) {
    Object.assign(this.#data.tags, tags);
    return this;
  }

  setExtra(key, value) {
    return this.setExtras({ [key]: value });
  }

  setExtras(extra) {
    Object.assign(this.#data.extra, extra);
    return this;
  }

  setContext(name, context) {
    if (context === null) delete this.#data.contexts[name];
    else this.#data.contexts[name] = context;
    return this;
  }

  setLevel(level) {
    this.#data.level = level;
    return this;
  }

  setFingerprint(fingerprint) {
    this.#data.fingerprint = fingerprint;
    return this;
  }

  addBreadcrumb(crumb, max = 100) {
    const { breadcrumbs } = this.#data;
    breadcrumbs.push({ timestamp: Date.now() / 1e3, ...crumb });
    if (breadcrumbs.length > max) breadcrumbs.splice(0, breadcrumbs.length - max);
    return this;
  }

  clearBreadcrumbs() {
    this.#data.breadcrumbs = [];
    return this;
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
  for (const { tags, extra, contexts, breadcrumbs, user, level, fingerprint } of layers) {
    Object.assign(merged.tags, tags);
    Object.assign(merged.extra, extra);
    Object.assign(merged.contexts, contexts);
    if (breadcrumbs?.length) merged.breadcrumbs = merged.breadcrumbs.concat(breadcrumbs);
    if (user !== undefined) merged.user = user;
    if (level) merged.level = level;
    if (fingerprint) merged.fingerprint = fingerprint;
  }
  return merged;
}
