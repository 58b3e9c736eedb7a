import { ServescapeError } from '../domain/errors.ts';

/**
 * Protocol buffers in text form, without a schema: a tree of fields. Covers what TensorFlow Serving's
 * configuration files use: messages in { } or < >, lists in [ ], numbers, booleans, words, quoted strings, # comments.
 */
export interface ProtoField {
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  readonly value: ProtoValue;
}

export type ProtoValue =
  | { readonly kind: 'scalar'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'message'; readonly fields: readonly ProtoField[] };

interface Token {
  readonly kind: 'word' | 'string' | 'mark' | 'end';
  readonly text: string;
  readonly line: number;
}

const NESTING_MAX = 20;
const TOKEN = /(?<space>[ \t\r\n\f\v]+|#[^\n]*)|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<word>[-+]?[A-Za-z0-9_.][A-Za-z0-9_.+-]*)|(?<mark>[{}<>[\]:,;])/y;

/** @throws ServescapeError `bad-input` naming the line, what stands there and what would be accepted */
export function parseTextProto(text: string, what: string): readonly ProtoField[] {
  const tokens = tokenize(text, what);
  const reader = { tokens, at: 0, what };
  const fields = readFields(reader, undefined, 0);
  return fields;
}

/** A typed refusal of one place in a configuration file. */
export function refuseProto(what: string, line: number, found: string, accepted: string): ServescapeError {
  return new ServescapeError('bad-input', `${what}, line ${line}: ${found}. Accepted: ${accepted}.`, {
    field: `${what}:${line}`,
    value: found,
    accepted,
  });
}

function tokenize(text: string, what: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      throw refuseProto(what, line, `unexpected character ${JSON.stringify(text[at])}`,
        'field names, numbers, true, false, quoted strings, { } and :');
    }
    const groups = match.groups ?? {};
    if (groups['string'] !== undefined) tokens.push({ kind: 'string', text: unquote(groups['string']), line });
    else if (groups['word'] !== undefined) tokens.push({ kind: 'word', text: groups['word'], line });
    else if (groups['mark'] !== undefined) tokens.push({ kind: 'mark', text: groups['mark'], line });
    line += match[0].split('\n').length - 1;
  }
  tokens.push({ kind: 'end', text: 'the end of the file', line });
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

interface Reader {
  readonly tokens: readonly Token[];
  readonly what: string;
  at: number;
}

function peek(reader: Reader): Token {
  return reader.tokens[reader.at] as Token;
}

function take(reader: Reader): Token {
  const token = peek(reader);
  if (token.kind !== 'end') reader.at += 1;
  return token;
}

function readFields(reader: Reader, closing: string | undefined, depth: number): readonly ProtoField[] {
  const fields: ProtoField[] = [];
  for (;;) {
    const token = take(reader);
    if (token.kind === 'mark' && token.text === closing) return fields;
    if (token.kind === 'end' && closing === undefined) return fields;
    if (token.kind === 'mark' && (token.text === ',' || token.text === ';') && fields.length > 0) continue;
    if (token.kind !== 'word' || !/^[A-Za-z_]/.test(token.text)) {
      throw refuseProto(reader.what, token.line, `found ${shown(token)}`,
        closing === undefined ? 'a field name' : `a field name or ${closing}`);
    }
    readValues(reader, token, depth, fields);
  }
}

function readValues(reader: Reader, name: Token, depth: number, fields: ProtoField[]): void {
  const hasColon = peek(reader).text === ':' && peek(reader).kind === 'mark';
  if (hasColon) take(reader);
  if (peek(reader).kind === 'mark' && peek(reader).text === '[' && hasColon) {
    take(reader);
    while (!(peek(reader).kind === 'mark' && peek(reader).text === ']')) {
      fields.push(readValue(reader, name, true, depth));
      if (peek(reader).kind === 'mark' && peek(reader).text === ',') take(reader);
      else break;
    }
    const closing = take(reader);
    if (closing.kind !== 'mark' || closing.text !== ']') {
      throw refuseProto(reader.what, closing.line, `found ${shown(closing)} in the list of ${name.text}`, 'a comma or ]');
    }
    return;
  }
  fields.push(readValue(reader, name, hasColon, depth));
}

function readValue(reader: Reader, name: Token, hasColon: boolean, depth: number): ProtoField {
  const token = take(reader);
  if (token.kind === 'mark' && (token.text === '{' || token.text === '<')) {
    if (depth >= NESTING_MAX) {
      throw refuseProto(reader.what, token.line, `more than ${NESTING_MAX} nested messages`, 'fewer');
    }
    const fields = readFields(reader, token.text === '{' ? '}' : '>', depth + 1);
    return { name: name.text, line: name.line, value: { kind: 'message', fields } };
  }
  if (hasColon && (token.kind === 'word' || token.kind === 'string')) {
    return { name: name.text, line: name.line, value: { kind: 'scalar', text: token.text, quoted: token.kind === 'string' } };
  }
  throw refuseProto(reader.what, token.line, `found ${shown(token)} after ${name.text}`,
    hasColon ? 'a value or {' : `“${name.text}: value” or “${name.text} { … }”`);
}

function shown(token: Token): string {
  return token.kind === 'end' ? token.text : `“${token.text}”`;
}
