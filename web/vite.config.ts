// SPDX-License-Identifier: GPL-3.0-or-later
import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// Where the eyes lie in a face's crop is written down once, in the server's header; the page is built with it.
const header = readFileSync(new URL('../src/flow/crop.hpp', import.meta.url), 'utf8');
function ofCrop(name: string): string {
  const value = new RegExp(`\\b${name} = ([0-9.]+)[,;]`).exec(header)?.[1];
  if (value === undefined) throw new Error(`src/flow/crop.hpp holds no ${name}`);
  return value;
}

export default defineConfig({
  define: {
    __CROP_SIZE__: ofCrop('kCropSize'),
    __CROP_LEFT_EYE_X__: ofCrop('kLeftEyeX'),
    __CROP_RIGHT_EYE_X__: ofCrop('kRightEyeX'),
    __CROP_EYE_Y__: ofCrop('kEyeY')
  },
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // The policy of the server forbids inline anything: small files stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 1600
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8340', ws: true } } },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : undefined,
  test: { include: ['tests/**/*.test.ts'], environment: 'node' }
} as Parameters<typeof defineConfig>[0]);
