import { type Bugs } from "./types";

/** Nobody listens there. */
const away = "http://127.0.0.1:9";
const number = () => 1000 + Math.floor(Math.random() * 9000);

async function loadCart() {
  const answer = await fetch(`${away}/api/cart/${number()}`);
  document.title = String(answer.status);
}

async function loadProfile() {
  const answer = await fetch(`${away}/api/profile?user=${number()}`);
  document.title = String(answer.status);
}

async function loadMenu() {
  const answer = await fetch("/api/menu");
  const menu = await answer.json();
  document.title = menu.first;
}

async function loadQuestions() {
  const answer = await fetch("/api/questions");
  const questions = await answer.json();
  document.title = questions.first;
}

class HttpError extends Error {
  constructor(readonly status: number) {
    super(`Request failed with status code ${status}`);
    this.name = new.target.name;
  }
}

async function request(path: string) {
  const answer = await fetch(path);
  if (!answer.ok) throw new HttpError(answer.status);
  return answer.json();
}

async function showOrder() {
  const order = await request(`/api/orders/${number()}`);
  document.title = order.title;
}

async function showInvoice() {
  const invoice = await request(`/api/invoices/${number()}`);
  document.title = invoice.title;
}

async function searchProducts() {
  const control = new AbortController();
  const answer = fetch("/", { signal: control.signal });
  control.abort();
  document.title = String((await answer).status);
}

async function askFor(address: string) {
  const answer = await fetch(address);
  document.title = String(answer.status);
}

async function openWizard() {
  const wizard = await import(/* @vite-ignore */ `${location.origin}/assets/wizard-${number()}ab.js`);
  wizard.start();
}

function loadChat() {
  const name = `chat.${number()}c0de.js`;
  const error = new Error(`Loading chunk ${number() % 90} failed.\n(error: ${location.origin}/assets/${name})`);
  error.name = "ChunkLoadError";
  throw error;
}

function missingModule(name: string): never {
  const error: any = new Error(`Cannot find module './locale/${name}'`);
  error.code = "MODULE_NOT_FOUND";
  throw error;
}

function loadLocale() {
  missingModule("tlh");
  document.title = "translated";
}

export const requestErrors: Bugs = {
  "fetch/cart-away": () => void loadCart(),
  "fetch/profile-away": () => void loadProfile(),
  "fetch/menu-is-page": () => void loadMenu(),
  "fetch/questions-are-page": () => void loadQuestions(),
  "fetch/order-missing": () => void showOrder(),
  "fetch/invoice-missing": () => void showInvoice(),
  "fetch/search-aborted": () => void searchProducts(),
  "fetch/no-url": () => void askFor("https://"),
  "chunk/stale 1": () => void openWizard(),
  "chunk/stale 2": () => loadChat(),
  "chunk/locale": () => loadLocale(),
};
