// The part of the demo shop that is minified: what it throws is read in the dashboard as it stands here. Its map is not
// served; `cargo xtask dev` uploads it.

import { Parcel } from "./parcel";
import { cheapest } from "./quote";

/** Asks what it costs to have an order delivered. */
export function askDelivery(order: string): void {
  const parcels = [new Parcel("bench-oak", 31.5), new Parcel("lamp-ash", Number.NaN)];
  const price = cheapest(parcels);
  console.info(`delivery of ${order}: € ${price}`);
}
