import type { RoundTrips } from '../domain/round-trips.ts';

const ROWS = 1 << 14;

/** One block of columns. */
interface Block {
  readonly startMs: Float64Array;
  readonly roundTripMs: Float64Array;
  readonly replica: Uint16Array;
  readonly fault: Uint8Array;
  readonly excluded: Uint8Array;
}

function newBlock(rows: number): Block {
  return {
    startMs: new Float64Array(rows),
    roundTripMs: new Float64Array(rows),
    replica: new Uint16Array(rows),
    fault: new Uint8Array(rows),
    excluded: new Uint8Array(rows),
  };
}

/** Round trips in order of completion, in preallocated blocks; nothing is allocated per request. Times in ms. */
export class Recorder {
  length = 0;
  failed = 0;
  /** Sum of the counted round trips. */
  countedSumMs = 0;
  /** Counted round trips in order of completion; the first `countedLength` are filled. */
  counted = new Float64Array(ROWS);
  countedLength = 0;

  private readonly blocks: Block[] = [newBlock(ROWS)];

  add(startMs: number, roundTripMs: number, replica: number, fault: number, excluded: boolean): void {
    const row = this.length % ROWS;
    if (row === 0 && this.length > 0) this.blocks.push(newBlock(ROWS));
    const block = this.blocks[this.blocks.length - 1]!;
    block.startMs[row] = startMs;
    block.roundTripMs[row] = roundTripMs;
    block.replica[row] = replica;
    block.fault[row] = fault;
    block.excluded[row] = excluded ? 1 : 0;
    this.length++;
    if (fault !== 0) this.failed++;
    else if (!excluded) this.count(roundTripMs);
  }

  countedValues(): Float64Array {
    return this.counted.subarray(0, this.countedLength);
  }

  at(index: number): { readonly index: number; readonly roundTripMs: number; readonly excluded: boolean; readonly failed: boolean } {
    const block = this.blocks[Math.floor(index / ROWS)]!;
    const row = index % ROWS;
    return { index, roundTripMs: block.roundTripMs[row]!, excluded: block.excluded[row] === 1, failed: block.fault[row] !== 0 };
  }

  /** Everything so far in one piece; send times count from the earliest. */
  toRoundTrips(): RoundTrips {
    const all = newBlock(this.length);
    this.blocks.forEach((block, i) => {
      const rows = Math.min(ROWS, this.length - i * ROWS);
      all.startMs.set(block.startMs.subarray(0, rows), i * ROWS);
      all.roundTripMs.set(block.roundTripMs.subarray(0, rows), i * ROWS);
      all.replica.set(block.replica.subarray(0, rows), i * ROWS);
      all.fault.set(block.fault.subarray(0, rows), i * ROWS);
      all.excluded.set(block.excluded.subarray(0, rows), i * ROWS);
    });
    let first = Infinity;
    for (const start of all.startMs) first = Math.min(first, start);
    for (let i = 0; i < this.length; i++) all.startMs[i]! -= first;
    return all;
  }

  private count(roundTripMs: number): void {
    if (this.countedLength === this.counted.length) {
      const larger = new Float64Array(this.counted.length * 2);
      larger.set(this.counted);
      this.counted = larger;
    }
    this.counted[this.countedLength++] = roundTripMs;
    this.countedSumMs += roundTripMs;
  }
}
