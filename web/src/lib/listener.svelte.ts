// SPDX-License-Identifier: GPL-3.0-or-later
// Whom the next session is for. Nobody chosen: the owner of this space. Kept while the page is open, no longer.

export interface Listener {
  id: string;
  initials: string;
}
class Chosen {
  who = $state<Listener | null>(null);
}
export const chosen = new Chosen();
