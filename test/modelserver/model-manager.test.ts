import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ModelManager } from '../../main/modelserver/model-manager.ts';
import type { Servable } from '../../main/modelserver/servable.ts';
import { writeEchoModel } from './tiny-onnx.ts';

const basePath = mkdtempSync(join(tmpdir(), 'servescape-manager-'));
afterEach(() => { rmSync(basePath, { recursive: true, force: true }); });

it('goes through TensorFlow Serving’s states, newest version last, old one unloaded after', async () => {
  const x = [{ name: 'x', dtype: 'DT_FLOAT', shape: [-1] }] as const;
  writeEchoModel(basePath, 1, x);
  const seen: string[] = [];
  const lines: string[] = [];
  const unloaded: number[] = [];
  const states = (): string => manager.statuses('m', undefined).map(({ version, state }) => `${version} ${state}`).join(', ');
  const manager: ModelManager = new ModelManager({
    modelName: 'm', basePath, loadRetries: 0, retryIntervalMs: 0, pollMs: 1, log: (line) => lines.push(line),
    load: ({ version }) => {
      seen.push(states());
      return Promise.resolve({ version, unload: () => { unloaded.push(version); seen.push(states()); } } as unknown as Servable);
    },
  });
  await manager.start();
  expect(manager.servable('m', undefined).version).toBe(1);
  writeEchoModel(basePath, 2, x);
  await expect.poll(states).toBe('2 AVAILABLE, 1 END');
  expect(seen).toEqual(['1 LOADING', '2 LOADING, 1 AVAILABLE', '2 AVAILABLE, 1 UNLOADING']);
  expect(unloaded).toEqual([1]);
  expect(manager.servable('m', 2).version).toBe(2);
  expect(() => manager.servable('m', 1)).toThrowError('Servable not found for request: Specific(m, 1)');
  expect(lines).toContain('Successfully loaded servable version {name: m version: 2}');
});

it('tries again as often as it is told, then says why it gave up', async () => {
  writeEchoModel(basePath, 1, [{ name: 'x', dtype: 'DT_FLOAT', shape: [-1] }]);
  let attempts = 0;
  const manager = new ModelManager({
    modelName: 'm', basePath, loadRetries: 2, retryIntervalMs: 0, pollMs: 0, log: () => undefined,
    load: () => { attempts += 1; return Promise.reject(new Error('broken weights')); },
  });
  await expect(manager.start()).rejects.toThrowError('broken weights');
  expect(attempts).toBe(3);
  expect(manager.statuses('m', 1)).toEqual([{ version: 1, state: 'END', error: 'broken weights' }]);
});
