import { any, type Bugs } from "./types";

declare const hazelAnalytics: { push(entry: object): void };
declare const consentManager: { ready(): boolean };

function reportPurchase(amount: number) {
  hazelAnalytics.push({ event: "purchase", amount });
  document.title = "reported";
}

function askConsent() {
  if (!consentManager.ready()) document.title = "asking";
}

function startCheckout(step: number) {
  const show = () => summary.text + step;
  const first = show();
  const summary = { text: "Summary" };
  return first + summary.text;
}

function startReturns(step: number) {
  const show = () => parcel.label + step;
  const first = show();
  const parcel = { label: "Parcel" };
  return first + parcel.label;
}

function flattenCategories(category: any): number {
  let count = 1;
  for (const child of category.children) count += flattenCategories(child);
  return count;
}

function resolveParent(node: any): string {
  return resolveAncestor(node.parent) + "/";
}

function resolveAncestor(node: any): string {
  return resolveParent(node) + node.name;
}

function formatAmount(amount: number, digits: number) {
  const text = amount.toFixed(digits);
  document.title = text;
}

function pageOf(products: number) {
  const pages = new Array(products - 12);
  document.title = String(pages.length);
}

function stars(rating: number) {
  const text = "★".repeat(rating);
  document.title = text;
}

function deliveryDate(text: string) {
  const day = new Date(text).toISOString();
  document.title = day;
}

function returnDate(text: string) {
  const day = new Date(`${text}T00:00`).toISOString();
  document.body.dataset.until = day;
}

function currencyFormat(currency: string) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  document.title = format.format(4);
}

function voucherCode(value: number) {
  const code = value.toString(40);
  document.title = code;
}

function readSettings(text: string) {
  const settings = JSON.parse(text);
  document.body.className = settings.theme;
}

function readRecent(text: string) {
  const recent = JSON.parse(text);
  document.body.dataset.recent = recent.length;
}

function readFilters(text: string) {
  const filters = JSON.parse(text);
  document.body.dataset.filters = filters.length;
}

function searchPattern(text: string) {
  const pattern = new RegExp(text, "i");
  document.title = String(pattern.test("hazel"));
}

function formulaOf(text: string) {
  const formula = new Function("x", text);
  document.title = formula(2);
}

function decodePath(path: string) {
  const text = decodeURIComponent(path);
  document.title = text;
}

export const languageErrors: Bugs = {
  "reference/analytics": () => void reportPurchase(12),
  "reference/consent": () => void askConsent(),
  "reference/early-summary": () => void startCheckout(1),
  "reference/early-parcel": () => void startReturns(1),
  "range/endless-categories": () => { const top: any = { children: [] }; top.children.push(top); flattenCategories(top); document.title = "flat"; },
  "range/endless-parents": () => { const node: any = {}; node.parent = node; resolveParent(node); document.title = "found"; },
  "range/digits": () => void formatAmount(3, 101),
  "range/pages": () => void pageOf(7),
  "range/stars": () => void stars(-1),
  "range/delivery-date": () => void deliveryDate("soon"),
  "range/return-date": () => void returnDate("next week"),
  "range/currency": () => void currencyFormat("EURO"),
  "range/radix": () => void voucherCode(77),
  "json/settings-is-page": () => void readSettings("<!doctype html><p>Sign in</p>"),
  "json/recent-is-cut": () => void readRecent('[{"id": 4711}, {"id"'),
  "json/filters-are-undefined": () => void readFilters(any(undefined)),
  "syntax/pattern": () => void searchPattern("hazel(nut"),
  "syntax/formula": () => void formulaOf("return x +* 2"),
  "syntax/path": () => void decodePath("/caf%E9/%"),
};
