// SPDX-License-Identifier: GPL-3.0-or-later
// Short messages that take nothing away; what was done can be undone from here, so no dialogue asks.
import { Problem } from './api';
import { t } from './strings';

export interface Toast {
  id: number;
  text: string;
  kind: 'info' | 'error';
  undo?: () => void | Promise<void>;
}

class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;

  say(text: string, undo?: Toast['undo'], kind: Toast['kind'] = 'info'): void {
    const id = this.next++;
    this.list = [...this.list.slice(-2), { id, text, kind, undo }];
    setTimeout(() => this.close(id), undo || kind === 'error' ? 10_000 : 5_000);
  }

  /** What happened and what to do next. */
  error(error: unknown): void {
    this.say(words(error), undefined, 'error');
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export function words(error: unknown): string {
  if (error instanceof Problem) {
    if (error.gone) return t('errors.offline');
    if (error.code === 'disk_full') return t('errors.disk_full');
    const detail = error.message;
    return detail ? detail.charAt(0).toUpperCase() + detail.slice(1) + (/[.!?]$/.test(detail) ? '' : '.') : t('errors.unknown');
  }
  return error instanceof Error && error.message ? error.message : t('errors.unknown');
}

export const toasts = new Toasts();
