export interface Item {
  name: string;
  price: number;
}

export class Cart {
  #items: Item[] = [];
  listener?: (total: number) => void;

  constructor(first: Item) {
    this.addItem(first);
  }

  addItem(item: Item): void {
    if (item.price < 0) throw new Error(`negative price: ${item.name}`);
    this.#items.push(item);
    this.#notifyListener();
  }

  get total(): number {
    return this.#items.reduce((sum, item) => sum + checkedPrice(item), 0);
  }

  static ofNames(...names: string[]): Cart {
    const cart = new Cart({ name: names[0]!, price: 1 });
    for (const name of names.slice(1)) cart.addItem({ name, price: name.length });
    return cart;
  }

  #notifyListener(): void {
    this.listener?.(this.total);
  }
}

function checkedPrice(item: Item): number {
  if (!Number.isFinite(item.price)) {
    throw new TypeError(`no price: ${item.name} – größe 😀`); return 0;
  }
  return item.price;
}
