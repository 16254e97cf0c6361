//! A page does not notice the agent: what it wraps looks and behaves as before. The measure is a frame of the same page,
//! in which nothing is wrapped.

use serde_json::{Value, json};
use trapline_tests::{Engine, World, eventually};

use crate::{EngineTest, sampled};

pub const ENGINE_TESTS: &[EngineTest] =
    &[sampled("wrapped_functions_look_and_behave_as_before", unchanged)];

const APP: &str = "\
window.unhandled = [];
addEventListener('unhandledrejection', (event) => { unhandled.push(String(event.reason)); event.preventDefault(); });
window.compare = async () => {
  const frame = document.createElement('iframe');
  document.body.append(frame);
  const clean = frame.contentWindow;
  const differences = [];
  const same = (what, here, there) => {
    const [one, other] = [here, there].map((value) => JSON.stringify(value));
    if (one !== other) differences.push(`${what}: ${one}, was ${other}`);
  };
  const outcome = (work) => {
    try { return ['gives', String(work())]; } catch (error) { return ['throws', error.name, error.message]; }
  };
  const owners = [
    ['console', 'debug'], ['console', 'info'], ['console', 'log'], ['console', 'warn'], ['console', 'error'],
    [null, 'fetch'], ['XMLHttpRequest.prototype', 'open'], ['History.prototype', 'pushState'],
    ['History.prototype', 'replaceState'],
  ];
  for (const [path, name] of owners) {
    const [here, there] = [window, clean].map((view) => (path ?? '').split('.').filter(Boolean).reduce((at, key) => at[key], view));
    const [ours, original] = [here[name], there[name]];
    same(name + '.name', ours.name, original.name);
    same(name + '.length', ours.length, original.length);
    same(name + ' keys', Reflect.ownKeys(ours).map(String), Reflect.ownKeys(original).map(String));
    const flags = (owner) => { const { value, ...rest } = Object.getOwnPropertyDescriptor(owner, name); return rest; };
    same(name + ' descriptor', flags(here), flags(there));
    same(name + ' typeof', typeof ours, typeof original);
    same('new ' + name, outcome(() => new ours())[1], outcome(() => new original())[1]);
    if (!/native code/.test(Function.prototype.toString.call(ours))) differences.push(name + ' shows its source');
    same(name + ' in history', Object.hasOwn(history, name), Object.hasOwn(clean.history, name));
  }
  same('pushState()', outcome(() => history.pushState())[1], outcome(() => clean.history.pushState())[1]);
  same('pushState elsewhere', outcome(() => history.pushState({}, '', 'https://elsewhere.test/'))[1],
    outcome(() => clean.history.pushState({}, '', 'https://elsewhere.test/'))[1]);
  const opened = (view) => outcome(() => new view.XMLHttpRequest().open('BAD METHOD', '/'));
  same('open with a bad method', opened(window)[1], opened(clean)[1]);
  const detached = (view) => outcome(() => view.XMLHttpRequest.prototype.open.call({}, 'GET', '/'))[1];
  same('open of another object', detached(window), detached(clean));
  same('console.log()', outcome(() => console.log('hello')), outcome(() => clean.console.log('hello')));
  const response = await fetch('/app.js');
  same('fetch', [response.status, response instanceof Response, (await response.text()).length > 0], [200, true, true]);
  const failure = await fetch('http://127.0.0.1:1/').then(String, (error) => [error.name, error instanceof TypeError]);
  same('failed fetch', failure, ['TypeError', true]);
  fetch('http://127.0.0.1:1/');
  const thrower = { toString() { throw new RangeError('mine'); } };
  same('argument that throws', (await fetch(thrower).then(String, (error) => error.message)), 'mine');
  return differences;
};
";

fn unchanged(world: &World, engine: Engine) {
    let project = world.project();
    let site = project.site(APP);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    eventually(|| {
        let is_armed = tab.eval("!!(Trapline.isInitialized && Trapline.isInitialized() === true)");
        anyhow::ensure!(is_armed == true, "the agent is not there");
        Ok(())
    });
    assert_eq!(tab.eval("compare()"), Value::from(Vec::<Value>::new()));
    // A request that failed and that nobody cares for is still the page's to hear of.
    eventually(|| {
        let unhandled = tab.eval("unhandled.length");
        anyhow::ensure!(unhandled == json!(1), "{unhandled}");
        Ok(())
    });
}
