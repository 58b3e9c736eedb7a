import type { Clock } from '../../main/modelserver/batch-scheduler.ts';

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMicros = 0;
  #timers: { readonly dueMicros: number; readonly run: () => void }[] = [];

  nowMicros(): number {
    return this.#nowMicros;
  }

  after(delayMicros: number, run: () => void): () => void {
    const timer = { dueMicros: this.#nowMicros + delayMicros, run };
    this.#timers.push(timer);
    return () => { this.#timers = this.#timers.filter((other) => other !== timer); };
  }

  advance(micros: number): void {
    const end = this.#nowMicros + micros;
    for (;;) {
      const [next] = this.#timers.filter(({ dueMicros }) => dueMicros <= end).toSorted((a, b) => a.dueMicros - b.dueMicros);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMicros = next.dueMicros;
      next.run();
    }
    this.#nowMicros = end;
  }
}
