import type { Preferences } from './preferences.ts';
import type { EnergySource } from '../domain/gpu.ts';
import type { Configuration } from '../domain/parameter.ts';
import type { NumberedEvent } from '../domain/study-event.ts';
import type { StageSeconds, Stage } from '../domain/trial.ts';
import type { Study, StudyState } from '../domain/study.ts';
import type { StudySpec } from '../domain/study-spec.ts';
import type { Wish } from '../domain/wishes.ts';

/** Plain JSON values that cross the connection. */
export interface AppInfo {
  readonly version: string;
  readonly host: 'electron' | 'browser';
  readonly platform: string;
  readonly nativeDialogs: boolean;
  /** Banner at start: what was cleaned up after a crash, in words. */
  readonly notices: readonly string[];
  readonly preferences: Preferences;
  /** Name and version of what the program stands on: Node, Electron, Chrome. */
  readonly versions: Readonly<Record<string, string>>;
  readonly logFolder: string;
}

export type CheckState = 'ok' | 'warn' | 'bad' | 'absent';

export interface PreflightItem {
  readonly id: 'server' | 'docker' | 'gpu' | 'processor' | 'memory' | 'background' | 'power' | 'disk' | 'socket' | 'toolkit' | 'driver' | 'clocks';
  readonly label: string;
  readonly state: CheckState;
  readonly fact: string;
  /** What it means and the fix, one or two sentences; empty when there is nothing to do. */
  readonly fix: string;
}

export interface PreflightReport {
  readonly summary: string;
  readonly items: readonly PreflightItem[];
}

/** What of GPU clock and energy a study can use on a backend. */
export interface HardwareFacts {
  readonly gpu:
    | { readonly kind: 'usable'; readonly cards: readonly string[]; /** What to know before using it; may be empty. */ readonly note: string }
    | { readonly kind: 'unusable'; readonly reason: string; /** What an administrator can do; may be empty. */ readonly hint: string };
  readonly energy: { readonly source: EnergySource; /** Why not more can be read; empty when everything can. */ readonly reason: string };
}

/** One NVIDIA GPU right now; clocks in MHz, null where the driver does not tell. */
export interface GpuCardInfo {
  readonly index: number;
  readonly name: string;
  readonly driver: string;
  readonly mig: boolean;
  readonly smClockMhz: number | null;
  readonly maxSmClockMhz: number | null;
  readonly applicationMhz: number | null;
  readonly usualMhz: number | null;
  readonly powerW: number | null;
  readonly temperatureC: number | null;
}

export interface TemplateInfo {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** "5 parameters · 50 trials · about 5 min" */
  readonly facts: string;
  readonly icon: 'digits' | 'house' | 'translate' | 'photo' | 'speech' | 'layers' | 'clock';
  readonly spec: StudySpec;
}

/** A project that comes with the program, to be looked at. */
export interface ExampleInfo {
  readonly title: string;
  readonly text: string;
  readonly facts: string;
  readonly path: string;
}

/** What a study's file is, in words; or why it cannot be used. */
export interface FileCheck {
  readonly words: string;
  /** Named in the study, lying in the user's own folder for this workload, or part of the program; null: nothing was found. */
  readonly from: 'study' | 'own-folder' | 'bundled' | null;
  /** Whatever the user puts there is used before what comes along; null where there is no such folder. */
  readonly ownFolder: string | null;
  readonly problem: { readonly message: string; readonly hint: string } | null;
}

export interface ModelCheck {
  readonly model: FileCheck;
  readonly data: FileCheck;
}

/** One request and one answer, before any study. */
export interface TriedRequest {
  /** "stand-in model, random weights" */
  readonly model: string;
  readonly data: string;
  readonly signatureName: string;
  /** "images: float [any, 32, 32, 3]" */
  readonly takes: readonly string[];
  readonly gives: readonly string[];
  /** How samples become requests. */
  readonly encoder: string;
  readonly notes: readonly string[];
  /** Steps all items of the request are padded to; null where all have one shape. */
  readonly width: number | null;
  /** Shortened for reading; the sizes are those of what was sent. */
  readonly request: string;
  readonly requestBytes: number;
  readonly answer: string;
  readonly answerBytes: number;
  readonly status: number;
  readonly firstMs: number;
  /** A later round trip of the same request; null when the first was refused. */
  readonly laterMs: number | null;
  /** Why the answer is not what a study needs; null when it is. */
  readonly problem: string | null;
}

