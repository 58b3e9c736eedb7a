import type { ReportParts } from './html-report.ts';
import type { Rich } from './rich.ts';

/**
 * Puts the report in place of the page, has it printed (which saves a PDF wherever the system offers that) and takes it away
 * again. The figures are pictures, because the page policy refuses foreign markup with styles of its own.
 */
export async function printReport(parts: ReportParts, print: () => void = () => window.print()): Promise<void> {
  const addresses: string[] = [];
  const pictures = parts.figures.map((figure) => {
    const picture = element('img');
    picture.src = URL.createObjectURL(new Blob([figure], { type: 'image/svg+xml' }));
    picture.alt = /<title>([^<]*)/.exec(figure)?.[1] ?? '';
    addresses.push(picture.src);
    return picture;
  });
  const report = element('section', ...reportNodes(parts), ...pictures);
  report.className = 'print-report';
  const title = document.title;
  document.body.append(report);
  // The title is what the print dialog proposes as the file's name.
  document.title = parts.title;
  try {
    await Promise.all(pictures.map((picture) => picture.decode()));
    print();
  } finally {
    document.title = title;
    report.remove();
    for (const address of addresses) URL.revokeObjectURL(address);
  }
}

function reportNodes({ title, under, note, sentences, claimsTitle, claims, tables }: ReportParts): readonly Node[] {
  return [
    element('h1', title), element('p', under), ...(note === '' ? [] : [element('p', element('b', note))]),
    ...sentences.map((sentence) => element('p', ...rich(sentence))),
    ...(claims.length === 0 ? [] : [
      element('h2', claimsTitle),
      element('ul', ...claims.map(({ statement, verdict, numbers }) => element('li', `${statement}. `, element('b', `${verdict}.`), ` ${numbers}`))),
    ]),
    ...tables.map(({ caption, head, rows }) => element('table',
      element('caption', caption), element('thead', element('tr', ...head.map((text) => element('th', text)))),
      element('tbody', ...rows.map((row) => element('tr', ...row.map((text) => element('td', text))))),
    )),
    element('h2', 'Figures'),
  ];
}

function rich(text: Rich): readonly (string | Node)[] {
  return text.map((part) => (typeof part === 'string' ? part : element('b', part.strong)));
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, ...children: readonly (string | Node)[]): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}
