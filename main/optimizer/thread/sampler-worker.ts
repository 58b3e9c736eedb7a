import { parentPort } from 'node:worker_threads';
import { errorData } from '../../domain/errors.ts';
import { sliceForStudy, suggestForStudy } from '../study-sampler.ts';
import type { SamplerCall, SamplerQuestion, SamplerReply } from './messages.ts';

/** Entry of the worker thread: answers one question at a time. */
parentPort!.on('message', ({ id, call }: SamplerQuestion) => {
  parentPort!.postMessage(reply(id, call));
});

function reply(id: number, call: SamplerCall): SamplerReply {
  try {
    const answer =
      call.kind === 'ask'
        ? suggestForStudy(call.study, call.capacity)
        : sliceForStudy(call.study, call.capacity, call.parameter, call.at);
    return { id, kind: 'answer', answer };
  } catch (error) {
    return { id, kind: 'refusal', error: errorData(error) };
  }
}
