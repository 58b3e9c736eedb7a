import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGpus, queryNvidiaSmi } from '../../../main/hardware/gpu/find-gpus.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'servescape-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An executable in nvidia-smi's place that notes how it was called. */
function standIn(output: string, exitCode = 0): string {
  const path = join(folder, 'nvidia-smi');
  writeFileSync(join(folder, 'output'), output);
  writeFileSync(path, `#!/bin/sh\nfor a in "$@"; do echo "$a" >> ${folder}/arguments; done\ncat ${folder}/output\nexit ${exitCode}\n`, { mode: 0o755 });
  return path;
}

describe('asking nvidia-smi', () => {
  it('asks for name, memory and driver and nothing else', async () => {
    const answer = await queryNvidiaSmi(standIn('NVIDIA GeForce RTX 3080, 10240, 535.129.03\n'));
    expect(answer).toEqual({ kind: 'found', gpus: [{ name: 'NVIDIA GeForce RTX 3080', memoryMb: 10240, driver: '535.129.03' }] });
    expect(readFileSync(join(folder, 'arguments'), 'utf8').trim().split('\n'))
      .toEqual(['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits']);
  });

  it('says absent where it is not installed', async () => {
    expect(await queryNvidiaSmi(join(folder, 'nothing-here'))).toEqual({ kind: 'absent' });
  });

  it('explains the exit codes of the manual', async () => {
    expect(await queryNvidiaSmi(standIn('NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.', 9)))
      .toEqual({ kind: 'failed', reason: 'the NVIDIA driver is not loaded' });
    expect(await queryNvidiaSmi(standIn('Something new happened', 77))).toEqual({ kind: 'failed', reason: 'Something new happened' });
  });
});

describe('its answer', () => {
  it('may name several cards, and memory may be unknown', () => {
    expect(parseGpus('Tesla K80, 11441, 470.57\nGraphics Device, [N/A], 470.57\n')).toEqual({
      kind: 'found',
      gpus: [{ name: 'Tesla K80', memoryMb: 11441, driver: '470.57' }, { name: 'Graphics Device', memoryMb: 0, driver: '470.57' }],
    });
  });

  it('may say that there is no card', () => {
    expect(parseGpus('No devices were found\n')).toEqual({ kind: 'absent' });
    expect(parseGpus('\n')).toEqual({ kind: 'absent' });
  });

  it('is not believed when it is something else', () => {
    expect(parseGpus('<html>')).toMatchObject({ kind: 'failed' });
  });
});
