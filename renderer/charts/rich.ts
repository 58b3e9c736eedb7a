/** Text with emphasis; kept as data so that sentences can be tested and reused. */
export type Rich = readonly (string | { readonly strong: string })[];

export function plain(text: Rich): string {
  return text.map((part) => (typeof part === 'string' ? part : part.strong)).join('');
}
