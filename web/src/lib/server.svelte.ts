// SPDX-License-Identifier: GPL-3.0-or-later
// What this server is and can do, asked once and when a page wants to know again.
import { api } from './api';

export interface Part {
  available: boolean;
  reason: string | null;
}
export interface Parts {
  version: string;
  parts: Record<string, Part>;
  session: string | null;
  tracks: number | null;
  simulated_library?: boolean;
}

class Server {
  account = $state<string | null>(null);
  loginNeeded = $state(false);
  canLogOut = $state(false);
  offline = $state(false);
  ready = $state(false);
  parts = $state<Parts | null>(null);

  private asking = 0;

  /** Gone is said at once; from then on the server is asked every other second until it is back. */
  reached(there: boolean): void {
    this.offline = !there;
    clearTimeout(this.asking);
    if (!there) this.asking = window.setTimeout(() => void api.get('/health').catch(() => {}), 2000);
  }

  async load(): Promise<void> {
    try {
      const me = await api.get<{ account: string | null; login_needed: boolean; can_log_out: boolean }>('/account');
      this.account = me.account;
      this.loginNeeded = me.login_needed;
      this.canLogOut = me.can_log_out;
      if (!me.login_needed) this.parts = await api.get<Parts>('/parts');
    } catch {
      // reached() says that it is gone.
    }
    this.ready = true;
  }

  /** A part that is missing is said to be missing, never imitated. */
  missing(part: string): string | null {
    const state = this.parts?.parts[part];
    if (!state) return this.parts ? '' : null;
    return state.available ? null : (state.reason ?? '');
  }
}

export const server = new Server();
