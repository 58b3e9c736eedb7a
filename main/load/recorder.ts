import { COMPLETION_GROUP } from '../domain/closed-loop-interval.ts';
import type { RoundTrips } from '../domain/round-trips.ts';
import type { Completions } from '../domain/sureness.ts';

const ROWS = 1 << 14;

/** One block of columns. */
interface Block {
  readonly startMs: Float64Array;
  readonly roundTripMs: Float64Array;
  readonly replica: Uint16Array;
  readonly fault: Uint8Array;
  readonly excluded: Uint8Array;
  /** Number of the request in order of issue. */
  readonly issue: Uint32Array;
}

function newBlock(rows: number): Block {
  return {
    startMs: new Float64Array(rows),
    roundTripMs: new Float64Array(rows),
    replica: new Uint16Array(rows),
    fault: new Uint8Array(rows),
    excluded: new Uint8Array(rows),
    issue: new Uint32Array(rows),
  };
}

/**
 * Round trips in order of completion, in preallocated blocks; nothing is allocated per request and no large array is ever copied
 * while requests are under way. For looks at a running trial only every eighth completion is remembered. Times in ms.
 */
export class Recorder {
  length = 0;
  failed = 0;
  /** Counted round trips and their sum. */
  countedLength = 0;
  countedSumMs = 0;

  private readonly blocks: Block[] = [newBlock(ROWS)];
  /** Next block, ready before it is needed. */
  private spare: Block = newBlock(ROWS);
  private answers = 0;
  private answerGroups = new Float64Array(ROWS);
  private answerGroupCount = 0;
  private groupSum = 0;
  private groupMeans = new Float64Array(ROWS);
  private groupMeanCount = 0;

  add(startMs: number, roundTripMs: number, replica: number, fault: number, excluded: boolean, issue = this.length): void {
    const row = this.length % ROWS;
    if (row === 0 && this.length > 0) this.nextBlock();
    const block = this.blocks[this.blocks.length - 1]!;
    block.startMs[row] = startMs;
    block.roundTripMs[row] = roundTripMs;
    block.replica[row] = replica;
    block.fault[row] = fault;
    block.excluded[row] = excluded ? 1 : 0;
    block.issue[row] = issue;
    this.length++;
    if (fault !== 0) {
      this.failed++;
      return;
    }
    if (this.answers++ % COMPLETION_GROUP === 0) this.endAnswerGroup(startMs + roundTripMs);
    if (excluded) return;
    this.countedLength++;
    this.countedSumMs += roundTripMs;
    this.groupSum += roundTripMs;
    if (this.countedLength % COMPLETION_GROUP === 0) this.endCountedGroup();
  }

  /** Times of every eighth answer so far. */
  completions(): Completions {
    return { times: this.answerGroups, length: this.answerGroupCount };
  }

  /** Means of every eight counted round trips so far. */
  countedGroupMeans(): Float64Array {
    return this.groupMeans.subarray(0, this.groupMeanCount);
  }

  at(index: number): { readonly index: number; readonly roundTripMs: number; readonly excluded: boolean; readonly failed: boolean } {
    const block = this.blocks[Math.floor(index / ROWS)]!;
    const row = index % ROWS;
    return { index, roundTripMs: block.roundTripMs[row]!, excluded: block.excluded[row] === 1, failed: block.fault[row] !== 0 };
  }

  /** Leaves out every request but those numbered from `first` up to, not including, `end` in order of issue. */
  keepIssued(first: number, end: number): void {
    for (let i = 0; i < this.length; i++) {
      const block = this.blocks[Math.floor(i / ROWS)]!;
      const row = i % ROWS;
      if (block.issue[row]! < first || block.issue[row]! >= end) block.excluded[row] = 1;
    }
  }

  /** Everything so far in one piece; send times count from the earliest. `widthOf` request n in order of issue, if it has one. */
  toRoundTrips(widthOf?: (issued: number) => number): RoundTrips {
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
    const { startMs, roundTripMs, replica, fault, excluded } = all;
    if (widthOf === undefined) return { startMs, roundTripMs, replica, fault, excluded };
    const width = Uint32Array.from({ length: this.length }, (_, i) => widthOf(this.blocks[Math.floor(i / ROWS)]!.issue[i % ROWS]!));
    return { startMs, roundTripMs, replica, fault, excluded, width };
  }

  private nextBlock(): void {
    this.blocks.push(this.spare);
    this.spare = newBlock(ROWS);
  }

  private endAnswerGroup(endMs: number): void {
    if (this.answerGroupCount === this.answerGroups.length) this.answerGroups = doubled(this.answerGroups);
    this.answerGroups[this.answerGroupCount++] = endMs;
  }

  private endCountedGroup(): void {
    if (this.groupMeanCount === this.groupMeans.length) this.groupMeans = doubled(this.groupMeans);
    this.groupMeans[this.groupMeanCount++] = this.groupSum / COMPLETION_GROUP;
    this.groupSum = 0;
  }
}

/** An eighth of the requests at most: 1 MB at a million, copied in well under a millisecond. */
function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}
