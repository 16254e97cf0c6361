//! The engines themselves: what the tests of the agent take for granted of them.

use trapline_tests::{Engine, Site, World, eventually};

use crate::{EngineTest, sampled};

pub const ENGINE_TESTS: &[EngineTest] = &[sampled("page_is_seen_until_it_is_hidden", hidden)];

const PAGE: &str = "<!doctype html><title>Shop</title><script>
window.heard = [];
document.addEventListener('visibilitychange', () => heard.push(document.visibilityState));
</script>";

fn hidden(world: &World, engine: Engine) {
    let site = Site::serve(&[("/", PAGE)]);
    let tab = world.tab_in(engine);
    tab.open(&site.url("/"));
    assert_eq!(tab.eval("document.visibilityState"), "visible");
    // A page behind another is not drawn.
    assert_eq!(tab.eval("new Promise(requestAnimationFrame).then(() => 'drawn')"), "drawn");
    let hears = |expected: &str| {
        eventually(|| {
            let heard = tab.eval("heard.join()");
            anyhow::ensure!(heard == expected, "{heard}");
            Ok(())
        });
    };
    tab.hide();
    hears("hidden");
    tab.show();
    hears("hidden,visible");
}
