import { missing, type Bugs } from "./types";

const soon = <T>(value?: T) => new Promise<T>((resolve) => setTimeout(resolve, 1, value));
const id = () => crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, "0");

async function refreshStock() {
  const stock = await soon(missing<{ levels: number[] }>());
  document.title = String(stock.levels[0]);
}

async function refreshPrices() {
  const prices = await soon(missing<{ levels: number[] }>());
  document.title = String(prices.levels.length);
}

async function reserveSeat() {
  await soon();
  throw new Error(`Seat ${Math.floor(Math.random() * 900)} is taken by reservation ${id()}`);
}

async function confirmOrder() {
  await soon();
  throw new Error(`Confirmation did not arrive after ${1000 + Math.floor(Math.random() * 999)} ms`);
}

async function loadPlugin(name: string) {
  await soon();
  throw new Error(`Plugin "${name}" has no entry`);
}

async function openWallet() {
  try {
    await soon();
    JSON.parse("{wallet");
  } catch (cause) {
    throw new Error("Wallet could not be opened", { cause });
  }
}

async function openVault() {
  try {
    await soon();
    missing<{ key: string }>().key.trim();
  } catch (cause) {
    throw new Error("Wallet could not be opened", { cause });
  }
}

function nearestStore() {
  return Promise.any([Promise.reject(new Error("Berlin store is closed")), Promise.reject(new RangeError("Bonn store is too far"))]);
}

function fastestCourier() {
  return Promise.any([Promise.reject(new Error("No courier drives on Sundays"))]);
}

export const promiseErrors: Bugs = {
  "promise/stock-levels": () => void refreshStock(),
  "promise/price-levels": () => void refreshPrices(),
  "promise/seat-taken": () => void reserveSeat(),
  "promise/no-confirmation": () => void confirmOrder(),
  "promise/no-entry": () => void loadPlugin(["zoom", "ratings", "chat"][Math.floor(Math.random() * 3)]),
  "promise/wallet-json": () => void openWallet(),
  "promise/wallet-key": () => void openVault(),
  "promise/any-store": () => void nearestStore(),
  "promise/any-courier": () => void fastestCourier(),
  "promise/reject-text": () => void Promise.reject("Basket was locked by another tab"),
  "promise/reject-object": () => void Promise.reject({ code: 409, reason: "conflict" }),
  "promise/reject-other-object": () => void Promise.reject({ status: 1, detail: "expired" }),
};
