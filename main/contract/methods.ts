import { z } from 'zod';
import { backendSchema, studySpecSchema } from '../domain/study-spec.ts';
import type { GpuClockList } from '../domain/gpu.ts';
import { configurationSchema } from '../domain/parameter.ts';
import { NOTE_LENGTH } from '../domain/study-event.ts';
import type { ImageList, ImageProgress } from '../domain/container-image.ts';
import type { NodeReport } from '../domain/node-report.ts';
import type { RangeProbeUpdate } from '../domain/range-probe.ts';
import type { ScaleUpdate } from '../domain/scale-level.ts';
import { scaleAssumptionsSchema } from '../domain/scale-plan.ts';
import type {
  AppInfo, ExampleInfo, FileListing, GpuCardInfo, HardwareFacts, ModelCheck, PreflightReport, ProjectInfo, RecentFile, RoundTripPoints, StudyPlan, StudyUpdate, TemplateInfo, TriedRequest,
} from './values.ts';
import type { RoundTripsJson } from '../domain/study-json.ts';
import { createSweepParams, ofSweepParams, programmeParams, stopSweepParams, sweepsOfProjectParams, type PlannedPart, type SweepUpdate } from './sweep-methods.ts';
import { startDeployedParams, type Deployed } from './deployed-methods.ts';
import { offerParams, zoomParams, type ShellEvent } from './shell-methods.ts';
import { preferencesPatchSchema, type Preferences } from './preferences.ts';
import type { Sweep } from '../domain/sweep.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import type { StudyExplanation, Suggestion, SurrogateSlice, SurrogateSurface } from '../domain/suggestion.ts';
import type { Prediction } from '../domain/trial.ts';

/**
 * Everything renderer and host agreed on, as data. `query` reads, `command` acts, `stream` watches.
 * Parameters are validated by the router before a handler sees them; long work is a command that returns at once.
 */
export interface Method<Kind extends 'query' | 'command' | 'stream', Params extends z.ZodType, Result> {
  readonly kind: Kind;
  readonly params: Params;
  /** Type only: what a call resolves to, or each item of a stream. */
  readonly result?: Result;
}

const nothing = z.strictObject({});
const ofProject = z.strictObject({ projectId: z.string().max(100) });
const ofStudy = ofProject.extend({ studyId: z.string().max(100) });
const path = z.string().min(1).max(4096).refine((text) => !text.includes('\0'), 'a path without NUL characters');

function query<P extends z.ZodType, R>(params: P): Method<'query', P, R> {
  return { kind: 'query', params };
}
function command<P extends z.ZodType, R>(params: P): Method<'command', P, R> {
  return { kind: 'command', params };
}
function stream<P extends z.ZodType, R>(params: P): Method<'stream', P, R> {
  return { kind: 'stream', params };
}

const openParams = z.strictObject({ path });
const openProjectParams = openParams.extend({ readOnly: z.boolean().default(false) });
const saveAsParams = ofProject.extend({ path });
const createParams = z.strictObject({ template: z.string().max(64), name: z.string().max(120).optional() });
const folderParams = z.strictObject({ folder: path.nullable(), show: z.enum(['projects', 'model', 'data']).default('projects') });
const pickParams = z.strictObject({ what: z.enum(['model', 'data']), pick: z.enum(['file', 'folder']) });
const updateParams = ofStudy.extend({ spec: studySpecSchema });
/** `of` names the study whose own trials make the time estimate better. */
const planParams = z.strictObject({ spec: studySpecSchema, of: ofStudy.nullable().default(null) });
const stopParams = ofStudy.extend({ when: z.enum(['now', 'after-trial']) });
const addTrialsParams = ofStudy.extend({ trials: z.int().min(1).max(10_000) });
const sliceParams = ofStudy.extend({ parameter: z.string().max(64), at: configurationSchema.nullable() });
const surfaceParams = ofStudy.extend({ parameters: z.tuple([z.string().max(64), z.string().max(64)]), at: configurationSchema.nullable() });
const configurationParams = ofStudy.extend({ configuration: configurationSchema });
const noteParams = ofStudy.extend({ trial: z.int().positive().nullable(), text: z.string().max(NOTE_LENGTH) });
const roundTripsParams = ofStudy.extend({ trial: z.int().positive(), limit: z.int().min(1).max(100_000) });
/** Round trips `from` (counted from 0) on, `count` at most. */
const roundTripColumnsParams = ofStudy.extend({ trial: z.int().positive(), from: z.int().min(0), count: z.int().min(1).max(100_000) });
const suggestedNameParams = z.strictObject({ suggestedName: z.string().max(200) });
const imageParams = z.strictObject({ reference: z.string().trim().min(1).max(255) });
const probeParams = z.strictObject({ spec: studySpecSchema });
/** Null: the best trial. `inline`: one file for new versions of Compose; `files`: several, for any. */
const composeParams = ofStudy.extend({ trial: z.int().positive().nullable(), style: z.enum(['inline', 'files']).default('inline') });
/** Null: the best trial. */
const scaleParams = ofStudy.extend({ trial: z.int().positive().nullable(), assumptions: scaleAssumptionsSchema });
const backendParams = z.strictObject({ backend: backendSchema });
const restoreParams = z.strictObject({ everything: z.boolean().default(false) });

