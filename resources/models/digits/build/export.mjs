import { writeFileSync } from 'node:fs';
export async function writeModel({ weights, facts }) {
  const out = { facts };
  for (const [n, { kernel, bias }] of Object.entries(weights)) out[n] = { shape: kernel.shape, kernel: [...kernel.dataSync()], bias: [...bias.dataSync()] };
  writeFileSync('/tmp/digits-weights.json', JSON.stringify(out));
}