export interface RecentFile {
  readonly path: string;
  readonly name: string;
  /** When it was last open, ISO 8601. */
  readonly at: string;
  readonly found: boolean;
  readonly state: StudyState | null;
  /** "33 of 50 trials" */
  readonly progress: string;
  /** "best 5.15 ms", empty before there is one. */
  readonly best: string;
}

/** What a picker is to find: project files, or the files of a study's model or data. */
export type ListedFiles = 'projects' | 'model' | 'data';

export interface FileListing {
  readonly folder: string;
  readonly parent: string | null;
  readonly entries: readonly { readonly name: string; readonly path: string; readonly kind: 'folder' | 'file'; readonly at: string; readonly bytes: number }[];
  /** Files here that are not of the kind that was asked for. */
  readonly others: number;
}

export interface StudySummary {
  readonly id: string;
  readonly name: string;
  readonly state: StudyState;
  readonly trials: number;
}

export interface ProjectInfo {
  readonly projectId: string;
  readonly name: string;
  readonly path: string;
  /** Kept in the app's own folder until the user saves it somewhere. */
  readonly draft: boolean;
  /** Why it cannot be changed; null when it can. */
  readonly readOnly: string | null;
  /** What was made good at opening after a crash, one sentence each. */
  readonly recovered: readonly string[];
  /** Images and places that the file names and nobody on this machine has picked or allowed: nothing runs before. */
  readonly asks: readonly Wish[];
  readonly studies: readonly StudySummary[];
}

export interface StudyPlan {
  /** Number of configurations; null when infinite. */
  readonly configurations: number | null;
  /** Share of the space that can run, 0–1, by sampling. */
  readonly feasibleShare: number;
  readonly rules: readonly { readonly text: string; readonly ruledOutShare: number }[];
  /** The first configurations that would be tried. */
  readonly firstConfigurations: readonly Configuration[];
  readonly requests: number;
  readonly seconds: { readonly starting: number; readonly sending: number; readonly choosing: number };
  /** "from this machine's own trials" or "a first guess". */
  readonly basis: string;
  readonly capacity: { readonly cores: number; readonly memoryMb: number };
}

export interface LiveReplica {
  readonly state: 'starting' | 'ready' | 'gone';
  readonly waiting: number;
  readonly cpuCores: number | null;
  readonly memoryMb: number | null;
}

/** What is happening in the running trial; never stored, at most ten a second. */
export interface LiveTrial {
  readonly trial: number;
  /** Where it runs, in a run on several machines. */
  readonly machine?: string;
  readonly stage: Stage;
  readonly seconds: Partial<StageSeconds>;
  readonly replicas: readonly LiveReplica[];
  readonly finished: number;
  readonly planned: number;
  readonly failed: number;
  readonly meanMs: number | null;
  readonly halfWidthMs: number | null;
  readonly throughputRps: number;
  readonly lagMs: number;
  /** New since the last update: request index, ms, 1 when excluded, 1 when failed. */
  readonly trips: readonly (readonly [number, number, 0 | 1, 0 | 1])[];
}

export interface LiveRun {
  /** Seconds to the end of the budget, from the trials so far; null before the first has finished. */
  readonly secondsLeft: number | null;
  readonly secondsGone: number;
  /** What happens between trials. */
  readonly activity: 'calibrating' | 'choosing' | 'trial' | 'paused' | 'stopping';
  readonly largestExpectedGain: number | null;
}

export type StudyUpdate =
  | { readonly kind: 'snapshot'; readonly seq: number; readonly study: Study }
  | { readonly kind: 'event'; readonly numbered: NumberedEvent }
  /** `trial`: one of those in flight, or null when none is. */
  | { readonly kind: 'live'; readonly run: LiveRun; readonly trial: LiveTrial | null };

/** What the items of each request were padded to, over all requests of a trial: tokens or frames. */
export interface BatchWidths {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
  /** Pearson's r of width and round trip of the answered, counted requests; null where either does not vary. */
  readonly correlation: number | null;
}

export interface RoundTripPoints {
  readonly total: number;
  /** Decimated to `limit`, keeping lowest and highest: request index, ms, replica, 1 when excluded, fault index. */
  readonly points: readonly (readonly [number, number, number, 0 | 1, number])[];
  readonly faults: Readonly<Record<string, number>>;
  /** Absent where all items have one shape. */
  readonly widths?: BatchWidths;
}
