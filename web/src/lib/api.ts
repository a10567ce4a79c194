// SPDX-License-Identifier: GPL-3.0-or-later
// The one way to the server. Errors are its problem documents (RFC 9457), in plain words.

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string
  ) {
    super(detail);
  }
  get gone(): boolean {
    return this.code === 'offline';
  }
}

/** Told of every answer whether the server was there. */
let onReach: (there: boolean) => void = () => {};
export function whenReached(call: (there: boolean) => void): void {
  onReach = call;
}

type Body = Record<string, unknown> | undefined;
let onLoginNeeded: () => void = () => {};
export function whenLoginNeeded(call: () => void): void {
  onLoginNeeded = call;
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const body = (await answer.json()) as { code?: string; detail?: string; title?: string };
    return new Problem(answer.status, body.code ?? 'internal', body.detail ?? body.title ?? answer.statusText);
  } catch {
    return new Problem(answer.status, 'internal', answer.statusText);
  }
}

async function call<T>(method: string, path: string, body: Body, signal?: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      signal,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body)
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    onReach(false);
    throw new Problem(0, 'offline', '');
  }
  onReach(true);
  if (!answer.ok) {
    const problem = await problemOf(answer);
    if (problem.code === 'login_needed') onLoginNeeded();
    throw problem;
  }
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

export const api = {
  get: <T>(path: string, signal?: AbortSignal) => call<T>('GET', path, undefined, signal),
  post: <T>(path: string, body: Body = {}) => call<T>('POST', path, body),
  put: <T>(path: string, body: Body = {}) => call<T>('PUT', path, body),
  patch: <T>(path: string, body: Body = {}) => call<T>('PATCH', path, body),
  delete: <T>(path: string) => call<T>('DELETE', path, undefined)
};

export function socketUrl(path: string): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1${path}`;
}
