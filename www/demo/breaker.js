// "Break something": one control for each way in which a page fails, `break-<kind>`. The functions are named as a
// shop's would be, because their names are what is read in the dashboard.

async function reserveStock(sku) {
  await null;
  throw new Error(`out of stock: ${sku}`);
}

async function parsePrice(text) {
  return JSON.parse(text);
}

async function payWithCard() {
  try {
    await parsePrice("{ price: 1290 }");
  } catch (cause) {
    throw new Error("the order could not be paid", { cause });
  }
}

function loadReviews() {
  return fetch("/demo/api/nope").then((response) => {
    if (!response.ok) throw new Error(`reviews answered ${response.status}`);
    return response.json();
  });
}

function loadPicture() {
  const picture = new Image();
  picture.alt = "";
  picture.hidden = true;
  picture.src = "/demo/pictures/missing-bench.png";
  document.body.append(picture);
}

function measureDelivery(parcel) {
  return measureDelivery({ inside: parcel });
}

function carriersOf(order) {
  return Promise.any([
    Promise.reject(new RangeError(`${order}: too heavy for the bicycle`)),
    Promise.reject(new TypeError(`${order}: no truck on Sundays`)),
  ]);
}

function rememberBasket() {
  document.querySelector("#basket ul li:::first");
}

function applyVoucher(code) {
  if (code.length < 8) throw new Error(`voucher ${code} is too short`);
}

function tryVoucher() {
  try {
    applyVoucher("OAK10");
  } catch (error) {
    Trapline.withScope((scope) => {
      scope.setTag("voucher", "OAK10");
      Trapline.captureException(error);
    });
  }
}

function scrollSpy() {
  throw new Error("the shelf has no height");
}

/** The part of the shop that is Rust (www/packing), loaded when it is first asked for. */
let packing;

async function inRust(work) {
  packing ??= import("./packing.js").then(async (module) => (await module.default(), module));
  const module = await packing;
  // As a button would call it, rather than a promise.
  setTimeout(() => work(module));
}

async function askDelivery() {
  const delivery = await import("./delivery.js");
  setTimeout(() => delivery.askDelivery("HO-2041"));
}

/** `kind: [words, what it does]`; the shop's own functions come first. */
const failures = ({ onCheckout, onSignIn }) => ({
  throw: ["Check out (TypeError)", onCheckout],
  rejection: ["Reserve stock (rejection)", () => void reserveStock("bench-oak")],
  "rejection-string": ["Reject with a string", () => void Promise.reject("payment provider said no")],
  "rejection-undefined": ["Reject with nothing", () => void Promise.reject()],
  "rejection-object": ["Reject with an object", () => void Promise.reject({ code: 402, reason: "card declined" })],
  timeout: ["Throw in a timer", () => setTimeout(() => applyVoucher("ASH5"), 10)],
  cause: ["Error with a cause", () => void payWithCard()],
  aggregate: ["Several errors at once", () => void carriersOf("HO-2041")],
  fetch: ["Fetch what is not there", () => void loadReviews()],
  image: ["Load a missing picture", loadPicture],
  string: ["Throw a string", () => { throw "the basket is nailed shut"; }],
  dom: ["DOMException", rememberBasket],
  handled: ["Handled error", tryVoucher],
  message: ["Send a message", () => Trapline.captureMessage("a shopper asked for walnut", "warning")],
  console: ["console.error", () => console.error("stock is negative", { sku: "lamp-ash", left: -2 })],
  minified: ["Throw in minified code", () => void askDelivery()],
  panic: ["Panic in Rust", () => void inRust(({ pack }) => pack(7))],
  trap: ["Trap in wasm", () => void inRust(({ seal }) => seal(3))],
  memory: ["Read outside of wasm's memory", () => void inRust(({ label }) => label(1))],
  weigh: ["Handled error in Rust", () => void inRust(({ weigh }) => weigh("a feather"))],
  repeat: ["The same error 50 times", () => { for (let time = 0; time < 50; time++) setTimeout(scrollSpy); }],
  overflow: ["Stack overflow", () => measureDelivery({})],
  user: ["Sign in or out", onSignIn],
  early: ["Reload, failing early", () => location.assign("/demo/?early=1")],
});

export function installBreaker(shop) {
  const panel = document.getElementById("breaker-panel");
  const toggle = document.getElementById("breaker-toggle");
  toggle.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    toggle.setAttribute("aria-expanded", String(!panel.hidden));
  });
  const note = document.getElementById("breaker-note");
  for (const [kind, [words, fail]] of Object.entries(failures(shop))) {
    const control = document.createElement("button");
    control.type = "button";
    control.id = `break-${kind}`;
    control.textContent = words;
    control.addEventListener("click", () => (note.textContent = `${words}: done.`));
    control.addEventListener("click", fail);
    document.getElementById("breaker-list").append(control);
  }
}
