import { Cart } from "./cart";
import { explode, startCheckout } from "./checkout";

declare const globalThis: any;

globalThis.shop = { Cart, explode, startCheckout };
