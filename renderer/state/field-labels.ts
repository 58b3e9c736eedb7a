import { KNOBS, isKnobName } from '../../main/domain/knobs.ts';
import { BALANCING_PARAMETER, type StudySpec } from '../../main/domain/study-spec.ts';

const LABELS: Readonly<Record<string, string>> = {
  name: 'Name', 'backend.engines': 'Engines', 'backend.placement': 'Only on nodes with', 'backend.gpusPerReplica': 'GPUs per replica', 'backend.gpuResource': 'Called', 'backend.machines': 'Machines at once', 'backend.loadFrom': 'Load generator', 'model.modelPath': 'Your model', 'model.dataPath': 'Your data', 'backend.modelFolder': 'Your model', 'environment.concurrency': 'Concurrent requests', 'environment.requestBatchSize': 'Items per request',
  'environment.network.delayMs': 'Delay', 'environment.network.jitterMs': 'Jitter',
  'environment.network.lossPercent': 'Loss', 'environment.network.resetPercent': 'Resets',
  'measurement.requests.count': 'Requests per trial', 'measurement.requests.halfWidthPercent': 'Half-width',
  'measurement.requests.atMost': 'Requests at most', 'measurement.excludeFirst': 'Leave out first', 'measurement.timeoutMs': 'Give up after (s)',
  'measurement.readyTimeoutMs': 'Ready within (s)', 'measurement.loadModel.ratePerS': 'Rate', 'measurement.loadModel.fromPerS': 'Rate from', 'measurement.loadModel.toPerS': 'Rate to',
  'measurement.loadModel.pauseMs': 'Pause between', 'measurement.sloMs': 'Good up to (ms)', 'measurement.threads': 'Sending threads', 'sampler.startupTrials': 'Random first', 'sampler.xi': 'Margin', 'budget.trials': 'Trials',
  'budget.timeLimitMinutes': 'Time limit', 'budget.stopBelowExpectedGain': 'Stop if gain <', seed: 'Seed', space: 'Search space',
};
/** Milliseconds of the spec that the form shows in seconds. */
const IN_SECONDS = new Set(['measurement.timeoutMs', 'measurement.readyTimeoutMs']);

/** How many of the spec's units one of the field's is. */
export function shownPer(path: string): number {
  return IN_SECONDS.has(path) ? 1000 : 1;
}

const PARTS: Readonly<Record<string, string>> = {
  low: 'Lowest', high: 'Highest', values: 'Values of', step: 'Step of', scale: 'Scale of', kind: 'Type of', name: 'Name of',
};

/** What the field at "space.1.low" is called on screen: "Lowest CPU per replica". */
export function fieldLabel(form: StudySpec, path: string): string {
  const known = LABELS[path];
  if (known) return known;
  const [section, index, part] = path.split('.');
  if (section === 'space' && index !== undefined) {
    const name = form.space[Number(index)]?.name ?? '';
    return `${PARTS[part ?? ''] ?? ''} ${knobLabel(name)}`.trim();
  }
  if (section === 'fixed' && index !== undefined) return knobLabel(index);
  if (section === 'objective') return path.endsWith('bound') ? 'Bound of a condition' : 'Objective';
  return path;
}

function knobLabel(name: string): string {
  if (name === BALANCING_PARAMETER) return 'Spread over replicas';
  return isKnobName(name) ? KNOBS[name].label : name;
}
