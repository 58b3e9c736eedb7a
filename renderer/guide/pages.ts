/** The documents that come with the program; read when the guide is opened. */
const TEXTS = import.meta.glob<string>('../../resources/docs/*.md', { query: '?raw', import: 'default' });
const PICTURES = import.meta.glob<string>('../../resources/screenshots/*-{light,dark}.png', { query: '?url', import: 'default', eager: true });

export const GUIDE_PAGES = [
  { id: 'guide', title: 'User guide' },
  { id: 'lab', title: 'Lab exercise' },
  { id: 'scale', title: 'Past this machine' },
  { id: 'glossary', title: 'Glossary' },
  { id: 'troubleshooting', title: 'Troubleshooting' },
  { id: 'extend', title: 'Add your own' },
] as const;
export type GuidePageId = (typeof GUIDE_PAGES)[number]['id'];

export interface GuidePlace {
  readonly page: GuidePageId;
  /** Slug of a heading; empty: the top. */
  readonly anchor: string;
}

export function readPage(page: GuidePageId): Promise<string> {
  return TEXTS[`../../resources/docs/${page}.md`]!();
}

/** Address of a picture named in a document, in the colours now shown; null when there is none. */
export function pictureAddress(source: string, theme: 'light' | 'dark'): string | null {
  const name = source.split('/').at(-1)!.replace(/-(light|dark)\.png$/, `-${theme}.png`);
  return PICTURES[`../../resources/screenshots/${name}`] ?? null;
}

/** The anchor of a heading, as code hosts make it. */
export function slugOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').trim().replaceAll(' ', '-');
}

/** Where a link of a document leads: another page of the guide, a place on this one, or nothing the program can show. */
export function linkTarget(href: string, here: GuidePageId): GuidePlace | null {
  const [file = '', anchor = ''] = href.split('#');
  if (file === '') return { page: here, anchor };
  const page = GUIDE_PAGES.find(({ id }) => file === `${id}.md`);
  return page ? { page: page.id, anchor } : null;
}
