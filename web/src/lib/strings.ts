// SPDX-License-Identifier: GPL-3.0-or-later
// Every text that a person reads comes from share/strings/<language>.json; none stands in the pages.

type Tree = { [key: string]: string | Tree };
let tree: Tree = {};

export async function loadStrings(language = 'en'): Promise<void> {
  const answer = await fetch(`/api/v1/strings/${language}`, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`strings: ${answer.status}`);
  setStrings((await answer.json()) as Tree);
}

export function setStrings(next: Tree): void {
  tree = next;
}

function find(path: string): string | undefined {
  let node: string | Tree | undefined = tree;
  for (const part of path.split('.')) {
    if (typeof node !== 'object') return undefined;
    node = node[part];
  }
  return typeof node === 'string' ? node : undefined;
}

/** Fills {name} from args. `{n|one track|{n} tracks}` picks by number. */
export function fill(text: string, args: Record<string, string | number> = {}): string {
  const plural = text.replace(/\{(\w+)\|([^|{}]*(?:\{\w+\}[^|{}]*)*)\|([^|{}]*(?:\{\w+\}[^|{}]*)*)\}/g, (_, name, one, many) =>
    Number(args[name]) === 1 ? one : many
  );
  return plural.replace(/\{(\w+)\}/g, (whole, name) => (name in args ? String(args[name]) : whole));
}

/** The text at `web.<key>`; the key itself if it is missing, so that a gap is seen. */
export function t(key: string, args: Record<string, string | number> = {}): string {
  const text = find(`web.${key}`);
  return text === undefined ? key : fill(text, args);
}

/** A text of another part of the file ("reasons.near_waypoint"), or undefined. */
export function shared(path: string, args: Record<string, string | number> = {}): string | undefined {
  const text = find(path);
  return text === undefined ? undefined : fill(text, args);
}
