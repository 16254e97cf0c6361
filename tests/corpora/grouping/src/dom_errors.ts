import { any, type Bugs } from "./types";

const box = () => document.body.appendChild(document.createElement("div"));

function removeBanner(banner: Element) {
  document.body.firstElementChild!.removeChild(banner);
  document.title = "no banner";
}

function moveItem(item: Element, before: Element) {
  box().insertBefore(item, before);
  document.title = "moved";
}

function findMarked(id: string) {
  const found = document.querySelector(`#${id} > [`);
  document.title = found!.id;
}

function showHint(hint: Node | null) {
  box().appendChild(hint!);
  document.title = "hint";
}

function markField(name: string) {
  box().setAttribute(name, "yes");
  document.title = "marked";
}

function cacheCatalogue(size: number) {
  localStorage.setItem("catalogue", "x".repeat(size));
  document.title = "cached";
}

function bindSearch() {
  document.getElementById("search-form")!.addEventListener("submit", () => {});
  document.title = "bound";
}

function bindNewsletter() {
  document.getElementById("newsletter-form")!.addEventListener("submit", () => {});
  document.title = "bound";
}

function copyBasket(basket: object) {
  const copy = structuredClone(basket);
  document.title = String(copy);
}

function tellFrame(target: string) {
  window.postMessage("ready", target);
  document.title = "told";
}

function dressBadge(badge: Element) {
  badge.attachShadow({ mode: "open" });
  badge.attachShadow({ mode: "closed" });
  document.title = "dressed";
}

function readPixels(canvas: HTMLCanvasElement) {
  const pixels = canvas.getContext("2d")!.getImageData(0, 0, 0, 4);
  document.title = String(pixels.width);
}

function defineStars() {
  customElements.define("hazel-stars", class extends HTMLElement {});
  customElements.define("hazel-stars", class extends HTMLElement {});
  document.title = "defined";
}

function fillCoupon() {
  document.querySelector<HTMLInputElement>("#coupon")!.value = "HAZEL";
  document.title = "filled";
}

function clearGiftNote() {
  document.querySelector<HTMLTextAreaElement>("#gift-note")!.value = "";
  document.title = "cleared";
}

function observeImages(images: any) {
  new IntersectionObserver(() => {}).observe(images);
  document.title = "observed";
}

export const domErrors: Bugs = {
  "dom/remove-banner": () => void removeBanner(document.createElement("aside")),
  "dom/move-item": () => void moveItem(document.createElement("li"), document.createElement("li")),
  "dom/selector": () => void findMarked("offers"),
  "dom/append-null": () => void showHint(null),
  "dom/attribute-name": () => void markField("1 field"),
  "dom/storage-full": () => void cacheCatalogue(12_000_000),
  "dom/search-form": () => void bindSearch(),
  "dom/newsletter-form": () => void bindNewsletter(),
  "dom/clone-function": () => void copyBasket({ total: () => 3 }),
  "dom/post-nowhere": () => void tellFrame("no origin"),
  "dom/shadow-twice": () => void dressBadge(box()),
  "dom/no-pixels": () => void readPixels(document.createElement("canvas")),
  "dom/defined-twice": () => void defineStars(),
  "dom/coupon-field": () => void fillCoupon(),
  "dom/gift-note-field": () => void clearGiftNote(),
  "dom/observe-list": () => void observeImages(any([])),
};
