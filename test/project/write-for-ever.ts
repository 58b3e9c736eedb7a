/**
 * Run as a process of its own until it is killed: opens the project named, recovers it, and appends whole trials.
 * Each line on stdout acknowledges a write that has returned: `event SEQ`, `trips TRIAL`, `saved N`.
 */
import { writeSync } from 'node:fs';
import { countFinished } from '../../main/domain/study.ts';
import { openProjectFile } from '../../main/project/project-file.ts';
import { recoverInterrupted } from '../../main/project/recovery.ts';
import { at, runStarted, sampleRoundTrips, trialEvents } from './sample-study.ts';

const [path, saveAsEvery = '0'] = process.argv.slice(2);
const project = openProjectFile(path!);
if (project.readOnly !== null) {
  writeSync(1, `refused ${project.readOnly}\n`);
  process.exit(3);
}
for (const text of recoverInterrupted(project, at(0))) writeSync(1, `recovered ${text}\n`);
const store = project.store('study-1');
const acknowledge = (what: string, number: number): void => {
  writeSync(1, `${what} ${number}\n`);
};
acknowledge('event', store.append(runStarted).seq);
for (let round = 1; ; round++) {
  const trial = store.study().trials.length + 1;
  const [started, finished] = trialEvents(trial, countFinished(store.study()));
  acknowledge('event', store.append(started!).seq);
  store.appendRoundTrips(trial, sampleRoundTrips(500, trial));
  acknowledge('trips', trial);
  acknowledge('event', store.append(finished!).seq);
  if (Number(saveAsEvery) > 0 && round % Number(saveAsEvery) === 0) {
    project.saveAs(path!.replace(/(-copy\d*)?\.servescape$/, `-copy${round % 2}.servescape`));
    acknowledge('saved', round);
  }
}
