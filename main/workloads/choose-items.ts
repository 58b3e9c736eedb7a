import { createRandom, type Random } from '../domain/random.ts';
import type { Environment } from '../domain/study-spec.ts';

export interface ItemChoice {
  /** How many requests can differ before the choice repeats; Infinity where every request is a fresh draw. */
  readonly distinct: number;
  /** Items of request `index`; call with 0, 1, 2 … in order. */
  items(index: number): readonly number[];
}

/** Seeded choice of items per request; see `Workload.encode` for the rule. */
export function chooseItems(options: {
  readonly itemCount: number;
  readonly requestBatchSize: number;
  readonly inputs: Environment['inputs'];
  readonly seed: string;
}): ItemChoice {
  const { itemCount, requestBatchSize, inputs } = options;
  const random = createRandom(options.seed).split('items');
  if (requestBatchSize === 1 && inputs === 'unique') {
    const order = shuffled(itemCount, random);
    return { distinct: itemCount, items: (index) => [order[index % itemCount]!] };
  }
  const draw = batchDrawer(itemCount, requestBatchSize, random);
  if (inputs === 'unique') return { distinct: Infinity, items: draw };
  const same = draw();
  return { distinct: 1, items: () => same };
}

/** Draws without repetition inside one request; a batch larger than the data set takes every item as often as the others. */
function batchDrawer(itemCount: number, batchSize: number, random: Random): () => readonly number[] {
  const deck = Array.from({ length: itemCount }, (_, item) => item);
  return () =>
    Array.from({ length: batchSize }, (_, i) => {
      const place = i % itemCount;
      swap(deck, place, random.integer(place, itemCount - 1));
      return deck[place]!;
    });
}

function shuffled(count: number, random: Random): readonly number[] {
  const order = Array.from({ length: count }, (_, item) => item);
  for (let i = count - 1; i > 0; i--) swap(order, i, random.integer(0, i));
  return order;
}

function swap(values: number[], a: number, b: number): void {
  [values[a], values[b]] = [values[b]!, values[a]!];
}
