import { flushSync, mount } from "svelte";
import Loyalty from "./Loyalty.svelte";
import Wishes from "./Wishes.svelte";
import { type Bugs } from "./types";

const show = (component: any) => {
  mount(component, { target: document.body.appendChild(document.createElement("div")), props: {} });
  flushSync();
};

export const svelteErrors: Bugs = {
  "svelte/first-wish": () => show(Wishes),
  "svelte/endless-points": () => show(Loyalty),
};
