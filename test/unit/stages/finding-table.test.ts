import { expect, test } from 'vitest';
import { type Finding, fine, warning } from '../../../src/pipeline/finding.js';
import { adviceText, findingTable } from '../../../stages/finding-table.js';
import { textOf } from '../../../stages/plain.js';

const stop = (what: string, hint: string): Finding => ({ what, level: 'stop', found: 'no', hint });
const grant = (table: string): string =>
  `GRANT SELECT ON \`a_rather_long_database\`.\`${table}\` TO 'reader'@'some.host.example.com';`;

test('what is fine needs nothing', () => {
  expect(adviceText([fine('a', 'b')])).toBe('');
});

test('stops come first; what is said in the same words is said once, with all statements', () => {
  const words = 'an administrator gives it:';
  const findings = [
    warning('slow', 'x', 'make it fast'),
    stop('images', `${words}\n${grant('Images')}`),
    fine('good', 'y'),
    stop('detections', `${words}\n${grant('Detections')}`),
  ];
  expect(adviceText(findings).split('\n')).toEqual([
    '',
    'what to do',
    '  stop: images, detections',
    `    ${words}`,
    `    ${grant('Images')}`,
    `    ${grant('Detections')}`,
    '  warning: slow',
    '    make it fast',
  ]);
});

test('sentences fit 80 columns, statements stay whole to be pasted', () => {
  const text = adviceText([
    warning('images', 'x', 'many words that go on and on '.repeat(6).trim(), [grant('Images')]),
  ]);
  const lines = text.split('\n');
  expect(lines).toContain(`    ${grant('Images')}`);
  for (const line of lines.filter((one) => !one.includes('GRANT'))) expect(line.length).toBeLessThanOrEqual(80);
});

test('the table has 80 columns at most, and each finding in full', () => {
  const long = 'a finding with so many words that it does not fit beside the others in one line of a screen';
  const text = textOf(findingTable([fine('mongo_body_world_landmarks', long), warning('x', 'short', '')])) ?? '';
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(text.replace(/\s+/g, ' ')).toContain('warning short');
});
