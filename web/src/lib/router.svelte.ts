// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses of the pages: the browser's own history, no hash.

class Router {
  path = $state(typeof location === 'undefined' ? '/' : location.pathname);

  start(): void {
    addEventListener('popstate', () => (this.path = location.pathname));
    document.addEventListener('click', (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      const link = (event.target as Element).closest('a');
      if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
      if (link.pathname.startsWith('/api/')) return;
      event.preventDefault();
      this.go(link.pathname);
    });
  }

  go(path: string): void {
    if (path === this.path) return;
    history.pushState(null, '', path);
    this.path = path;
    scrollTo(0, 0);
    // A screen reader hears where it is.
    requestAnimationFrame(() => document.getElementById('page')?.focus());
  }

  get page(): string {
    return this.path.split('/')[1] ?? '';
  }
  get rest(): string {
    return this.path.split('/').slice(2).join('/');
  }
}

export const router = new Router();
