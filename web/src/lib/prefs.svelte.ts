// SPDX-License-Identifier: GPL-3.0-or-later
// What this browser remembers: looks only, nothing about a person.

type Theme = 'auto' | 'dark' | 'light';
type Sink = 'browser' | 'device';

function read<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
  try {
    const value = localStorage.getItem(`attune.${name}`) as T | null;
    return value !== null && allowed.includes(value) ? value : fallback;
  } catch {
    return fallback;
  }
}
function write(name: string, value: string): void {
  try {
    localStorage.setItem(`attune.${name}`, value);
  } catch {
    // A browser that keeps nothing still works.
  }
}

class Prefs {
  theme = $state<Theme>(read('theme', ['auto', 'dark', 'light'] as const, 'auto'));
  sink = $state<Sink>(read('sink', ['browser', 'device'] as const, 'browser'));
  welcomed = $state(read('welcomed', ['yes', 'no'] as const, 'no') === 'yes');
  levelChecked = $state(read('level', ['yes', 'no'] as const, 'no') === 'yes');

  apply(): void {
    if (this.theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
  }
  setTheme(theme: Theme): void {
    this.theme = theme;
    write('theme', theme);
    this.apply();
  }
  setSink(sink: Sink): void {
    this.sink = sink;
    write('sink', sink);
  }
  setWelcomed(): void {
    this.welcomed = true;
    write('welcomed', 'yes');
  }
  setLevelChecked(): void {
    this.levelChecked = true;
    write('level', 'yes');
  }
}

export const prefs = new Prefs();
