import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCards } from '../../../main/hardware/gpu/cards.ts';
import { csvBits, csvNumber, csvText, unknownField } from '../../../main/hardware/gpu/csv.ts';
import { judgeClockCall } from '../../../main/hardware/gpu/refusals.ts';
import { chooseMemory, parsePairs } from '../../../main/hardware/gpu/supported-clocks.ts';
import { parseSmiXml } from '../../../main/hardware/gpu/xml.ts';
import { administratorLine, permissionHint, type Surroundings } from '../../../main/hardware/gpu/surroundings.ts';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

describe('cards', () => {
  it('of a data centre tell everything', () => {
    expect(parseCards(fixture('data-centre-550.csv'))).toEqual([{
      index: 0, name: 'NVIDIA A100-SXM4-80GB', busId: '00000000:07:00.0', driver: '550.54.15', mig: false, smClockMhz: 1155, maxSmClockMhz: 1410,
      application: { memoryMhz: 1593, graphicsMhz: 1410 }, defaultApplication: { memoryMhz: 1593, graphicsMhz: 1410 }, powerW: 68.43, temperatureC: 33,
    }]);
  });

  it.each([
    ['geforce-535.csv', { application: null, mig: false, powerW: 27.31 }],
    ['laptop-525.csv', { application: null, powerW: null, temperatureC: null, smClockMhz: 0 }],
    ['new-610.csv', { application: null, defaultApplication: null, powerW: 17.02 }],
  ])('%s: what is not told is null', (name, expected) => {
    expect(parseCards(fixture(name))).toMatchObject([expected]);
  });

  it('may be several, one of them divided', () => {
    expect(parseCards(fixture('two-cards-mig-550.csv')).map(({ index, mig, application }) => [index, mig, application?.graphicsMhz])).toEqual([[0, true, 1440], [1, false, 930]]);
  });

  it('of an old GeForce (GTX 770) say “Not Supported” to nearly everything', () => {
    const row = '0, GeForce GTX 770, 00000000:01:00.0, 388.13, [Not Supported], [Not Supported], [Not Supported], [Not Supported], [Not Supported], [Not Supported], [Not Supported], [Not Supported], 52';
    expect(parseCards(row)).toEqual([{
      index: 0, name: 'GeForce GTX 770', busId: '00000000:01:00.0', driver: '388.13', mig: false, smClockMhz: null, maxSmClockMhz: null,
      application: null, defaultApplication: null, powerW: null, temperatureC: 52,
    }]);
  });

  it('are still told when another one has fallen off the bus', () => {
    const text = `Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error\n${fixture('data-centre-550.csv')}`;
    expect(parseCards(text).map(({ index }) => index)).toEqual([0]);
  });

  it('may be none, and a line that is none is left out', () => {
    expect(parseCards('No devices were found\n')).toEqual([]);
    expect(parseCards('<html>\n')).toEqual([]);
  });
});

describe('supported clocks', () => {
  it('are pairs; the memory clock the card uses by itself is taken', () => {
    const pairs = parsePairs(fixture('supported-geforce.csv'));
    expect(pairs).toHaveLength(11);
    expect(chooseMemory({ application: null, defaultApplication: null }, pairs)).toEqual({ memoryMhz: 9501, graphicsMhz: [2100, 2085, 1200, 210] });
    expect(chooseMemory({ application: null, defaultApplication: { memoryMhz: 405, graphicsMhz: 420 } }, pairs)).toEqual({ memoryMhz: 405, graphicsMhz: [420, 405, 210] });
  });

  it('may not be told', () => {
    expect(parsePairs(fixture('supported-none.csv'))).toEqual([]);
    expect(parsePairs('Supported Clocks : N/A')).toEqual([]);
  });
});

describe('the whole report', () => {
  it('schema v11', () => {
    expect(parseSmiXml(fixture('report-v11.xml'))).toEqual({
      driver: '470.161.03',
      gpus: [{
        busId: '00000000:02:00.0', name: 'Tesla K80', mig: false, smClockMhz: 324, application: { memoryMhz: 2505, graphicsMhz: 875 },
        defaultApplication: { memoryMhz: 2505, graphicsMhz: 562 },
        supportedClocks: [{ memoryMhz: 2505, graphicsMhz: 875 }, { memoryMhz: 2505, graphicsMhz: 562 }, { memoryMhz: 324, graphicsMhz: 324 }],
      }],
    });
  });

  it('schema v12, with what a new driver has given up', () => {
    const { gpus } = parseSmiXml(fixture('report-v12.xml'));
    expect(gpus.map(({ mig, application, supportedClocks }) => [mig, application, supportedClocks.length])).toEqual([[true, null, 0], [false, null, 1]]);
  });
});

