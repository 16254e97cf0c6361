import { any, missing, type Bugs } from "./types";

interface Line { product: { title: string; weight: number }; quantity: number }
interface Cart { items: Line[]; owner: { name: string }; currency: string }

function cartTotal(cart: Cart) {
  let total = 0;
  for (let index = 0; index < cart.items.length; index++) total += cart.items[index].quantity;
  return total;
}

function orderHistory(account: Cart) {
  const newest = account.items[0];
  document.title = `Last: ${newest.product.title}`;
}

function renderHeader(owner: { name: string } | null) {
  const greeting = document.createElement("p");
  greeting.textContent = `Hello ${owner!.name}`;
  document.body.append(greeting);
}

function renderFooter(company: { name: string } | null) {
  const line = document.createElement("footer");
  line.textContent = "© " + company!.name;
  document.body.append(line);
}

function priceLabel(price: { format(currency: string): string }) {
  const text = price.format("EUR");
  return `<b>${text}</b>`;
}

function notifyListeners(callback: () => void) {
  document.title = "notifying";
  callback();
  document.title = "notified";
}

function applyTheme(session: { preferences: { theme: string } }) {
  session.preferences.theme = "dark";
  document.body.className = "dark";
}

function sumWeights(lines: Line[]) {
  let weight = 0;
  for (const line of lines) weight += line.product.weight;
  return weight;
}

function collectTags(tags: unknown) {
  const all = [...any(tags), "new"];
  return all.join();
}

function lowerRate(rates: Readonly<{ vat: number }>) {
  any(rates).vat = 7;
  return rates;
}

function addStop(route: readonly string[]) {
  any(route).push("Depot");
  return route.length;
}

function saveDraft(draft: any) {
  draft.history = { previous: draft };
  const text = JSON.stringify(draft);
  sessionStorage.setItem("draft", text);
}

class PaymentForm {
  gateway = { charge: (amount: number) => amount };
  submit() {
    const charged = this.gateway.charge(12);
    document.title = `charged ${charged}`;
  }
}

class SubscriptionForm {
  gateway = { charge: (amount: number) => amount };
  renewPlan() {
    const charged = this.gateway.charge(30);
    document.title = `renewed ${charged}`;
  }
}

function mountWidget(registry: any) {
  const widget = new registry.CountdownWidget(document.body);
  widget.start();
}

function trackingLabel(key: any) {
  document.title = `tracking ${key}`;
}

function pointsTotal(points: any) {
  const all = points + 1;
  document.title = String(all);
}

function hasSku(stock: any) {
  if ("sku" in stock) document.title = "in stock";
}

function shipTo({ address: { street } }: { address: { street: string } }) {
  document.title = street.trim();
}

function lineTitles(lines: Line[]) {
  const titles = lines.map((line) => line.product.title);
  return titles.join();
}

function wishTitles(wishes: Line[]) {
  const titles = wishes.filter((wish) => wish.product.title !== "");
  return titles.length;
}

function cheapest(prices: number[]) {
  const price = prices.reduce((least, next) => Math.min(least, next));
  document.title = String(price);
}

function isPlugin(value: object, kind: any) {
  return value instanceof kind ? "plugin" : "other";
}

function chosenColor(select: any) {
  const color = select.options.find((option: any) => option.selected);
  document.title = color.label;
}

function upperCity(form: any) {
  const city = form.city.toUpperCase();
  document.title = city;
}

function upperCountry(form: any) {
  const country = form.country.toUpperCase();
  document.title = country;
}

function mergeBaskets(guest: any, own: any) {
  const merged = own.lines.concat(guest.lines.slice(0, 3));
  return merged.length;
}

export const typeErrors: Bugs = {
  "type/items-in-cart-total": () => void cartTotal(missing()),
  "type/items-in-order-history": () => void orderHistory(missing()),
  "type/name-in-header": () => void renderHeader(null),
  "type/name-in-footer": () => void renderFooter(null),
  "type/format-no-function": () => void priceLabel(any({ amount: 5 })),
  "type/callback-no-function": () => void notifyListeners(missing()),
  "type/set-theme": () => void applyTheme(any({})),
  "type/iterate-undefined": () => void sumWeights(missing()),
  "type/spread-object": () => void collectTags({ red: 1 }),
  "type/read-only-rate": () => void lowerRate(Object.freeze({ vat: 19 })),
  "type/push-frozen": () => void addStop(Object.freeze(["Shop"])),
  "type/circular-draft": () => void saveDraft({ lines: [] }),
  "type/detached-submit": () => { const { submit } = new PaymentForm(); submit(); document.title = "sent"; },
  "type/detached-renew": () => { const { renewPlan } = new SubscriptionForm(); renewPlan(); document.title = "renewed"; },
  "type/no-constructor": () => void mountWidget({ CountdownWidget: missing() }),
  "type/symbol-to-text": () => void trackingLabel(Symbol("order")),
  "type/mixed-bigint": () => void pointsTotal(5n),
  "type/in-text": () => void hasSku("out of stock"),
  "type/destructured-street": () => void shipTo(any({})),
  "type/title-in-map": () => void lineTitles(any([{ quantity: 1 }])),
  "type/title-in-filter": () => void wishTitles(any([{ quantity: 1 }])),
  "type/reduce-nothing": () => void cheapest([]),
  "type/instanceof-nothing": () => void isPlugin({}, missing()),
  "type/find-on-list-of-options": () => void chosenColor({ options: { length: 2 } }),
  "type/upper-city": () => void upperCity({}),
  "type/upper-country": () => void upperCountry({}),
  "type/slice-of-guest": () => void mergeBaskets({}, { lines: [] }),
};
