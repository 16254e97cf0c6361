import { createElement, useEffect, useState, Component } from "react";
import { createRoot } from "react-dom/client";
import { any, type Bugs } from "./types";

function ProductCard({ product }: any) {
  const title = product.title.trim();
  return createElement("h2", null, title);
}

function ReviewCard({ review }: any) {
  const title = review.title.trim();
  return createElement("h3", null, title);
}

function StockCounter() {
  const [count, setCount] = useState(0);
  useEffect(() => setCount(count + 1));
  return createElement("p", null, count);
}

function OpeningHours() {
  const [open, setOpen] = useState(false);
  setOpen(!open);
  return createElement("p", null, String(open));
}

function PriceTag({ price }: any) {
  return createElement("p", null, price);
}

class Gallery extends Component<any> {
  override componentDidMount() {
    document.title = this.props.photos.first.url;
  }
  override render() {
    return createElement("p", null, "photos");
  }
}

const show = (element: any) => createRoot(document.body.appendChild(document.createElement("div"))).render(element);

export const reactErrors: Bugs = {
  "react/product-title": () => show(createElement(ProductCard)),
  "react/review-title": () => show(createElement(ReviewCard)),
  "react/endless-effect": () => show(createElement(StockCounter)),
  "react/endless-render": () => show(createElement(OpeningHours)),
  "react/object-child": () => show(createElement(PriceTag, { price: { amount: 3 } })),
  "react/no-component": () => show(createElement(any(undefined))),
  "react/did-mount": () => show(createElement(Gallery, { photos: {} })),
};