describe('values', () => {
  it.each(['[N/A]', 'N/A', '[Not Supported]', '[Unknown Error]', '[GPU requires reset]', '[Insufficient Permissions]', '', undefined])('%s is not told', (field) => {
    expect([csvText(field), csvNumber(field), csvBits(field)]).toEqual([null, null, null]);
  });

  it('come with and without units', () => {
    expect([csvNumber('345.12 W'), csvNumber('1980 MHz'), csvNumber('0'), csvNumber('-3')]).toEqual([345.12, 1980, 0, -3]);
    expect(csvBits('0x0000000000000004')).toBe(4n);
  });

  it('an unknown field is named', () => {
    expect(unknownField('Field "clocks_event_reasons.active" is not a valid field to query.')).toBe('clocks_event_reasons.active');
    expect(unknownField('No devices were found')).toBeNull();
  });
});

describe('a call that sets or resets', () => {
  it.each([
    ['done', 0, 'Applications clocks set to "(MEM 2505, SM 875)" for GPU 00000000:00:04.0\nAll done.'],
    ['done', 0, 'GPU clocks set to "(gpuClkMin 1000, gpuClkMax 1000)" for GPU 00000000:07:00.0\n\nWarning: persistence mode is disabled on device 00000000:07:00.0.\nAll done.'],
    ['done', 0, 'All done.'],
    ['permission', 4, 'The current user does not have permission to change clocks for GPU 00000000:01:00.0.\nTerminating early due to previous errors.'],
    ['permission', 1, 'sudo: a password is required'],
    ['permission', 4, ''],
    // Without -eow a refusal leaves with 0.
    ['unsupported', 0, 'Setting applications clocks is not supported for GPU 00000000:01:00.0.\nTreating as warning and moving on.\nAll done.'],
    ['unsupported', 255, 'Setting locked GPU clocks is not supported for GPU 00000000:05:00.0.\nTreating as warning and moving on.\nAll done.'],
    ['illegal', 0, 'Specified clock combination "(MEM 715, SM 111)" is not supported for GPU 00000002:01:00.0. Run \'nvidia-smi -q -d SUPPORTED_CLOCKS\' to see list of supported clock combinations\nTreating as warning and moving on.'],
    ['deprecated', 0, 'The requested functionality has been deprecated.'],
    ['unsupported', 3, ''],
    ['other', 15, 'Unable to determine the device handle for GPU0000:01:00.0: GPU is lost.'],
    // As public reports give them, by card and driver. GTX 1060, 580.178.04: all three ways, each leaving with 0.
    ['unsupported', 0, 'Setting locked GPU clocks is not supported for GPU 00000000:01:00.0.\nTreating as warning and moving on.\nAll done.'],
    // A100, 565.57.01, on a shared cluster; RTX 4090 in an unprivileged container; WSL 2.
    ['permission', 4, 'The current user does not have permission to change clocks for GPU 00000000:C1:00.0.\nTerminating early due to previous errors.'],
    ['permission', 4, 'The current user does not have permission to change clocks for GPU 00000000:01:00.\nTerminating early due to previous errors.'],
    // Windows, 610.88: -ac is gone, -lgc wants an administrator.
    ['deprecated', 0, 'The requested functionality has been deprecated.\n'],
    // H100: no "All done." behind it.
    ['done', 0, 'GPU clocks set to "(gpuClkMin 1000, gpuClkMax 1000)" for GPU 00000000:07:00.0'],
    // Two cards, one of them off the bus, 610.57.04.
    ['other', 255, 'Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error'],
  ] as const)('%s (%i)', (kind, exitCode, text) => {
    expect(judgeClockCall({ kind: 'done', exitCode, text, stdout: text }).kind).toBe(kind);
  });
});

describe('what an administrator can do', () => {
  const desk: Surroundings = { platform: 'linux', container: false, wsl: false, user: 'ada', program: '/usr/bin/nvidia-smi' };

  it('is one line on Linux', () => {
    expect(administratorLine(desk)).toBe(
      "echo 'ada ALL=(root) NOPASSWD: /usr/bin/nvidia-smi -i * -ac*, /usr/bin/nvidia-smi -i * -rac*, /usr/bin/nvidia-smi -i * -lgc*, /usr/bin/nvidia-smi -i * -rgc*' | sudo tee /etc/sudoers.d/servescape-gpu-clocks",
    );
  });

  it('is something else where no command helps', () => {
    expect(permissionHint({ ...desk, container: true })).toMatch(/A container may not set clocks/);
    expect(permissionHint({ ...desk, wsl: true })).toMatch(/Under WSL/);
    expect(permissionHint({ ...desk, platform: 'win32' })).toMatch(/as administrator/);
  });
});
