/** Something that is carried. */
export class Parcel {
  constructor(
    readonly sku: string,
    private readonly weightKg: number,
  ) {}

  /** In kilograms, packaging included. */
  weigh(): number {
    // A lamp that nobody has put on the scales.
    if (Number.isNaN(this.weightKg)) throw new RangeError(`${this.sku} was never weighed`);
    return this.weightKg * 1.08;
  }
}
