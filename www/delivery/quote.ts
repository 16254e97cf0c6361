import type { Parcel } from "./parcel";

interface Carrier {
  readonly name: string;
  price(kilograms: number): number;
}

const carriers: readonly Carrier[] = [
  { name: "bicycle", price: (kilograms) => (kilograms > 20 ? Infinity : 9) },
  { name: "van", price: (kilograms) => 24 + kilograms * 0.4 },
];

/** The lowest price at which anybody takes all of them, in euros. */
export function cheapest(parcels: readonly Parcel[]): number {
  const kilograms = parcels.reduce((sum, parcel) => sum + parcel.weigh(), 0);
  return Math.min(...carriers.map((carrier) => carrier.price(kilograms)));
}
