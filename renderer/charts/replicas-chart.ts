import { counted, formatCores, formatCount, formatMemory, formatPercent } from '../../main/domain/format.ts';
import { servingConfiguration } from '../../main/domain/serving-configuration.ts';
import { countAxis, linearAxis } from './axis.ts';
import { NO_RUG, type ChartValue, type Panel, type Point } from './chart-value.ts';
import type { Study } from '../../main/domain/study.ts';
import type { Trial } from '../../main/domain/trial.ts';

const HALF_BAR = 0.36;

/** CPU, memory and throttling of each replica of one trial, with the limits it had. */
export function replicasChart(study: Study, trial: Trial): ChartValue {
  const replicas = trial.measurement?.replicas ?? [];
  const limits = servingConfiguration(study.spec, trial.configuration);
  const rows = [
    { title: 'CPU in use', unit: 'cores', limit: limits.cpuCores, of: replicas.map(({ cpuCores }) => cpuCores) },
    { title: 'Peak memory', unit: 'MB', limit: limits.memoryMb, of: replicas.map(({ memoryMb }) => memoryMb) },
    { title: 'Throttled', unit: '% of periods', limit: null, of: replicas.map(({ throttledShare }) => (throttledShare === null ? null : throttledShare * 100)) },
  ];
  const missing = rows.filter(({ of }) => of.every((value) => value === null)).map(({ title }) => title.replace(/^[PT]/, (letter) => letter.toLowerCase()));
  const x = countAxis('Replica', 1, Math.max(replicas.length, 1));
  return {
    id: `replicas-trial-${trial.number}`,
    title: `Replicas of trial ${trial.number}`,
    finding: replicas.length === 0 ? '' : missing.length > 0 ? `not observed: ${missing.join(', ')}` : `${counted(replicas.length, 'replica')}, each up to ${formatCores(limits.cpuCores)} and ${formatMemory(limits.memoryMb)}`,
    name: `CPU, memory and throttling of the ${replicas.length} replicas of trial ${trial.number}.`,
    x: { ...x, min: 0.5, max: Math.max(replicas.length, 1) + 0.5, ticks: x.ticks.filter(({ value }) => value <= Math.max(replicas.length, 1)) },
    panels: rows.map(({ title, unit, limit, of }): Panel => {
      const seen = of.flatMap((value, i) => (value === null ? [] : [{ x: i + 1, y: value, index: i }]));
      const y = linearAxis({ label: seen.length === 0 ? 'not observed' : '', unit, values: [0, ...seen.map((mark) => mark.y), ...(limit === null ? [] : [limit])], fromZero: true });
      return {
        title, y, weight: 1, rug: NO_RUG,
        series: seen.length === 0 ? [] : [
          { kind: 'band', role: 'neutral', label: title, low: outline(seen, true), high: outline(seen, false), opacity: 0.45 },
          { kind: 'points', role: 'neutral', label: title, marks: seen, size: 'dot', hollow: false },
        ],
        annotations: limit === null ? [] : [{ kind: 'horizontal', y: limit, role: 'baseline', dashed: true, text: `limit ${title === 'CPU in use' ? formatCores(limit) : formatMemory(limit)}`, at: 'end' }],
      };
    }),
    describe: ({ index }) => {
      const { cpuCores, memoryMb, throttledShare, requests } = replicas[index]!;
      return {
        title: `Replica ${index + 1} of trial ${trial.number}`,
        lines: [
          `${formatCount(requests)} requests`, cpuCores === null ? 'CPU not observed' : `${formatCores(cpuCores)} in use`, memoryMb === null ? 'memory not observed' : `${formatMemory(memoryMb)} at its peak`,
          ...(throttledShare === null ? [] : [`stopped by its CPU limit in ${formatPercent(throttledShare * 100)} of the periods`]),
        ],
        formula: [],
      };
    },
    table: () => ({
      head: ['Replica', 'Requests', 'CPU in use (cores)', 'CPU limit (cores)', 'Peak memory (MB)', 'Memory limit (MB)', 'Throttled (% of periods)'],
      rows: replicas.map(({ requests, cpuCores, memoryMb, throttledShare }, i) => [i + 1, requests, cpuCores, limits.cpuCores, memoryMb, limits.memoryMb, throttledShare === null ? null : throttledShare * 100]),
    }),
  };
}

/** A bar a replica, with nothing between; `foot`: the line they stand on. */
function outline(marks: readonly Point[], foot: boolean): readonly Point[] {
  return marks.flatMap(({ x, y }) => [{ x: x - HALF_BAR, y: 0 }, { x: x - HALF_BAR, y: foot ? 0 : y }, { x: x + HALF_BAR, y: foot ? 0 : y }, { x: x + HALF_BAR, y: 0 }]);
}
