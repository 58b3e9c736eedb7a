import { loadsFromBeside, type StudySpec } from '../domain/study-spec.ts';
import type { Deployment, Endpoint, Lab } from './ports.ts';

/** Where the load generator of this study finds the replicas: it runs here, or beside them. */
export function loadEndpoints(spec: StudySpec, deployment: Deployment): readonly Endpoint[] {
  return (loadsFromBeside(spec) ? deployment.endpointsBeside : undefined) ?? deployment.endpoints;
}

/** Network alone in each round trip of this study, ms; null where it cannot be measured. */
export async function networkMsOf(spec: StudySpec, lab: Lab, deployment: Deployment): Promise<number | null> {
  if (deployment.networkMs !== undefined && !loadsFromBeside(spec)) return deployment.networkMs();
  return (await lab.load.networkMs?.(loadEndpoints(spec, deployment))) ?? null;
}
