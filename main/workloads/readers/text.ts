import type { TextItem } from '../items.ts';
import { unusable } from '../data-error.ts';
import type { ByteSource } from './byte-source.ts';

const LINE_LENGTH_MAX = 20_000;
/** WMT publishes its test sets as SGML too: sentences stand in <seg> … </seg>, one a line. */
const SEGMENT = /^\s*<seg[^>]*>(.*)<\/seg>\s*$/;

/** A corpus of one sentence a line, UTF-8; empty lines are left out. */
export async function readText(source: ByteSource, limit: number): Promise<readonly TextItem[]> {
  const items: TextItem[] = [];
  let isSgml = false;
  let number = 0;
  for await (const line of lines(source)) {
    number++;
    if (number === 1) isSgml = /^\s*<(srcset|refset|\?xml|!DOCTYPE|doc)\b/i.test(line);
    const text = isSgml ? unescaped(SEGMENT.exec(line)?.[1] ?? '') : line.trim();
    if (text === '') continue;
    // eslint-disable-next-line no-control-regex -- exactly what text must not hold
    if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) throw unusable(source.name, `line ${number} holds control characters: it is no text`);
    const tokens = tokenize(text);
    if (tokens.length > 0) items.push({ kind: 'text', text, tokens });
    if (items.length >= limit) break;
  }
  if (items.length === 0) throw unusable(source.name, 'it holds no sentence');
  return items;
}

/**
 * Words and punctuation marks, each a token; a file that is tokenised already (it holds SentencePiece's ▁ or joiner marks ￭)
 * is split at spaces only.
 */
export function tokenize(sentence: string): readonly string[] {
  if (/[▁￭]|@@ /.test(sentence)) return sentence.split(/\s+/).filter((token) => token !== '');
  return sentence.match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}]+)?|[^\s\p{L}\p{M}\p{N}]/gu) ?? [];
}

/** Lines without their ends. @throws ServescapeError when a line is no UTF-8 or longer than a sentence can be */
export async function* lines(source: ByteSource, lengthMax = LINE_LENGTH_MAX): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let held = '';
  let done = false;
  while (!done) {
    const chunk = await source.next();
    done = chunk.length === 0;
    held += decoded(source, decoder, chunk, done);
    const parts = held.split(/\r\n|\n|\r(?!$)/);
    held = parts.pop() ?? '';
    yield* parts;
    if (held.length > lengthMax) throw unusable(source.name, `it has a line of more than ${lengthMax} characters`, { hint: 'Choose a file with one entry a line.' });
  }
  if (held !== '') yield held;
}

function decoded(source: ByteSource, decoder: InstanceType<typeof TextDecoder>, chunk: Uint8Array, isLast: boolean): string {
  try {
    return decoder.decode(chunk, { stream: !isLast });
  } catch (cause) {
    throw unusable(source.name, 'it is not UTF-8 text', { cause, hint: 'Choose a plain text file in UTF-8.' });
  }
}

function unescaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' };
  return text.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity]!).trim();
}
