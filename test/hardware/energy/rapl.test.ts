import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { energyOf } from '../../../main/hardware/energy/hardware.ts';
import { microjoulesBetween, probeRapl, watchRapl } from '../../../main/hardware/energy/rapl.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'servescape-rapl-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function zone(id: string, name: string, energyUj: number | null, rangeUj = 1_000_000_000): void {
  const folder = join(root, id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'name'), `${name}\n`);
  writeFileSync(join(folder, 'max_energy_range_uj'), `${rangeUj}\n`);
  if (energyUj !== null) writeFileSync(join(folder, 'energy_uj'), `${energyUj}\n`);
}

describe('the processor’s energy counters', () => {
  it('add up packages and memory, and count nothing twice', () => {
    zone('intel-rapl:0', 'package-0', 5_000_000);
    zone('intel-rapl:0:0', 'core', 1_000_000);
    zone('intel-rapl:0:2', 'dram', 2_000_000);
    zone('intel-rapl:1', 'package-1', 7_000_000);
    zone('intel-rapl:2', 'psys', 90_000_000);
    const watch = watchRapl(root)!;
    zone('intel-rapl:0', 'package-0', 15_000_000);
    zone('intel-rapl:0:0', 'core', 9_000_000);
    zone('intel-rapl:0:2', 'dram', 3_000_000);
    zone('intel-rapl:1', 'package-1', 9_500_000);
    zone('intel-rapl:2', 'psys', 190_000_000);
    expect(watch.end()).toBeCloseTo(10 + 1 + 2.5, 9);
  });

  it('may start again at zero', () => {
    expect(microjoulesBetween(262_143_000_000, 1_000_000, 262_143_328_850)).toBe(1_328_850);
    zone('intel-rapl:0', 'package-0', 990, 1000);
    const watch = watchRapl(root)!;
    zone('intel-rapl:0', 'package-0', 40, 1000);
    expect(watch.end()).toBeCloseTo(50e-6, 12);
  });

  it('may be for the administrator only, or not there', () => {
    expect(probeRapl(join(root, 'nothing'))).toEqual({ kind: 'absent' });
    zone('intel-rapl:0', 'package-0', null);
    expect(probeRapl(root)).toEqual({ kind: 'forbidden' });
    expect(watchRapl(root)).toBeNull();
    zone('intel-rapl:0', 'package-0', 1);
    expect(probeRapl(root)).toEqual({ kind: 'readable', packages: 1 });
  });

  it('that vanish give no number', () => {
    zone('intel-rapl:0', 'package-0', 5);
    const watch = watchRapl(root)!;
    rmSync(join(root, 'intel-rapl:0', 'energy_uj'));
    expect(watch.end()).toBeNull();
  });
});

describe('the source of an energy', () => {
  it.each([
    [10, 5, 'processor-and-gpu', 15],
    [10, null, 'processor', 10],
    [null, 5, 'gpu', 5],
    [null, null, 'none', null],
  ] as const)('processor %s, GPU %s', (processorJ, gpuJ, source, joules) => {
    expect(energyOf(processorJ, { joules: gpuJ })).toEqual({ source, joules });
  });
});
