import { escape } from './svg.ts';
import type { Rich } from './rich.ts';

export interface ReportTable {
  readonly caption: string;
  readonly head: readonly string[];
  /** As shown. */
  readonly rows: readonly (readonly string[])[];
}

export interface ReportParts {
  readonly title: string;
  /** Set-up in one line: budget, levels, machine. */
  readonly under: string;
  /** "Simulated in virtual time, not measured"; empty when measured. */
  readonly note: string;
  readonly sentences: readonly Rich[];
  readonly claimsTitle: string;
  readonly claims: readonly { readonly statement: string; readonly verdict: string; readonly numbers: string }[];
  readonly tables: readonly ReportTable[];
  /** Whole SVG figures, in order. */
  readonly figures: readonly string[];
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;color:#1c1b22;background:#fff;max-width:62rem;margin:2.5rem auto;padding:0 1.5rem}h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.under{color:#55525f}.note{border:1px solid #b9b5c6;border-radius:6px;padding:.4rem .7rem;display:inline-block}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.85rem}
caption{text-align:left;font-weight:600;padding:.4rem 0}th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid #dddae4}th:first-child,td:first-child{text-align:left}svg{width:100%;height:auto;margin:1rem 0;break-inside:avoid}
@media print{body{margin:0;max-width:none}table,figure,li{break-inside:avoid}}`;

/** One file without anything from elsewhere: words, claims, tables and figures. `print-report.ts` puts the same on paper. */
export function toHtmlReport({ title, under, note, sentences, claimsTitle, claims, tables, figures }: ReportParts): string {
  const rich = (text: Rich): string => text.map((part) => (typeof part === 'string' ? escape(part) : `<strong>${escape(part.strong)}</strong>`)).join('');
  return [
    '<!doctype html>', '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escape(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escape(title)}</h1><p class="under">${escape(under)}</p>`, note === '' ? '' : `<p class="note">${escape(note)}</p>`,
    ...sentences.map((sentence) => `<p>${rich(sentence)}</p>`),
    claims.length === 0 ? '' : `<h2>${escape(claimsTitle)}</h2><ul>${claims.map(({ statement, verdict, numbers }) => `<li>${escape(statement)}. <strong>${escape(verdict)}.</strong> ${escape(numbers)}</li>`).join('')}</ul>`,
    ...tables.map(({ caption, head, rows }) => `<table><caption>${escape(caption)}</caption><thead><tr>${head.map((text) => `<th scope="col">${escape(text)}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((text) => `<td>${escape(text)}</td>`).join('')}</tr>`).join('')}</tbody></table>`),
    '<h2>Figures</h2>', ...figures.map((figure) => `<figure style="margin:0">${figure}</figure>`), '</body></html>',
  ].join('\n');
}
