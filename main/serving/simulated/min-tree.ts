/**
 * The least of a fixed number of values and where it is, while single values change: a tournament tree, O(log n) a call.
 * Of equal values the first place counts, so that nothing depends on the order of the changes.
 */
export class MinTree {
  private readonly length: number;
  /** Leaves from `size` on, padded with Infinity; node k is the least of 2k and 2k + 1. */
  private readonly size: number;
  private readonly nodes: Float64Array;

  constructor(values: readonly number[]) {
    this.length = values.length;
    this.size = 2 ** Math.ceil(Math.log2(Math.max(1, values.length)));
    this.nodes = new Float64Array(2 * this.size).fill(Infinity);
    this.nodes.set(values, this.size);
    for (let node = this.size - 1; node > 0; node--) this.nodes[node] = this.lesserChild(node);
  }

  get(place: number): number {
    return this.nodes[this.size + place]!;
  }

  set(place: number, value: number): void {
    let node = this.size + place;
    this.nodes[node] = value;
    for (node >>= 1; node > 0; node >>= 1) {
      const least = this.lesserChild(node);
      if (this.nodes[node] === least) return;
      this.nodes[node] = least;
    }
  }

  min(): number {
    return this.nodes[1]!;
  }

  /** The first place at or after `from` that holds the least value; where there is none, the first of all. */
  firstLeast(from = 0): number {
    const least = this.min();
    let node = this.size + from;
    if (this.nodes[node] === least) return from;
    for (; node > 1; node >>= 1) {
      if (node % 2 === 0 && this.nodes[node + 1] === least) return this.firstBelow(node + 1, least);
    }
    return this.firstBelow(1, least);
  }

  values(): readonly number[] {
    return Array.from(this.nodes.subarray(this.size, this.size + this.length));
  }

  private firstBelow(node: number, least: number): number {
    while (node < this.size) node = this.nodes[2 * node] === least ? 2 * node : 2 * node + 1;
    return node - this.size;
  }

  private lesserChild(node: number): number {
    return Math.min(this.nodes[2 * node]!, this.nodes[2 * node + 1]!);
  }
}
