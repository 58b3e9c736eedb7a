/** Records what this machine's nvidia-smi answers to the questions Servescape asks while it only reads. Usage: node record-fixtures.mjs NAME */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const name = process.argv[2];
if (!/^[\w.-]+$/.test(name ?? '')) throw new Error('Usage: node record-fixtures.mjs NAME, for example h200-570');
const CARD = 'index,name,pci.bus_id,driver_version,mig.mode.current,clocks.sm,clocks.max.sm,clocks.applications.memory,clocks.applications.graphics,clocks.default_applications.memory,clocks.default_applications.graphics,power.draw,temperature.gpu';
const SAMPLE = 'index,utilization.gpu,memory.used,power.draw,temperature.gpu,clocks.sm,clocks.mem,clocks_event_reasons.active';
const ask = (...args) => {
  try {
    return execFileSync('nvidia-smi', args, { timeout: 10_000, encoding: 'utf8' });
  } catch (error) {
    return `${error.stdout ?? ''}${error.stderr ?? ''}`;
  }
};
const scrub = (text) => text.replace(/GPU-[0-9a-f-]{36}/g, 'GPU-00000000-0000-0000-0000-000000000000');
for (const [what, fields] of [['', CARD], ['sample-', SAMPLE]]) {
  const path = new URL(`fixtures/${what}${name}.csv`, import.meta.url);
  writeFileSync(path, scrub(ask(`--query-gpu=${fields}`, '--format=csv,noheader,nounits')));
  console.log(path.pathname);
}
