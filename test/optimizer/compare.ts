import { createSampler } from '../../main/optimizer/registry.ts';
import { medianOf, recommendedCosts, regret, SURFACES, yardstick } from './serving-surfaces.ts';

/**
 * Median normalised regret of samplers on the synthetic surfaces:
 *   node test/optimizer/compare.ts [--seeds 10] [random bayes bayes:acquisition=confidence-bound …]
 */
const words = process.argv.slice(2);
const seedsAt = words.indexOf('--seeds');
const seeds = seedsAt < 0 ? 10 : Number(words.splice(seedsAt, 2)[1]);
const contenders = words.length > 0 ? words : ['random', 'bayes'];
const checkpoints = [10, 20, 30, 50];

for (const contender of contenders) {
  const [name, ...pairs] = contender.split(/[:,]/);
  const options = Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
  const logs = checkpoints.map(() => 0);
  let hits = 0;
  const startedAt = performance.now();
  for (const surface of SURFACES) {
    const scale = yardstick(surface);
    const runs = Array.from({ length: seeds }, (_, seed) =>
      recommendedCosts(surface, createSampler(name!, options, { startupTrials: null }), seed, checkpoints),
    );
    const medians = checkpoints.map((_, i) => medianOf(runs.map((run) => regret(scale, run[i]!))));
    hits += runs.filter((run) => run[2]! <= 1.05 * scale.optimum).length;
    medians.forEach((value, i) => (logs[i]! += Math.log(Math.max(value, 1e-3)) / SURFACES.length));
    console.log(`  ${surface.name.padEnd(10)}`, medians.map((value) => value.toFixed(3)).join('  '));
  }
  const share = ((100 * hits) / (seeds * SURFACES.length)).toFixed(0);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(contender, logs.map((value) => Math.exp(value).toFixed(3)).join('  '), `within 5 % @30: ${share} %, ${seconds} s`);
}
