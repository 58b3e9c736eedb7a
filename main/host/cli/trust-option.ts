import type { Client } from '../../contract/client.ts';
import type { ProjectInfo } from '../../contract/values.ts';

export const TRUST_MEANING = '  --trust         allow the images, files and folders that a project from elsewhere names';

/** With --trust what the project asks for is allowed and remembered; without, the host refuses to start and says what it is. */
export async function trustIfAsked(client: Client, { projectId, asks }: ProjectInfo, isTrusted: boolean | undefined): Promise<void> {
  if (isTrusted === true && asks.length > 0) await client.call('project.trust', { projectId });
}
