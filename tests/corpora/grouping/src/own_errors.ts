import { missing, any, type Bugs } from "./types";

class PaymentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = this.constructor.name;
  }
}

class StockError extends Error {
  override name = "StockError";
}

function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function enterAddress(form: any) {
  invariant(form.street, "Invalid state");
  document.title = form.street;
}

function enterCard(form: any) {
  invariant(form.number, "Invalid state");
  document.title = form.number;
}

function payByCard(amount: number) {
  throw new PaymentError(`Card declined for ${amount} EUR`);
}

function payByInvoice(amount: number) {
  if (amount > 0) throw new PaymentError("Invoice limit exceeded");
}

function takeFromStock(sku: string) {
  throw new StockError(`SKU ${sku} is out of stock`);
}

function reserveStock(sku: string) {
  throw new StockError(`Not available: ${sku}`);
}

function checkDelivery(order: any) {
  if (!order.slot) throw new Error(`No delivery slot for https://shop.test/orders/${order.number}?from=mail`);
}

function checkAge(customer: any) {
  if (!customer.adult) throw new Error(`Customer ${customer.mail} is too young`);
}

/** One dispatcher under many bugs. */
class Bus {
  handlers: Record<string, (payload: any) => void> = {};
  on(topic: string, handler: (payload: any) => void) {
    this.handlers[topic] = handler;
  }
  emit(topic: string, payload: any) {
    const handler = this.handlers[topic];
    handler(payload);
    document.title = topic;
  }
}

const bus = new Bus();
bus.on("badge", (payload) => {
  document.title = payload.count.toFixed(0);
});
bus.on("toast", (payload) => {
  document.body.dataset.toast = payload.text.trim();
});

function updateBadge() {
  bus.emit("badge", {});
  document.title = "badge";
}

function showToast() {
  bus.emit("toast", {});
  document.title = "toast";
}

function playJingle() {
  bus.emit("jingle", {});
  document.title = "jingle";
}

/** Same function, two bugs. */
function parseOrder(order: any) {
  const first = order.lines[0];
  const when = order.placed.getTime();
  document.title = first + when;
}

const helpers = {
  pick(list: any[], index: number) {
    return list[index].label;
  },
};

function chooseSize(sizes: any[]) {
  const label = helpers.pick(sizes, 4);
  document.title = label;
}

function chooseColor(colors: any[]) {
  const label = helpers.pick(colors, 2);
  document.title = label;
}

function delayedGreeting(user: any) {
  setTimeout(() => {
    document.title = `Hi ${user.firstName.trim()}`;
  }, 1);
}

function delayedFarewell(user: any) {
  setTimeout(() => {
    document.title = `Bye ${user.lastName.trim()}`;
  }, 1);
}

const uuid = () => crypto.randomUUID?.() ?? "9b2f6a3e-5f0b-4b7e-9a6f-0c2d1e3f4a5b";

export const ownErrors: Bugs = {
  "own/state-of-address": () => void enterAddress({}),
  "own/state-of-card": () => void enterCard({}),
  "own/card-declined": () => void payByCard(Math.floor(Math.random() * 1000) / 10),
  "own/invoice-limit": () => void payByInvoice(5),
  "own/out-of-stock": () => void takeFromStock(uuid()),
  "own/not-available": () => void reserveStock(uuid()),
  "own/no-slot": () => void checkDelivery({ number: uuid() }),
  "own/too-young": () => void checkAge({ mail: `jo${Math.floor(Math.random() * 99)}@shop.test` }),
  "own/bus-badge": () => void updateBadge(),
  "own/bus-toast": () => void showToast(),
  "own/bus-jingle": () => void playJingle(),
  "own/order-lines": () => void parseOrder({}),
  "own/order-placed": () => void parseOrder({ lines: ["a"], placed: any("today") }),
  "own/pick-size": () => void chooseSize([]),
  "own/pick-color": () => void chooseColor([]),
  "own/timer-greeting": () => void delayedGreeting(any({})),
  "own/timer-farewell": () => void delayedFarewell(any({})),
  "own/throw-text": () => { throw "Voucher service is asleep"; },
  "own/missing-module-value": () => void missing<{ start(): void }>().start(),
};
