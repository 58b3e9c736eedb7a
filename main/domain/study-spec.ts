import { z } from 'zod';
import { gpuClockListSchema } from './gpu.ts';
import { KNOBS, KNOB_NAMES, isKnobName, type KnobName } from './knobs.ts';
import { METRICS, metricNameSchema } from './metric.ts';
import { parameterSchema, type Parameter } from './parameter.ts';

/**
 * What a study is asked to do: the form the Design screen edits, the file the command line reads, one schema for both.
 * Configuration (search space and fixed values) is kept apart from the environment, which the system cannot choose.
 */
export const SPEC_VERSION = 1;

const knobNameSchema = z.enum(KNOB_NAMES);
export const backendKindSchema = z.enum(['local', 'docker', 'swarm', 'simulated']);
export type BackendKind = z.infer<typeof backendKindSchema>;

/** The bundled model server as an image; its tag is the program's version. */
export const BUNDLED_IMAGE = 'servescape/model-server';

/** The bundled server, a `tensorflow/serving` tag, or anything that is started and asked the same way. */
const imageSchema = z.string().trim().min(1).max(255).regex(/^[a-zA-Z0-9][\w./:@-]*$/, 'an image name such as tensorflow/serving:2.19.1').default(BUNDLED_IMAGE);
/** Folder with numbered versions of the model, on the machine that runs this program; null: the model that comes with it. */
const modelFolderSchema = z.string().trim().min(1).max(4096).nullable().default(null);

/** Which engine: "here", a Docker context, or an address. */
export const engineSchema = z.string().trim().min(1).max(300)
  .regex(/^((unix|npipe|ssh|tcp|http|https):\/\/\S+|[a-zA-Z0-9][\w.+-]*)$/, 'here, the name of a Docker context, or an address such as ssh://me@lab-2');
/** The engine of this machine, whatever DOCKER_HOST says. */
export const ENGINE_HERE = 'here';

/** Where requests come from: this machine, or a container on the engine (of a swarm: the first) the replicas run on. Left out: here. */
export const LOAD_PLACES = ['here', 'beside'] as const;
const loadFromSchema = z.enum(LOAD_PLACES).optional();

/** A study on several machines at once: refused when they are not equal, unless `accept` says otherwise. */
const unequalMachines = z.enum(['refuse', 'accept']).optional();

export const dockerBackendSchema = z.strictObject({
  kind: z.literal('docker'),
  image: imageSchema,
  modelFolder: modelFolderSchema,
  /** "none", "all" (every replica may use every card), or NVIDIA device numbers such as "0,1", dealt out to the replicas in turn. */
  gpus: z.string().regex(/^(none|all|\d+(,\d+)*)$/, 'none, all, or device numbers such as 0,1').default('none'),
  /** TensorFlow sizes its thread pools from the machine, not from the CPU limit; off reproduces that. */
  threadsFromCpu: z.boolean().default(true),
  /** Replicas keep off the last core, and the load generator keeps to it. */
  pinCores: z.boolean().default(false),
  /**
   * Engines other than the usual one: "here", the name of a Docker context, or an address (unix:, ssh:, tcp:). Several run
   * trials at the same time. Left out: the one DOCKER_HOST or the current context names.
   */
  engines: z.array(engineSchema).min(1).max(16).optional(),
  loadFrom: loadFromSchema,
  unequalMachines,
});
export type DockerBackend = z.infer<typeof dockerBackendSchema>;

/** Replicas as a service of a Docker swarm, on whichever of its nodes have room. */
export const swarmBackendSchema = z.strictObject({
  kind: z.literal('swarm'),
  image: imageSchema,
  modelFolder: modelFolderSchema,
  /** The first is a manager of the swarm (left out: the usual engine). More of its nodes let the program copy image and model there and read CPU and memory. */
  engines: z.array(engineSchema).min(1).max(64).optional(),
  loadFrom: loadFromSchema,
  /** As `docker service create --constraint`. */
  placement: z.array(z.string().trim().regex(/^\S+\s*(==|!=)\s*\S+$/, 'a constraint such as node.labels.room==lab')).max(16).default([]),
  /** Generic resources each replica gets for itself. */
  gpusPerReplica: z.int().min(0).max(16).default(0),
  gpuResource: z.string().trim().min(1).max(100).default('NVIDIA-GPU'),
  threadsFromCpu: z.boolean().default(true),
});
export type SwarmBackend = z.infer<typeof swarmBackendSchema>;