export const METHODS = {
  'app.info': query<typeof nothing, AppInfo>(nothing),
  /** What a report about a fault should say of program and machine, as plain text; no study is in it. */
  'app.diagnostics': query<typeof nothing, string>(nothing),
  'preferences.set': command<typeof preferencesPatchSchema, Preferences>(preferencesPatchSchema),
  /** What the native menu shows; silently nothing in a browser. */
  'shell.offer': command<typeof offerParams, null>(offerParams),
  'shell.zoom': command<typeof zoomParams, null>(zoomParams),
  'shell.openLogs': command<typeof nothing, null>(nothing),
  'shell.showFile': command<typeof openParams, null>(openParams),
  /** Commands chosen in the native menu. */
  'shell.watch': stream<typeof nothing, ShellEvent>(nothing),
  'preflight.check': query<typeof nothing, PreflightReport>(nothing),
  /** What a study on this backend can read and set; asks the driver nothing that could hang the machine. */
  'hardware.facts': query<typeof backendParams, HardwareFacts>(backendParams),
  'hardware.cards': query<typeof nothing, readonly GpuCardInfo[]>(nothing),
  /** Asks the driver which clocks can be set: only when the user has switched the parameter on. */
  'hardware.gpuClocks': command<typeof backendParams, GpuClockList>(backendParams),
  /** "Restore clocks now": what was done, one sentence each. `everything`: also what others have changed. */
  'hardware.restoreClocks': command<typeof restoreParams, readonly string[]>(restoreParams),
  /** The engines or swarm nodes of a backend: what they have, what is taken, by whom. */
  'nodes.list': query<typeof backendParams, NodeReport>(backendParams),
  'images.list': query<typeof nothing, ImageList>(nothing),
  /** Pulls an image, or builds the bundled server's; ends when it is there. Leaving the stream gives up. */
  'images.prepare': stream<typeof imageParams, ImageProgress>(imageParams),
  /** Runs one roomy replica to find bounds for CPU and memory; the last item carries them. Leaving the stream gives up. */
  'range.probe': stream<typeof probeParams, RangeProbeUpdate>(probeParams),
  /** Reads the study's model and data, starts nothing. */
  'model.check': query<typeof probeParams, ModelCheck>(probeParams),
  /** Starts one replica, sends one request, shows the answer; the stream ends with it. Leaving it gives up. */
  'model.try': stream<typeof probeParams, TriedRequest>(probeParams),
  'examples.list': query<typeof nothing, readonly ExampleInfo[]>(nothing),
  'templates.list': query<typeof nothing, readonly TemplateInfo[]>(nothing),
  'recent.list': query<typeof nothing, readonly RecentFile[]>(nothing),
  'recent.remove': command<typeof openParams, readonly RecentFile[]>(openParams),
  /** Folders and files of one kind below the user's home, for the in-page picker; null: the usual folder. */
  'files.list': query<typeof folderParams, FileListing>(folderParams),
  /** Native dialogs; refused as `unsupported` where `AppInfo.nativeDialogs` is false. Null: cancelled. */
  'dialog.open': command<typeof nothing, string | null>(nothing),
  'dialog.pick': command<typeof pickParams, string | null>(pickParams),
  'dialog.save': command<typeof suggestedNameParams, string | null>(suggestedNameParams),
  'project.create': command<typeof createParams, ProjectInfo>(createParams),
  /** `readOnly`: only to be looked at; nothing is written to it and it is not remembered. */
  'project.open': command<typeof openProjectParams, ProjectInfo>(openProjectParams),
  /** Saves what is whole of a damaged file into a new one beside it and opens that; `recovered` says what is in it. */
  'project.repair': command<typeof openParams, ProjectInfo>(openParams),
  'project.saveAs': command<typeof saveAsParams, ProjectInfo>(saveAsParams),
  /** The user allows what the project asks for (`ProjectInfo.asks`); remembered on this machine. */
  'project.trust': command<typeof ofProject, ProjectInfo>(ofProject),
  'project.info': query<typeof ofProject, ProjectInfo>(ofProject),
  'project.close': command<typeof ofProject, null>(ofProject),
  /** A new draft study in the same project with the same spec. */
  'study.duplicate': command<typeof ofStudy, { readonly studyId: string }>(ofStudy),
  'study.update': command<typeof updateParams, null>(updateParams),
  'study.plan': query<typeof planParams, StudyPlan>(planParams),
  'study.start': command<typeof ofStudy, null>(ofStudy),
  'study.pause': command<typeof ofStudy, null>(ofStudy),
  'study.continue': command<typeof ofStudy, null>(ofStudy),
  'study.step': command<typeof ofStudy, null>(ofStudy),
  'study.stop': command<typeof stopParams, null>(stopParams),
  'study.addTrials': command<typeof addTrialsParams, { readonly spec: StudySpec }>(addTrialsParams),
  'study.slice': query<typeof sliceParams, SurrogateSlice | null>(sliceParams),
  /** What a step would run now, with what the model expects of it; null while a trial runs and when nothing is left to try. */
  'study.next': query<typeof ofStudy, Suggestion | null>(ofStudy),
  /** The model over two numeric parameters; null while there is none. */
  'study.surface': query<typeof surfaceParams, SurrogateSurface | null>(surfaceParams),
  /** What the model expects of a configuration, before it is run; null while it has too little to go on. */
  'study.predict': query<typeof configurationParams, Prediction | null>(configurationParams),
  /** Runs a configuration chosen by hand: next in the run in progress, or as a run of one trial. */
  'study.tryConfiguration': command<typeof configurationParams, null>(configurationParams),
  /** Importance, leave-one-out check and advice of the model; null while there are too few trials. */
  'study.explain': query<typeof ofStudy, StudyExplanation | null>(ofStudy),
  /** Notes may be written at any time, also beside a run; `trial` null: about the study. */
  'study.note': command<typeof noteParams, null>(noteParams),
  'trial.roundTrips': query<typeof roundTripsParams, RoundTripPoints>(roundTripsParams),
  /** The round trips as they are in the file, a part at a time; null where the trial has none. */
  'trial.roundTripColumns': query<typeof roundTripColumnsParams, { readonly total: number; readonly columns: RoundTripsJson } | null>(roundTripColumnsParams),
  'trial.compose': query<typeof composeParams, readonly { readonly name: string; readonly text: string }[]>(composeParams),
  /** A trial's configuration on many machines, simulated level by level. Leaving the stream gives up. Refused beside a running study. */
  'scale.simulate': stream<typeof scaleParams, ScaleUpdate>(scaleParams),
  /** Keeps the configuration running and watches it, in place of the one before. Refused beside a running study, and the other way round. */
  'deployed.start': command<typeof startDeployedParams, null>(startDeployedParams),
  'deployed.stop': command<typeof nothing, null>(nothing),
  /** At once and at every change, once a second while it serves; null: nothing is kept running. */
  'deployed.watch': stream<typeof nothing, Deployed | null>(nothing),
  'study.watch': stream<typeof ofStudy, StudyUpdate>(ofStudy),
  'sweep.list': query<typeof sweepsOfProjectParams, readonly Sweep[]>(sweepsOfProjectParams),
  /** Creates all its studies, as drafts; a list that makes one of them unacceptable is refused. */
  'sweep.create': command<typeof createSweepParams, Sweep>(createSweepParams),
  /** Starts, or goes on with what is left. */
  'sweep.start': command<typeof ofSweepParams, null>(ofSweepParams),
  /** Starts what is left of every sweep of the project, one after the other. */
  'sweep.startAll': command<typeof sweepsOfProjectParams, null>(sweepsOfProjectParams),
  'sweep.stop': command<typeof stopSweepParams, null>(stopSweepParams),
  'sweep.watch': stream<typeof ofSweepParams, SweepUpdate>(ofSweepParams),
  /** The parts of “Reproduce the report” and how long they would take here. */
  'programme.plan': query<typeof programmeParams, readonly PlannedPart[]>(programmeParams),
  /** A new project with all parts as sweeps, ready to start. */
  'programme.create': command<typeof programmeParams, ProjectInfo>(programmeParams),
} as const;

export type MethodName = keyof typeof METHODS;
export type CallName = { [N in MethodName]: (typeof METHODS)[N]['kind'] extends 'stream' ? never : N }[MethodName];
export type StreamName = Exclude<MethodName, CallName>;
export type ParamsOf<N extends MethodName> = z.output<(typeof METHODS)[N]['params']>;
/** What a caller may leave out: fields with a default. */
export type ParamsInputOf<N extends MethodName> = z.input<(typeof METHODS)[N]['params']>;
export type ResultOf<N extends MethodName> = Exclude<(typeof METHODS)[N]['result'], undefined>;
