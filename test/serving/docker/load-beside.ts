import { fileURLToPath } from 'node:url';
import packageJson from '../../../package.json' with { type: 'json' };
import { createStationLoadGenerator } from '../../../main/load/station-load-generator.ts';
import { findEngineAddress, type EngineAddress } from '../../../main/serving/docker/engine-address.ts';
import { createLoadContainers } from '../../../main/serving/docker/load-container.ts';
import type { LoadGenerator } from '../../../main/study/ports.ts';
import { loadPlan } from '../../load/load-plan.ts';

const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The load generator in a container of an engine, with the bundled digits. */
export function loadBeside(address: () => EngineAddress = findEngineAddress, dataRoot = file('resources/data')): LoadGenerator {
  const image = { entries: [file('main/load/load-station.ts'), file('main/load/load-worker.ts')] as const, nodePath: process.execPath, version: packageJson.version };
  return createStationLoadGenerator({ model: loadPlan([]).model, dataRoot, ownDataRoot: null, open: createLoadContainers({ address, image }) });
}