/** In virtual time; `machines`: trials at the same time on so many equal ones. Left out: one. */
export const simulatedBackendSchema = z.strictObject({
  kind: z.literal('simulated'), machines: z.int().min(1).max(16).optional(), unequalMachines,
});

export const backendSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('local') }),
  dockerBackendSchema,
  swarmBackendSchema,
  simulatedBackendSchema,
]);

export function acceptsUnequalMachines({ backend }: Pick<StudySpec, 'backend'>): boolean {
  return 'unequalMachines' in backend && backend.unequalMachines === 'accept';
}

export function loadsFromBeside({ backend }: Pick<StudySpec, 'backend'>): boolean {
  return 'loadFrom' in backend && backend.loadFrom === 'beside';
}

/** How many trials may run at the same time. */
export function countMachines({ backend }: Pick<StudySpec, 'backend'>): number {
  if (backend.kind === 'simulated') return backend.machines ?? 1;
  return backend.kind === 'docker' ? Math.max(1, backend.engines?.length ?? 1) : 1;
}

/** A backend with nothing chosen yet. */
export function usualBackend(kind: BackendKind): z.infer<typeof backendSchema> {
  return backendSchema.parse({ kind });
}

export const BALANCING_NAMES = ['round-robin', 'least-outstanding', 'random', 'sticky'] as const;
/** `sticky`: each of the requests in flight keeps to one replica. */
export const balancingSchema = z.enum(BALANCING_NAMES);
/** The one searched parameter that is not a knob of the server. */
export const BALANCING_PARAMETER = 'balancing';

/** `own`: the user's model and data, nothing bundled. Names are folders under `models` and `data` too. */
export const WORKLOAD_NAMES = ['digits', 'gan-svhn', 'resnet-cifar10', 'opennmt', 'deepspeech', 'own'] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

