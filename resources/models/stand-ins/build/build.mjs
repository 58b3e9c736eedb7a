/** Writes all four stand-in models and their sample data. Same seed, same bytes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { discriminator, residual, speech, translator } from './networks.mjs';
import { integer, seededRandom } from './random.mjs';
import { cifarBatch, corpus, matFile, picture, utterance } from './samples.mjs';
import { ENGLISH, GERMAN } from './words.mjs';

const SEED = 23;
const resources = join(import.meta.dirname, '../../..');

const MODELS = {
  'gan-svhn': (random) => discriminator(random),
  'resnet-cifar10': (random) => residual(random),
  deepspeech: (random) => speech(random),
  opennmt: (random) => translator(random, [...ENGLISH, ...ENGLISH.filter((word) => /^[a-z]/.test(word)).map((word) => word[0].toUpperCase() + word.slice(1))], GERMAN),
};

for (const [name, build] of Object.entries(MODELS)) {
  const { model, inputs, outputs } = build(seededRandom(SEED));
  const folder = join(resources, 'models', name, '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), model);
  const named = (infos) => Object.fromEntries(Object.entries(infos).map(([key, info]) => [key, { tensorName: key, ...info }]));
  const signature = { methodName: 'tensorflow/serving/predict', inputs: named(inputs), outputs: named(outputs) };
  writeFileSync(join(folder, 'signature.json'), `${JSON.stringify({ signatures: { serving_default: signature } }, null, 2)}\n`);
  console.log(`${name}: ${(model.length / 1e6).toFixed(2)} MB`);
}

const random = seededRandom(SEED + 1);
const pictures = Array.from({ length: 300 }, () => picture(random));
const labels = pictures.map(() => integer(random, 0, 9));
write('gan-svhn', 'generated_32x32.mat', matFile(pictures, labels.map((label) => label || 10)));
write('resnet-cifar10', 'generated_batch.bin.gz', gzipSync(cifarBatch(pictures.map(() => picture(random)), labels), { level: 9 }));
write('opennmt', 'generated.en', corpus(random, 600));
for (let i = 1; i <= 40; i += 1) write('deepspeech', `generated-${String(i).padStart(2, '0')}.wav`, utterance(random));

function write(workload, name, bytes) {
  const folder = join(resources, 'data', workload);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
}
