import { parentPort } from 'node:worker_threads';
import { errorData } from '../../domain/errors.ts';
import { explainStudy } from '../study-explanation.ts';
import { predictForStudy, suggestForStudy } from '../study-sampler.ts';
import { sliceForStudy } from '../study-slice.ts';
import { surfaceForStudy } from '../study-surface.ts';
import type { SamplerAnswer, SamplerCall, SamplerQuestion, SamplerReply } from './messages.ts';

/** Entry of the worker thread: answers one question at a time. */
parentPort!.on('message', ({ id, call }: SamplerQuestion) => {
  parentPort!.postMessage(reply(id, call));
});

function reply(id: number, call: SamplerCall): SamplerReply {
  try {
    return { id, kind: 'answer', answer: answerTo(call) };
  } catch (error) {
    return { id, kind: 'refusal', error: errorData(error) };
  }
}

function answerTo(call: SamplerCall): SamplerAnswer {
  const { study, capacity, earlier = [] } = call;
  switch (call.kind) {
    case 'ask':
      return suggestForStudy(study, capacity, { earlier });
    case 'slice':
      return sliceForStudy(study, capacity, call.parameter, call.at, { earlier });
    case 'surface':
      return surfaceForStudy(study, capacity, call.parameters, call.at, { earlier });
    case 'predict':
      return predictForStudy(study, capacity, call.configuration, { earlier });
    case 'explain':
      return explainStudy(study, capacity, { earlier });
  }
}
