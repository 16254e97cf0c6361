//! A basket that panics when it is emptied twice. Yew sets a panic hook of its own when it is started.

use tracing_subscriber::prelude::*;
use yew::prelude::*;

#[component]
fn Basket() -> Html {
    let left = use_state(|| 1_usize);
    let take = {
        let left = left.clone();
        Callback::from(move |_: MouseEvent| {
            tracing::info!(left = *left as u64, shop = "oak", "something is taken");
            left.set(left.checked_sub(1).expect("the basket is empty"));
        })
    };
    html! { <button id="take" onclick={take}>{ format!("{} left", *left) }</button> }
}

fn main() {
    trapline_panic::install();
    tracing_subscriber::registry().with(trapline_panic::TraplineLayer::new()).init();
    yew::Renderer::<Basket>::new().render();
}
