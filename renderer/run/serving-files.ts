import { saveText } from '../charts/export.ts';
import type { Client } from '../../main/contract/client.ts';
import type { StudyView } from '../state/study.svelte.ts';

/** What starts a trial's configuration elsewhere: all of it as one compose file, or the batching file TensorFlow Serving reads. */
export type ServingFile = 'compose.yaml' | 'batching.txt';

export async function saveServingFile(client: Client, { projectId, studyId }: StudyView, trial: number, name: ServingFile): Promise<void> {
  const style = name === 'compose.yaml' ? 'inline' : 'files';
  const files = await client.call('trial.compose', { projectId, studyId, trial, style });
  const file = files.find((one) => one.name === name);
  if (file) saveText(`trial-${trial}-${name}`, file.text, name === 'compose.yaml' ? 'application/yaml' : 'text/plain');
}
