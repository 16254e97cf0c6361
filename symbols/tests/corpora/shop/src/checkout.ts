import { Cart } from "./cart";
import { postOrder } from "./vendor/post";

const steps = {
  validateCart(cart: Cart) {
    if (cart.total === 0) throw new RangeError("empty cart");
  },
  payOrder: async function (cart: Cart) {
    await postOrder("/pay", { total: cart.total });
  },
  nested: {
    askAgain: (question: string) => {
      if (/[/"'`{}]/.test(question)) throw new Error("odd question");
      return question;
    },
  },
};

export const startCheckout = async (cart: Cart): Promise<void> => {
  steps.validateCart(cart);
  await steps.payOrder(cart);
};

export function explode(kind: string): void {
  const failWith = (message: string) => {
    throw new Error(message);
  };
  [kind].forEach((each) => {
    if (each === "nested") steps.nested.askAgain("a/b");
    if (each === "cart") new Cart({ name: "x", price: -1 });
    if (each === "price") Cart.ofNames("a", "b").addItem({ name: "c", price: NaN });
    failWith(each);
  });
}
