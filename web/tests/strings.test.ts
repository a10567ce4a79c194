// SPDX-License-Identifier: GPL-3.0-or-later
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fill, setStrings, t } from '../src/lib/strings';

const catalogue = JSON.parse(readFileSync(new URL('../../share/strings/en.json', import.meta.url), 'utf8'));
const kBanned = [/\btreats?\b/i, /\bcures?\b/i, /reduces anxiety/i, /detects depression/i, /medical grade/i];

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sources(path) : /\.(ts|svelte)$/.test(name) ? [path] : [];
  });
}
function texts(node: unknown): string[] {
  return typeof node === 'string' ? [node] : typeof node === 'object' && node !== null ? Object.values(node).flatMap(texts) : [];
}

describe('the catalogue of texts', () => {
  beforeAll(() => setStrings(catalogue));

  it('holds every text that the pages ask for by name', () => {
    const gaps = new Set<string>();
    for (const file of sources(new URL('../src', import.meta.url).pathname)) {
      for (const match of readFileSync(file, 'utf8').matchAll(/\bt\('([\w.]+)'/g)) {
        if (t(match[1]) === match[1]) gaps.add(match[1]);
      }
      // t(`feel.${x}`): the part before must be a group.
      for (const match of readFileSync(file, 'utf8').matchAll(/\bt\(`([\w.]+)\.\$\{/g)) {
        const group = match[1].split('.').reduce((node: any, part: string) => node?.[part], catalogue.web);
        if (typeof group !== 'object') gaps.add(`${match[1]}.*`);
      }
    }
    expect([...gaps]).toEqual([]);
  });

  it('claims nothing that a listening aid must not claim', () => {
    expect(texts(catalogue).filter((text) => kBanned.some((word) => word.test(text)))).toEqual([]);
  });

  it('names the piece that it asks about, and both answers', () => {
    expect(t('question.memory', { title: 'Clair de lune' })).toContain('“Clair de lune”');
    for (const answer of ['yes', 'no']) for (const group of ['answer', 'did']) expect(t(`${group}.${answer}`)).not.toBe(`${group}.${answer}`);
  });

  it('fills names and picks the plural', () => {
    expect(fill('{n|One track|{n} tracks} gathered', { n: 1 })).toBe('One track gathered');
    expect(fill('{n|One track|{n} tracks} gathered', { n: 7 })).toBe('7 tracks gathered');
    expect(fill('Weight {share}, {unknown}', { share: '12 %' })).toBe('Weight 12 %, {unknown}');
  });
});
