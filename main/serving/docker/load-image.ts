import { collectProgram, fingerprintOf, type PartWords, type ProgramPart } from './program-files.ts';
import type { ProgramImage } from './program-image.ts';

export type LoadImageSource = Pick<ProgramPart, 'entries' | 'nodePath' | 'version'>;

const REPO = 'servescape/load-generator';
const WORDS: PartWords = { what: 'The load generator', instead: 'Let the load come from this machine.' };

/** The load generator with Node, to be run beside replicas. */
export function loadImage(source: LoadImageSource): ProgramImage {
  return {
    repo: REPO, tag: source.version, key: JSON.stringify(source), what: 'the load generator', instead: WORDS.instead,
    changes: [`ENTRYPOINT ["/bin/node","/app/load/load-station.js"]`, 'WORKDIR /app'],
    collect: async () => {
      const entries = await collectProgram(source, WORDS);
      return { entries, fingerprint: fingerprintOf(entries, source.version) };
    },
  };
}
