import type Docker from 'dockerode';
import { BUNDLED_IMAGE } from '../../domain/study-spec.ts';
import type { Engine } from './engine.ts';
import type { BuildOptions } from './import-image.ts';
import { ensureProgramImage, stateOf, type ImageState, type ProgramImage } from './program-image.ts';
import { collectServerImage, type ServerImageSource } from './server-image-files.ts';

export function isBundledImage(reference: string): boolean {
  return reference === BUNDLED_IMAGE || reference.startsWith(`${BUNDLED_IMAGE}:`);
}

export function bundledReference(source: Pick<ServerImageSource, 'version'>): string {
  return `${BUNDLED_IMAGE}:${source.version}`;
}

export function bundledState(docker: Docker, source: ServerImageSource): Promise<ImageState> {
  return stateOf(docker, serverImage(source));
}

/** The image of the bundled server, built here when it is not there yet or made from other files. @returns its name */
export function ensureServerImage(engine: Engine, source: ServerImageSource, options: BuildOptions = {}): Promise<string> {
  return ensureProgramImage(engine, serverImage(source), options);
}

function serverImage(source: ServerImageSource): ProgramImage {
  return {
    repo: BUNDLED_IMAGE, tag: source.version, key: JSON.stringify(source), what: 'the bundled server', instead: 'Choose a tensorflow/serving image for that machine.', collect: () => collectServerImage(source),
    changes: ['ENTRYPOINT ["/bin/node","/app/entry.js"]', 'WORKDIR /app', 'EXPOSE 8501', 'ENV ORT_DISABLE_TELEMETRY=1', 'ENV MODEL_NAME=model'],
  };
}
