import { expect, test } from 'vitest';
import { toHtmlReport } from '../../../renderer/charts/html-report.ts';

test('one file without anything from elsewhere, nothing of the user’s words becomes markup', () => {
  const html = toHtmlReport({
    title: 'Duel <script>alert(1)</script>', under: '20 trials', note: 'Simulated', sentences: [['Bayesian is ', { strong: '22 %' }, ' faster & "sure"']],
    claimsTitle: 'The report’s three claims', claims: [{ statement: 'It rises', verdict: 'Supported', numbers: 'R² = 0.99' }], tables: [{ caption: 'Table 1', head: ['Concurrent', 'Mean (ms)'], rows: [['1', '2.8'], ['5', '3.0']] }],
    figures: ['<svg xmlns="http://www.w3.org/2000/svg"><title>f</title></svg>'],
  });
  const document = new DOMParser().parseFromString(html, 'text/html');
  expect(document.querySelectorAll('script, link, img, iframe')).toHaveLength(0);
  expect(html).not.toMatch(/(src|href)=/);
  expect(document.querySelector('h1')!.textContent).toBe('Duel <script>alert(1)</script>');
  expect(document.querySelectorAll('tbody tr')).toHaveLength(2);
  expect(document.querySelectorAll('svg')).toHaveLength(1);
  expect(document.body.textContent).toContain('Supported. R² = 0.99');
  expect(document.querySelector('p strong')!.textContent).toBe('22 %');
  expect(document.querySelector('.note')!.textContent).toBe('Simulated');
});
