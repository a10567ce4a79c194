// SPDX-License-Identifier: GPL-3.0-or-later
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { loadStrings } from './lib/strings';
import { prefs } from './lib/prefs.svelte';
import { router } from './lib/router.svelte';
import { server } from './lib/server.svelte';
import { live } from './lib/live.svelte';
import { whenLoginNeeded, whenReached } from './lib/api';

prefs.apply();
router.start();
whenReached((there) => server.reached(there));
whenLoginNeeded(() => (server.loginNeeded = true));

async function begin(): Promise<void> {
  const [strings] = await Promise.allSettled([loadStrings('en'), server.load()]);
  if (strings.status === 'rejected') {
    document.body.textContent = 'Attune cannot read its texts (share/strings/en.json). Is the installation complete?';
    return;
  }
  // A session that runs is found again after a reload.
  if (server.parts?.session) live.open(server.parts.session);
  mount(App, { target: document.getElementById('app')! });
}
void begin();