/** One line of text: what would command a terminal or turn the direction of writing becomes a space. */
export const nameSchema = z.string().overwrite((text) => text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')).trim().min(1).max(120);

const userPath = z.string().trim().min(1).max(4096);

export const modelSpecSchema = z.strictObject({
  /** Names a workload: model, data set and request encoder. */
  workload: z.enum(WORKLOAD_NAMES),
  transport: z.enum(['http', 'grpc']).default('http'),
  /** Used unless `balancing` is one of the searched parameters. */
  balancing: balancingSchema.default('least-outstanding'),
  /** The user's model for the built-in server: an ONNX file, or a folder with numbered versions. Left out: the bundled one. */
  modelPath: userPath.optional(),
  /** The user's data, a file or a folder in the format of the workload. Left out: the bundled samples. */
  dataPath: userPath.optional(),
  /** How a REST request names its inputs: one object per item, or one list per input. Left out: per item. */
  form: z.enum(['row', 'columnar']).optional(),
});

/** What happens to bytes between load generator and replicas. Times per direction change, shares per request. */
export const networkSchema = z.strictObject({
  delayMs: z.number().min(0).max(10_000).default(0),
  jitterMs: z.number().min(0).max(10_000).default(0),
  /** Share of messages that need one retransmission (adds the retransmission delay), percent. */
  lossPercent: z.number().min(0).max(50).default(0),
  /** Share of messages at which the connection is reset, percent. */
  resetPercent: z.number().min(0).max(50).default(0),
});

export const environmentSchema = z.strictObject({
  /** Requests in flight at any time. */
  concurrency: z.int().min(1).max(1000),
  /** Items (images, sentences) in one request. */
  requestBatchSize: z.int().min(1).max(4096).default(1),
  inputs: z.enum(['unique', 'same']).default('unique'),
  network: networkSchema.default({ delayMs: 0, jitterMs: 0, lossPercent: 0, resetPercent: 0 }),
});

export const constraintSchema = z.strictObject({
  metric: metricNameSchema,
  relation: z.enum(['at-most', 'at-least']),
  bound: z.number(),
});

export const objectiveSchema = z.strictObject({
  metric: metricNameSchema,
  direction: z.enum(['minimise', 'maximise']),
  constraints: z.array(constraintSchema).max(10).default([]),
  /** Searched for at the same time: the result is a front of trade-offs. Left out: one objective. */
  second: z.strictObject({ metric: metricNameSchema, direction: z.enum(['minimise', 'maximise']) }).optional(),
});

const ratePerS = z.number().positive().max(1_000_000);

/** How requests arrive: when an answer has come (closed, burst) or on a schedule, whatever the answers do (open loop). */
export const loadModelSchema = z.discriminatedUnion('kind', [
  /** Always `environment.concurrency` requests in flight. */
  z.strictObject({ kind: z.literal('closed') }),
  z.strictObject({ kind: z.literal('constant'), ratePerS }),
  /** Exponential times between arrivals. */
  z.strictObject({ kind: z.literal('poisson'), ratePerS }),
  /** `environment.concurrency` requests at once; the next burst when all of them are answered and `pauseMs` has passed. */
  z.strictObject({ kind: z.literal('burst'), pauseMs: z.number().min(0).max(60_000).default(0) }),
  /** The rate changes evenly from the first request to the last. */
  z.strictObject({ kind: z.literal('ramp'), fromPerS: ratePerS, toPerS: ratePerS }),
]);
export type LoadModel = z.infer<typeof loadModelSchema>;

export const measurementSpecSchema = z.strictObject({
  loadModel: loadModelSchema.default({ kind: 'closed' }),
  requests: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fixed'), count: z.int().min(1).max(10_000_000) }),
    z.strictObject({
      kind: z.literal('until-sure'),
      /** Half-width of the 95 % interval, as a percentage of the mean. */
      halfWidthPercent: z.number().min(0.1).max(50),
      atMost: z.int().min(100).max(10_000_000),
    }),
  ]),
  /** First requests of each replica, kept but not counted. */
  excludeFirst: z.int().min(0).max(1000).default(2),
  /** `automatic` also leaves out the first and last round of requests, and a longer warm-up where there is one. */
  warmUp: z.enum(['first-k', 'automatic']).default('first-k'),
  /** Ends a trial that is clearly worse than the best so far. Only for objectives that follow from the mean round trip. */
  racing: z.boolean().default(false),
  /** Round trips at most this long count as good (goodput); null: no such limit. */
  sloMs: z.number().positive().max(600_000).nullable().default(null),
  /** Threads that send; each keeps its share of the requests in flight. */
  threads: z.int().min(1).max(16).default(1),
  /** Keeps the sending threads on the last processor core (Linux). */
  pinGenerator: z.boolean().default(false),
  /** A request without an answer after this long counts as timed out. */
  timeoutMs: z.int().min(10).max(600_000).default(10_000),
  /** A replica that does not answer its status after this long fails the trial. */
  readyTimeoutMs: z.int().min(100).max(600_000).default(60_000),
});

const startupTrials = z.int().min(1).max(10_000);

