import { describe, expect, it } from 'vitest';
import { runSamplerProtocol } from '../../main/host/cli/sampler.ts';

type Json = string | number | boolean;
interface Reply {
  readonly ask?: Record<string, Json>;
  readonly recommend?: Record<string, Json>;
}

const HEADER = {
  space: [
    { name: 'replicas', type: 'int', low: 1, high: 8 },
    { name: 'cpu', type: 'float', low: 0.1, high: 4, log: true },
    { name: 'batch', type: 'ordinal', low: 1, high: 64, values: [1, 4, 16, 64] },
    { name: 'size', type: 'ordinal', values: ['small', 'medium', 'large'] },
    { name: 'kind', type: 'categorical', values: ['a', true, 3] },
  ],
  seed: 1, budget: 10, n_initial: null as number | null,
};
const valueOf = (ask: Record<string, Json>): number | null =>
  ask.size === 'small' ? null : 10 / Number(ask.cpu) + Number(ask.replicas) + (ask.kind === true ? 0 : 2);

/** Plays `runs` runs of `trials` trials in one process and returns every reply. */
async function converse(name: string, trials: number, runs = 1, header: object = HEADER): Promise<Reply[]> {
  const replies: Reply[] = [];
  async function* lines(): AsyncGenerator<string> {
    for (let run = 0; run < runs; run++) {
      yield JSON.stringify(header);
      for (let trial = 1; trial <= trials; trial++) {
        const value = valueOf(replies[replies.length - 1]!.ask!);
        yield JSON.stringify({ tell: { value }, ...(trial === trials && { end: true }) });
      }
    }
  }
  await runSamplerProtocol(lines(), (line) => replies.push(JSON.parse(line) as Reply), { name, options: {} });
  return replies;
}

async function put(line: string, name = 'bayes', options: Record<string, string> = {}): Promise<void> {
  async function* lines(): AsyncGenerator<string> {
    yield line;
  }
  await runSamplerProtocol(lines(), () => undefined, { name, options });
}

describe('ask/tell protocol', () => {
  it.each(['bayes', 'random', 'sobol', 'grid', 'epsilon-greedy', 'tpe', 'paper'])('%s asks legal values and advises what it has seen', async (name) => {
    const replies = await converse(name, 10);
    expect(replies).toHaveLength(11);
    const asked = replies.slice(0, 10).map(({ ask }) => ask!);
    for (const ask of asked) {
      expect(Object.keys(ask)).toEqual(['replicas', 'cpu', 'batch', 'size', 'kind']);
      expect(Number.isInteger(ask.replicas)).toBe(true);
      expect(Number(ask.cpu)).toBeGreaterThanOrEqual(0.1);
      expect(Number(ask.cpu)).toBeLessThanOrEqual(4);
      expect([1, 4, 16, 64]).toContain(ask.batch);
      expect(['small', 'medium', 'large']).toContain(ask.size);
      expect(['a', true, 3]).toContain(ask.kind);
    }
    const final = replies[10]!.recommend!;
    expect(asked).toContainEqual(final);
    expect(valueOf(final)).not.toBeNull();
    expect(replies[0]!.recommend).toBeUndefined();
  });

  it('serves many runs in one process, equal seeds alike', async () => {
    const replies = await converse('bayes', 7, 2);
    expect(replies).toHaveLength(16);
    expect(replies.slice(8)).toEqual(replies.slice(0, 8));
  });

  it('keeps asking when a finite space is exhausted or everything crashed', async () => {
    const finite = { space: [{ name: 'size', type: 'categorical', values: ['small', 'medium'] }], seed: 1, budget: 6, n_initial: 2 };
    const replies = await converse('bayes', 6, 1, finite);
    expect(replies.slice(0, 6).every(({ ask }) => ask !== undefined)).toBe(true);
    const hopeless = { ...finite, space: [{ name: 'size', type: 'categorical', values: ['small'] }] };
    expect((await converse('random', 3, 1, hopeless))[3]!.recommend).toEqual({ size: 'small' });
  });

  it.each([
    ['no JSON', 'hello', /one JSON object per line/],
    ['no space', '{"seed":1}', /^space is missing\. Accepted: a list\.$/],
    ['an unknown type', '{"space":[{"name":"a","type":"bool"}],"seed":1}', /^space\.0\.type: “bool” cannot be used\. Accepted: int, float, ordinal or categorical\.$/],
    ['bounds the wrong way round', '{"space":[{"name":"a","type":"int","low":3,"high":1}],"seed":1}', /space.a.high: 1 .*at least 3/],
    ['a log scale through zero', '{"space":[{"name":"a","type":"float","low":0,"high":1,"log":true}],"seed":1}', /above 0/],
  ])('refuses %s in words', async (_, line, words) => {
    await expect(put(line)).rejects.toThrowError(words);
  });

  it('refuses samplers and options it does not have', async () => {
    await expect(put('{}', 'annealing')).rejects.toThrowError(/bayes, random, sobol/);
    await expect(put('{}', 'bayes', { xi: 'lots' })).rejects.toThrowError(/xi: “lots”.*a number from 0 to 10/);
    await expect(put('{}', 'random', { xi: '1' })).rejects.toThrowError(/option: “xi”/);
  });
});
