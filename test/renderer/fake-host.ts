import mnist from '../../resources/templates/mnist.json' with { type: 'json' };
import { preferencesSchema } from '../../main/contract/preferences.ts';
import { connectInMemory } from '../../main/contract/connection.ts';
import { feasibilityRules } from '../../main/domain/feasibility.ts';
import { createRandom } from '../../main/domain/random.ts';
import { sampleUniform } from '../../main/domain/search-space.ts';
import { studySpecSchema, type StudySpec } from '../../main/domain/study-spec.ts';
import { applyStudyEvent, type Study } from '../../main/domain/study.ts';
import { mountServices } from '../../main/host/router.ts';
import { planStudy } from '../../main/study/plan.ts';
import { fakeServices } from '../host/fake-services.ts';
import type { Connection } from '../../main/contract/connection.ts';
import type { AppInfo, PreflightReport, ProjectInfo, RecentFile, StudyUpdate } from '../../main/contract/values.ts';
import type { Services } from '../../main/contract/services.ts';
import type { StudyEvent } from '../../main/domain/study-event.ts';

const AT = '2026-11-21T10:42:00.000Z';

export function templateSpec(): StudySpec {
  return studySpecSchema.parse(mnist);
}

export const APP_INFO: AppInfo = {
  version: '0.1.0', host: 'browser', platform: 'linux', nativeDialogs: false, notices: [], preferences: preferencesSchema.parse({ theme: 'light' }),
  versions: { Node: '24.21.0' }, logFolder: '/home/ada/.local/share/servescape/logs',
};

export const PREFLIGHT: PreflightReport = {
  summary: 'Ready for studies with the built-in server. One thing to look at, it does not stop you.',
  items: [
    { id: 'server', label: 'Built-in server', state: 'ok', fact: 'ready', fix: '' },
    { id: 'docker', label: 'Docker', state: 'warn', fact: 'installed, not running', fix: 'Start Docker Desktop, or use the built-in server.' },
    { id: 'gpu', label: 'GPU', state: 'absent', fact: 'none found; clock is off', fix: 'No NVIDIA GPU was found. Studies run on the processor; nothing else changes.' },
    { id: 'processor', label: 'Processor', state: 'ok', fact: '8 cores, 7 for replicas', fix: '' },
    { id: 'memory', label: 'Memory', state: 'ok', fact: '32 GB, 27.4 GB free', fix: '' },
    { id: 'background', label: 'Background load', state: 'ok', fact: '4 %', fix: '' },
    { id: 'power', label: 'Power plan', state: 'absent', fact: 'cannot be read here', fix: '' },
  ],
};

export interface FakeHost {
  readonly connect: () => Promise<Connection>;
  /** Every call in order: method and parameters. */
  readonly calls: { readonly method: string; readonly params: unknown }[];
  readonly study: () => Study;
  /** Commits an event and tells the watchers; `skip` loses the message on the way. */
  readonly emit: (event: StudyEvent, options?: { readonly skip?: boolean }) => void;
  readonly live: (update: Extract<StudyUpdate, { kind: 'live' }>) => void;
  readonly watches: () => number;
  recent: RecentFile[];
  project: ProjectInfo;
}

/** A host with one project of one study, kept in memory, behind the real router. */
export function createFakeHost(options: { readonly spec?: StudySpec; readonly overrides?: Partial<Services> } = {}): FakeHost {
  const spec = options.spec ?? templateSpec();
  let study = applyStudyEvent(null, { kind: 'study-created', at: AT, studyId: 's1', spec });
  let seq = 1;
  let watches = 0;
  const sinks = new Set<(update: StudyUpdate) => void>();
  const calls: { method: string; params: unknown }[] = [];
  const host: FakeHost = {
    calls,
    study: () => study,
    watches: () => watches,
    recent: [],
    project: {
      projectId: 'p1', name: 'mnist-lab', path: '/home/ada/mnist-lab.servescape', draft: true, readOnly: null, recovered: [], asks: [],
      studies: [{ id: 's1', name: spec.name, state: 'draft', trials: 0 }],
    },
    emit: (event, { skip = false } = {}) => {
      study = applyStudyEvent(study, event);
      seq++;
      if (!skip) for (const tell of sinks) tell({ kind: 'event', numbered: { seq, event } });
    },
    live: (update) => {
      for (const tell of sinks) tell(update);
    },
    connect: async () => {
      const [near, far] = connectInMemory();
      mountServices(recorded(services, calls), far);
      return near;
    },
  };
  const capacity = { cores: 7, memoryMb: 27_852 };
  const services: Services = fakeServices({
    'sweep.list': async () => [],
    'app.info': async () => APP_INFO,
    'preflight.check': async () => PREFLIGHT,
    'templates.list': async () => [
      { id: 'mnist', title: 'Digits', text: 'MNIST images, small convolutional network', facts: '5 parameters · 50 trials · about 5 min', icon: 'digits', spec },
      { id: 'simulated', title: 'Simulated lab', text: 'The same study in virtual time, repeatable from its seed. For a class or a quick look', facts: 'a few seconds', icon: 'clock', spec },
    ],
    'recent.list': async () => host.recent,
    'recent.remove': async ({ path }) => (host.recent = host.recent.filter((file) => file.path !== path)),
    'files.list': async ({ folder }) => ({
      folder: folder ?? '/home/ada', parent: folder === '/home/ada/lab' ? '/home/ada' : null,
      entries: [
        { name: 'lab', path: '/home/ada/lab', kind: 'folder', at: AT, bytes: 4096 },
        { name: 'mnist-lab.servescape', path: '/home/ada/mnist-lab.servescape', kind: 'file', at: AT, bytes: 4096 },
      ],
      others: 0,
    }),
    'project.create': async () => host.project,
    'project.open': async () => host.project,
    'project.info': async () => host.project,
    'project.saveAs': async ({ path }) => (host.project = { ...host.project, path, draft: false }),
    'study.update': async ({ spec: next }) => {
      host.emit({ kind: 'spec-changed', at: AT, spec: next });
      return null;
    },
    'study.plan': async ({ spec: planned }) => {
      const rules = feasibilityRules(planned, { capacity });
      const random = createRandom(planned.seed).split('first');
      const first = Array.from({ length: 25 }, () => sampleUniform(planned.space, random));
      return { ...planStudy(planned, capacity, [], first), rules: planStudy(planned, capacity, [], first).rules.slice(0, rules.length) };
    },
    'study.watch': (_params, sink, signal) => {
      watches++;
      const tell = (update: StudyUpdate): void => sink.item(update);
      sink.item({ kind: 'snapshot', seq, study });
      sinks.add(tell);
      signal.addEventListener('abort', () => sinks.delete(tell), { once: true });
    },
    ...options.overrides,
  });
  return host;
}

function recorded(services: Services, calls: { method: string; params: unknown }[]): Services {
  return Object.fromEntries(
    Object.entries(services).map(([method, handler]) => [
      method,
      (...args: unknown[]) => {
        calls.push({ method, params: args[0] });
        return (handler as (...args: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as Services;
}