export const samplerSpecSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('random') }),
  z.strictObject({
    kind: z.literal('bayes'),
    /** Trials before the model chooses. */
    startupTrials: startupTrials.default(25),
    /** How they are drawn; left out: at random. Sobol points are more even. */
    startup: z.enum(['random', 'sobol']).optional(),
    acquisition: z.enum(['expected-improvement', 'confidence-bound']).default('expected-improvement'),
    /** Margin added to the incumbent in the standardised expected improvement. */
    xi: z.number().min(0).max(10).default(1e-4),
    /** Deviations below the mean a confidence bound looks; left out: 2. */
    beta: z.number().min(0).max(10).optional(),
    /** Measures a leading configuration again where that is worth more than a new one; left out: no. */
    remeasure: z.boolean().optional(),
    /** Starts from the trials of other studies of the project that search the same parameters; left out: no. */
    learnFromOthers: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('sobol') }),
  /** `levels`: values per parameter; lists and categories that are shorter are taken whole. */
  z.strictObject({ kind: z.literal('grid'), levels: z.int().min(1).max(1000).default(3) }),
  /** `epsilon`: chance of a random configuration; otherwise a step from the best. */
  z.strictObject({ kind: z.literal('epsilon-greedy'), epsilon: z.number().min(0).max(1).default(0.3) }),
  z.strictObject({ kind: z.literal('tpe'), startupTrials: startupTrials.default(10) }),
  /** The report's procedure: random configurations, then a plain Gaussian process with expected improvement. */
  z.strictObject({ kind: z.literal('paper'), startupTrials: startupTrials.default(25), xi: z.number().min(0).max(10).default(1e-4) }),
]);

/** Trials before a model chooses; null when this sampler has none. */
export function startupTrialsOf(sampler: SamplerSpec): number | null {
  return 'startupTrials' in sampler ? sampler.startupTrials : null;
}

export const budgetSchema = z.strictObject({
  trials: z.int().min(1).max(100_000),
  timeLimitMinutes: z.number().positive().max(100_000).nullable().default(null),
  /** Stop when the largest expected improvement falls below this, in the objective's unit; null: never. */
  stopBelowExpectedGain: z.number().min(0).nullable().default(null),
  /** Stop when the best has not changed for this many trials; start-up trials do not count. */
  stopAfterNoGain: z.int().min(1).max(10_000).nullable().optional(),
  /** Stop when the objective is at least this good. */
  stopAtTarget: z.number().nullable().optional(),
  /** Stop when the model is 95 % sure that nothing is better than its advice by more than this, in the objective's unit. */
  stopBelowRegret: z.number().min(0).nullable().optional(),
  /** Rounds of `trials` after the start-up trials; stop when `unchanged` rounds in a row did not change the best. */
  rounds: z.strictObject({ trials: z.int().min(1).max(1000).default(5), unchanged: z.int().min(1).max(100).default(1) }).nullable().optional(),
});

