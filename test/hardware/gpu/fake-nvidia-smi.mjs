#!/usr/bin/env node
/**
 * Stands in nvidia-smi's place: keeps its cards in state.json, notes every call in calls.jsonl, answers with the texts and
 * exit codes of the real program. FAKE_SMI names the folder; FAKE_SMI_ROOT=1 makes the caller the administrator (set by
 * the stand-in for sudo); FAKE_SMI_APP is the process that `killApp` ends.
 *
 * state.json: { cards: [...], permission: root|sudo|none, application: ok|unsupported|deprecated, locked: ok|unsupported,
 *   list: ok|none|hang|old, hang: set|query|null, delayMs, unknownFields: [...], killApp: { call, phase: before|after } | null }
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const folder = process.env.FAKE_SMI;
const statePath = join(folder, 'state.json');
const callsPath = join(folder, 'calls.jsonl');
const args = process.argv.slice(2);
const asRoot = process.env.FAKE_SMI_ROOT === '1';
const read = () => JSON.parse(readFileSync(statePath, 'utf8'));
const state = read();

appendFileSync(callsPath, `${JSON.stringify({ args, asRoot })}\n`);
const calls = readFileSync(callsPath, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line).args);

process.stdout.on('error', () => process.exit(0));
const after = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
const option = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const SETTING = ['-ac', '-rac', '-lgc', '-rgc'];
const settingCalls = calls.filter((call) => call.some((arg) => SETTING.includes(arg))).length;

const chosen = after('-i');
const cards = state.cards.filter(({ index, busId, uuid }) => chosen === undefined || [String(index), busId, uuid].includes(chosen));
if (cards.length === 0) leave(6, chosen === undefined ? 'No devices were found' : `No devices were found`);

if (args.some((arg) => SETTING.includes(arg))) await change();
else if (option('query-gpu') !== undefined) await query(option('query-gpu').split(','));
else if (option('query-supported-clocks') !== undefined) await list();
else if (args.includes('-q') && args.includes('-x')) report();
else leave(2, `Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.`);

function leave(code, ...lines) {
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exit(code);
}

function killAppAt(phase) {
  const { killApp } = state;
  if (killApp && killApp.call === settingCalls && killApp.phase === phase) process.kill(Number(process.env.FAKE_SMI_APP), 'SIGKILL');
}

async function change() {
  killAppAt('before');
  if (state.hang === 'set' && (args.includes('-ac') || args.includes('-lgc'))) await pause(3_600_000);
  // The app is gone; what it asked for happens later all the same: at the worst moment, right after somebody has set the clock back.
  if (state.killApp?.call === settingCalls && state.killApp.phase === 'before') {
    const countCalls = () => readFileSync(callsPath, 'utf8').trimEnd().split('\n').length;
    for (let waitedMs = 0; waitedMs < (state.delayMs ?? 0) && countCalls() < calls.length + 2; waitedMs += 20) await pause(20);
  }
  const allowed = state.permission === 'root' || (state.permission === 'sudo' && asRoot);
  const lines = [];
  let warned = false;
  for (const card of cards) {
    const warn = (text) => {
      lines.push(text, 'Treating as warning and moving on.');
      warned = true;
    };
    const application = args.includes('-ac') || args.includes('-rac');
    const support = application ? state.application : state.locked;
    if (application && support === 'deprecated') leave(args.includes('-eow') ? 255 : 0, 'The requested functionality has been deprecated.');
    if (support === 'unsupported') {
      warn(application ? `Setting applications clocks is not supported for GPU ${card.busId}.` : `Setting locked GPU clocks is not supported for GPU ${card.busId}.`);
      continue;
    }
    if (!allowed) leave(4, `The current user does not have permission to change clocks for GPU ${card.busId}.`, 'Terminating early due to previous errors.');
    if (args.includes('-ac')) {
      const [memory, graphics] = after('-ac').split(',').map(Number);
      if (!card.pairs.some(([m, g]) => m === memory && g === graphics)) {
        warn(`Specified clock combination "(MEM ${memory}, SM ${graphics})" is not supported for GPU ${card.busId}. Run 'nvidia-smi -q -d SUPPORTED_CLOCKS' to see list of supported clock combinations`);
        continue;
      }
      card.application = [memory, graphics];
      lines.push(`Applications clocks set to "(MEM ${memory}, SM ${graphics})" for GPU ${card.busId}`);
    } else if (args.includes('-rac')) {
      card.application = card.usual;
    } else if (args.includes('-lgc')) {
      const [low, high = low] = after('-lgc').split(',').map(Number);
      card.locked = [low, high];
      lines.push(`GPU clocks set to "(gpuClkMin ${low}, gpuClkMax ${high})" for GPU ${card.busId}`);
    } else card.locked = null;
  }
  const next = { ...read(), cards: read().cards.map((card) => cards.find(({ index }) => index === card.index) ?? card) };
  writeFileSync(`${statePath}.${process.pid}`, JSON.stringify(next));
  renameSync(`${statePath}.${process.pid}`, statePath);
  killAppAt('after');
  leave(warned && args.includes('-eow') ? 255 : 0, ...lines, 'All done.');
}

function clockOf(card, now) {
  return card.locked?.[1] ?? ((now.utilisation ?? 0) > 0 ? (card.application?.[1] ?? 1740) : 210);
}

async function query(fields) {
  if (state.hang === 'query') await pause(3_600_000);
  const unknown = fields.find((field) => (state.unknownFields ?? []).includes(field));
  if (unknown !== undefined) leave(2, `Field "${unknown}" is not a valid field to query.`);
  const every = Number(after('-lms') ?? 0);
  for (;;) {
    const now = read();
    const shown = now.cards.filter(({ index }) => cards.some((card) => card.index === index));
    process.stdout.write(`${shown.map((card) => fields.map((field) => valueOf(field, card, now)).join(', ')).join('\n')}\n`);
    if (every === 0) return;
    await pause(every);
  }
}

function valueOf(field, card, now) {
  const clock = clockOf(card, now);
  const told = (value) => (value === null || value === undefined ? '[N/A]' : String(value));
  const values = {
    index: card.index, name: card.name, uuid: card.uuid, 'pci.bus_id': card.busId, driver_version: now.driver ?? '550.54.15',
    'mig.mode.current': card.mig ? 'Enabled' : card.mig === false ? 'Disabled' : '[N/A]', 'memory.total': card.memoryMb ?? 24564, 'memory.used': card.usedMb ?? 812,
    'clocks.sm': clock, 'clocks.mem': card.application?.[0] ?? 9501, 'clocks.max.sm': told(card.pairs[0]?.[1]),
    'clocks.applications.memory': told(card.application?.[0]), 'clocks.applications.graphics': told(card.application?.[1]),
    'clocks.default_applications.memory': told(card.usual?.[0]), 'clocks.default_applications.graphics': told(card.usual?.[1]),
    'power.draw': told(card.powerW === null ? null : (card.powerW ?? (25 + 0.0001 * (now.utilisation ?? 0) * clock).toFixed(2))),
    'temperature.gpu': card.temperatureC ?? 41, 'utilization.gpu': now.utilisation ?? 0,
    'clocks_event_reasons.active': card.reasons ?? '0x0000000000000000', 'clocks_throttle_reasons.active': card.reasons ?? '0x0000000000000000',
  };
  if (!(field in values)) leave(2, `Field "${field}" is not a valid field to query.`);
  return values[field];
}

async function list() {
  if (state.list === 'hang') await pause(3_600_000);
  if (state.list === 'old') leave(2, 'Invalid combination of input arguments. Please run \'nvidia-smi -h\' for help.');
  if (state.list === 'none') leave(0, ...cards.map(() => '[N/A], [N/A]'));
  leave(0, ...cards.flatMap(({ pairs }) => pairs.map(([memory, graphics]) => `${memory}, ${graphics}`)));
}

function report() {
  const groups = (pairs) => [...new Set(pairs.map(([memory]) => memory))].map((memory) =>
    `<supported_mem_clock><value>${memory} MHz</value>${pairs.filter(([m]) => m === memory).map(([, g]) => `<supported_graphics_clock>${g} MHz</supported_graphics_clock>`).join('')}</supported_mem_clock>`).join('');
  leave(0, `<?xml version="1.0" ?>\n<nvidia_smi_log><driver_version>${state.driver ?? '550.54.15'}</driver_version>${cards.map((card) =>
    `<gpu id="${card.busId}"><product_name>${card.name}</product_name><supported_clocks>${state.list === 'none' ? 'N/A' : groups(card.pairs)}</supported_clocks></gpu>`).join('')}</nvidia_smi_log>`);
}
