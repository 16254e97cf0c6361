// The shop: a catalogue, a basket, a checkout. What breaks on demand is in breaker.js; the checkout breaks by itself.
import { installBreaker } from "./breaker.js";

/** Prices in euros. `picture` is the inside of an SVG of 260 × 200. */
const CATALOGUE = [
  { sku: "table-ash", name: "Long table", wood: "Ash, oiled", price: 1290, tint: "#efe6d6", group: "tables", picture: `<path class="wood" d="M28 84h204v13H28z"/><path class="frame" d="m46 100-9 72M214 100l9 72M72 100l-3 54M188 100l3 54"/><path class="pale" d="M112 84q-6-20 3-31h14q9 11 3 31z"/>` },
  { sku: "chair-hazel", name: "Wishbone chair", wood: "Hazel, paper cord", price: 389, tint: "#e4e8db", group: "seating", picture: `<path class="frame" d="M86 44q44-20 88 0M94 46l6 62M166 46l-6 62M130 38v68M96 116l-10 60M164 116l10 60"/><path class="cloth" d="M86 104h88l7 15H79z"/>` },
  { sku: "shelf-oak", name: "Ladder shelf", wood: "Oak, waxed", price: 640, tint: "#f1e3d3", group: "storage", picture: `<path class="frame" d="M76 26v150M184 26v150"/><path class="wood" d="M66 50h128v9H66zM66 96h128v9H66zM66 142h128v9H66z"/><path class="dark" d="M92 22h11v28H92zM106 27h9v23h-9zM118 20h12v30h-12z"/><path class="cloth" d="M150 74h24v22h-24z"/><path class="pale" d="M98 120h30v22H98z"/>` },
  { sku: "bench-oak", name: "Garden bench", wood: "Oak, untreated", price: 520, tint: "#dfe6e0", group: "seating", picture: `<path class="wood" d="M40 62h180v9H40zM40 80h180v9H40zM30 118h200v12H30z"/><path class="frame" d="M48 60v58M212 60v58M46 132l-6 44M214 132l6 44"/>` },
  { sku: "lamp-ash", name: "Reading lamp", wood: "Ash and linen", price: 210, tint: "#f3ead9", group: "storage", picture: `<path class="frame" d="M130 92v80M102 176h56"/><path class="pale" d="M98 92h64L148 34h-36z"/><circle class="dark" cx="130" cy="100" r="5"/>` },
  { sku: "sideboard-hazel", name: "Sideboard", wood: "Hazel, brass", price: 1480, tint: "#ebe0d2", group: "storage", picture: `<path class="wood" d="M34 66h192v78H34z"/><path class="frame" d="M56 146l-6 28M204 146l6 28"/><path class="dark" d="M97 66h3v78h-3zM160 66h3v78h-3z"/><circle class="pale" cx="86" cy="105" r="4"/><circle class="pale" cx="130" cy="105" r="4"/><circle class="pale" cx="174" cy="105" r="4"/>` },
];

const byId = (id) => document.getElementById(id);
const basket = new Map();

function renderProducts() {
  byId("products").replaceChildren(...CATALOGUE.map(productCard));
}

function productCard(product) {
  const card = document.createElement("li");
  card.className = "product";
  // The first of a group is where the navigation leads.
  if (product === CATALOGUE.find(({ group }) => group === product.group)) card.id = product.group;
  card.style.setProperty("--tint", product.tint);
  card.innerHTML = `<svg viewBox="0 0 260 200" aria-hidden="true">${product.picture}</svg>
    <div><h3>${product.name}</h3><p>${product.wood}</p>
    <footer><b>${euros(product.price)}</b><button class="add" type="button">Add to basket</button></footer></div>`;
  const add = card.querySelector(".add");
  add.id = `add-${product.sku}`;
  add.setAttribute("aria-label", `Add ${product.name} to basket`);
  add.addEventListener("click", () => addToBasket(product));
  return card;
}

const euros = (amount) => "€ " + amount.toLocaleString("en");

function addToBasket(product) {
  basket.set(product.sku, (basket.get(product.sku) ?? 0) + 1);
  Trapline.addBreadcrumb({ category: "basket", message: `added ${product.sku}`, data: { price: product.price } });
  renderBasket();
}

function renderBasket() {
  const lines = CATALOGUE.filter(({ sku }) => basket.has(sku));
  const rows = lines.map(({ sku, name, price }) => {
    const row = document.createElement("li");
    row.append(`${basket.get(sku)} × ${name}`, Object.assign(document.createElement("span"), { textContent: euros(price * basket.get(sku)) }));
    return row;
  });
  byId("basket-lines").replaceChildren(...rows);
  byId("basket-count").textContent = [...basket.values()].reduce((sum, count) => sum + count, 0);
  byId("basket-total").textContent = euros(lines.reduce((sum, { sku, price }) => sum + price * basket.get(sku), 0));
}

/** The bug of the shop: what the server calls `total` was `amount` until last week. */
export function formatTotal(order) {
  return order.amount.value.toFixed(2);
}

export function renderSummary(order) {
  byId("checkout-note").textContent = `You pay € ${formatTotal(order)}.`;
}

export function onCheckout() {
  byId("checkout-note").textContent = "Something went wrong. We have been told.";
  renderSummary({ number: "HO-2041", total: { value: 1290, currency: "EUR" } });
}

function onSignIn() {
  const signedIn = byId("sign-in").textContent !== "Sign in";
  Trapline.setUser(signedIn ? null : { id: "shopper-118", username: "Ida Birkeland", email: "ida@example.com" });
  byId("sign-in").textContent = signedIn ? "Sign in" : "Ida Birkeland";
}

function onSubscribe(event) {
  event.preventDefault();
  const address = byId("letter-mail").value.trim();
  byId("letter-note").textContent = address.includes("@") ? "Thank you. The next letter goes out in March." : "That does not look like an address.";
}

renderProducts();
Trapline.setTag("shop.theme", "winter");
byId("open-basket").addEventListener("click", () => byId("basket").showModal());
byId("checkout").addEventListener("click", onCheckout);
byId("sign-in").addEventListener("click", onSignIn);
byId("letter").addEventListener("submit", onSubscribe);
installBreaker({ onCheckout, onSignIn });