export const studySpecSchema = z
  .strictObject({
    specVersion: z.literal(SPEC_VERSION).default(SPEC_VERSION),
    name: nameSchema,
    template: z.string().max(64).nullable().default(null),
    backend: backendSchema,
    model: modelSpecSchema,
    /** Searched knobs. A knob in neither list runs at its usual value. */
    space: z.array(parameterSchema).min(1).max(20),
    fixed: z.partialRecord(knobNameSchema, z.number()).default({}),
    /** What the driver lists, remembered from when the GPU clock was switched on. */
    gpuClocks: gpuClockListSchema.optional(),
    environment: environmentSchema,
    objective: objectiveSchema,
    measurement: measurementSpecSchema,
    sampler: samplerSpecSchema,
    budget: budgetSchema,
    seed: z.int().min(0).max(4_294_967_295),
  })
  .superRefine((spec, context) => {
    const refuse = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const seen = new Set<string>();
    spec.space.forEach((parameter, i) => {
      if (parameter.name === BALANCING_PARAMETER) refuseBalancing(parameter, i, refuse);
      else if (!isKnobName(parameter.name)) return refuse(['space', i, 'name'], `one of ${KNOB_NAMES.join(', ')}, ${BALANCING_PARAMETER}`);
      if (seen.has(parameter.name)) refuse(['space', i, 'name'], 'each parameter once');
      if (parameter.name in spec.fixed) refuse(['fixed', parameter.name], 'a knob either searched or fixed, not both');
      seen.add(parameter.name);
      if (isKnobName(parameter.name)) refuseOutside(parameter, i, refuse);
    });
    for (const [name, value] of Object.entries(spec.fixed)) {
      const knob = KNOBS[name as KnobName];
      if (value < knob.least || value > knob.most || (knob.whole && !Number.isInteger(value))) {
        refuse(['fixed', name], `${knob.whole ? 'a whole number' : 'a number'} from ${knob.least} to ${knob.most}`);
      }
    }
    if (spec.model.workload === 'own') {
      const { modelPath, dataPath } = spec.model;
      if (dataPath === undefined) refuse(['model', 'dataPath'], 'the file or folder with your samples');
      if (spec.backend.kind === 'local' && modelPath === undefined) refuse(['model', 'modelPath'], 'an ONNX file, or a folder with numbered versions');
      if ((spec.backend.kind === 'docker' || spec.backend.kind === 'swarm') && spec.backend.modelFolder === null) refuse(['backend', 'modelFolder'], 'the folder with the numbered versions of your model');
    }
    if ((startupTrialsOf(spec.sampler) ?? 0) > spec.budget.trials) {
      refuse(['sampler', 'startupTrials'], `at most the ${spec.budget.trials} trials of the budget`);
    }
    if (spec.backend.kind === 'simulated' && spec.measurement.loadModel.kind !== 'closed') {
      refuse(['measurement', 'loadModel'], 'requests after each answer, with the simulated server');
    }
    if (spec.objective.direction !== METRICS[spec.objective.metric].direction) {
      refuse(['objective', 'direction'], METRICS[spec.objective.metric].direction);
    }
    const { second } = spec.objective;
    if (second !== undefined) {
      if (second.metric === spec.objective.metric) refuse(['objective', 'second', 'metric'], 'another metric than the first');
      if (second.direction !== METRICS[second.metric].direction) refuse(['objective', 'second', 'direction'], METRICS[second.metric].direction);
    }
  });

function refuseBalancing(parameter: Parameter, index: number, refuse: (path: (string | number)[], message: string) => void): void {
  const names: readonly string[] = BALANCING_NAMES;
  if (parameter.kind !== 'categorical') refuse(['space', index, 'kind'], 'categorical');
  else if (parameter.values.some((value) => !names.includes(value))) refuse(['space', index, 'values'], `some of ${names.join(', ')}`);
}

function refuseOutside(parameter: Parameter, index: number, refuse: (path: (string | number)[], message: string) => void): void {
  const knob = KNOBS[parameter.name as KnobName];
  if (parameter.kind === 'categorical') return refuse(['space', index, 'kind'], 'integer, real or ordinal');
  if (knob.whole && parameter.kind === 'real') refuse(['space', index, 'kind'], 'integer or ordinal');
  const values = parameter.kind === 'ordinal' ? parameter.values : [parameter.low, parameter.high];
  const fields = parameter.kind === 'ordinal' ? ['values', 'values'] : ['low', 'high'];
  const low = values[0]!;
  const high = values[values.length - 1]!;
  if (low < knob.least) refuse(['space', index, fields[0]!], `at least ${knob.least} ${knob.unit}`.trim());
  if (high > knob.most) refuse(['space', index, fields[1]!], `at most ${knob.most} ${knob.unit}`.trim());
  if (knob.whole && values.some((value) => !Number.isInteger(value))) refuse(['space', index, fields[0]!], 'whole numbers');
}

export type StudySpec = z.infer<typeof studySpecSchema>;
export type StudySpecDraft = z.input<typeof studySpecSchema>;
export type NetworkImpairment = z.infer<typeof networkSchema>;
export type Environment = z.infer<typeof environmentSchema>;
export type ObjectiveSpec = z.infer<typeof objectiveSchema>;
export type Constraint = z.infer<typeof constraintSchema>;
export type MeasurementSpec = z.infer<typeof measurementSpecSchema>;
export type SamplerSpec = z.infer<typeof samplerSpecSchema>;
export type Budget = z.infer<typeof budgetSchema>;
export type ModelSpec = z.infer<typeof modelSpecSchema>;
export type Balancing = z.infer<typeof balancingSchema>;
