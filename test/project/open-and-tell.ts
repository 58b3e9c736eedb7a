/** Run as a process of its own: opens the file named, tries to write, and prints what it saw as JSON. */
import { openProjectFile } from '../../main/project/project-file.ts';
import { trialEvents } from './sample-study.ts';

const project = openProjectFile(process.argv[2]!);
const study = project.study('study-1');
let append = 'done';
try {
  project.store('study-1').append(trialEvents(study.trials.length + 1)[0]!);
} catch (error) {
  append = (error as { code?: string }).code ?? String(error);
}
console.log(JSON.stringify({ readOnly: project.readOnly, trials: study.trials.length, append }));
project.close();
