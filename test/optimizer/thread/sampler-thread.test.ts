import { afterEach, describe, expect, it } from 'vitest';
import { SamplerThread } from '../../../main/optimizer/thread/sampler-thread.ts';
import { suggestForStudy } from '../../../main/optimizer/study-sampler.ts';
import { sliceForStudy } from '../../../main/optimizer/study-slice.ts';
import { ServescapeError } from '../../../main/domain/errors.ts';
import { CAPACITY, complete, studyOf, studySpec } from '../studies.ts';

const ENTRY = new URL('../../../main/optimizer/thread/sampler-worker.ts', import.meta.url);
const asEntry = (source: string): URL => new URL(`data:text/javascript,${encodeURIComponent(source)}`);
const never = new AbortController().signal;

const configuration = { replicas: 2, cpuCores: 1, memoryMb: 256 };
const study = studyOf(studySpec({ sampler: { kind: 'bayes', startupTrials: 2 } }), [
  { configuration, outcome: complete(20) },
  { configuration: { ...configuration, replicas: 4 }, outcome: complete(12) },
  { configuration: { ...configuration, cpuCores: 2 }, outcome: complete(15) },
]);

const open: SamplerThread[] = [];
function start(entry: URL): SamplerThread {
  const thread = new SamplerThread(entry);
  open.push(thread);
  return thread;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((thread) => thread.close()));
});

describe('sampler thread', () => {
  it('answers as the sampler itself would', async () => {
    const thread = start(ENTRY);
    expect(await thread.ask(study, CAPACITY, never)).toEqual(suggestForStudy(study, CAPACITY));
    const slice = await thread.slice(study, CAPACITY, 'replicas', configuration);
    expect(slice).toEqual(sliceForStudy(study, CAPACITY, 'replicas', configuration));
  });

  it('hands refusals back with their code', async () => {
    const refused = start(ENTRY).slice(study, CAPACITY, 'gpuClockMhz', configuration);
    await expect(refused).rejects.toBeInstanceOf(ServescapeError);
    await expect(refused).rejects.toMatchObject({ code: 'bad-input', details: { field: 'parameter' } });
  });

  it('stops at once on abort, with the signal’s reason, though the thread is deaf', async () => {
    const thread = start(asEntry('for (;;);'));
    const controller = new AbortController();
    const asked = thread.ask(study, CAPACITY, controller.signal);
    const reason = new Error('stop was pressed');
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect(thread.ask(study, CAPACITY, controller.signal)).rejects.toBe(reason);
  });

  it('still answers the others after an abort, and the next question', async () => {
    const thread = start(ENTRY);
    const controller = new AbortController();
    const aborted = thread.ask(study, CAPACITY, controller.signal);
    const other = thread.slice(study, CAPACITY, 'replicas', configuration);
    controller.abort(new Error('stop'));
    await expect(aborted).rejects.toThrowError('stop');
    expect((await other)!.positions).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await thread.ask(study, CAPACITY, never)).not.toBeNull();
  });

  it.each([
    ['throws', 'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { throw new Error("bug"); });'],
    ['exits', 'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(3));'],
  ])('says so when the thread %s, every time anew', async (_, source) => {
    const thread = start(asEntry(source));
    for (let round = 0; round < 2; round++) {
      await expect(thread.ask(study, CAPACITY, never)).rejects.toMatchObject({
        code: 'internal', message: expect.stringMatching(/bug|exit code 3/) as string,
      });
    }
  });

  it('refuses what is open when it is closed', async () => {
    const thread = new SamplerThread(asEntry('for (;;);'));
    const asked = thread.ask(study, CAPACITY, never);
    const refused = expect(asked).rejects.toMatchObject({ code: 'aborted' });
    await thread.close();
    await refused;
  });
});
