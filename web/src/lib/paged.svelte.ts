// SPDX-License-Identifier: GPL-3.0-or-later
// A list of any length, of which only what is in sight (and a little more) is fetched and kept.

export interface Page<T> {
  total: number;
  rows: T[];
}
export const kPageSize = 200;
const kKeptPages = 24;

export class PagedList<T> {
  total = $state(0);
  /** Raised when rows have arrived. */
  version = $state(0);
  error = $state<unknown>(null);
  private pages = new Map<number, T[]>();
  private asked = new Map<number, AbortController>();
  private fetchPage: (offset: number, limit: number, signal: AbortSignal) => Promise<Page<T>>;

  constructor(fetchPage: (offset: number, limit: number, signal: AbortSignal) => Promise<Page<T>>) {
    this.fetchPage = fetchPage;
  }

  /** A new question: forgets everything. */
  reset(fetchPage: (offset: number, limit: number, signal: AbortSignal) => Promise<Page<T>>): void {
    for (const controller of this.asked.values()) controller.abort();
    this.asked.clear();
    this.pages.clear();
    this.fetchPage = fetchPage;
    this.error = null;
    this.want(0, 1);
  }

  row(index: number): T | undefined {
    return this.pages.get(Math.floor(index / kPageSize))?.[index % kPageSize];
  }

  put(index: number, row: T): void {
    const page = this.pages.get(Math.floor(index / kPageSize));
    if (page) page[index % kPageSize] = row;
    this.version += 1;
  }

  /** Asks for the pages of rows first..last; pages that left the view are no longer waited for. */
  want(first: number, last: number): void {
    const from = Math.floor(Math.max(0, first) / kPageSize);
    const to = Math.floor(Math.max(0, last) / kPageSize);
    for (const [page, controller] of this.asked) {
      if (page < from - 1 || page > to + 1) {
        controller.abort();
        this.asked.delete(page);
      }
    }
    for (let page = from; page <= to; page++) if (!this.pages.has(page) && !this.asked.has(page)) void this.load(page);
  }

  private async load(page: number): Promise<void> {
    const controller = new AbortController();
    this.asked.set(page, controller);
    try {
      const answer = await this.fetchPage(page * kPageSize, kPageSize, controller.signal);
      this.total = answer.total;
      this.pages.set(page, answer.rows);
      while (this.pages.size > kKeptPages) this.pages.delete(this.pages.keys().next().value as number);
      this.version += 1;
    } catch (error) {
      if (!controller.signal.aborted) this.error = error;
    }
    if (this.asked.get(page) === controller) this.asked.delete(page);
  }
}
