// SPDX-License-Identifier: GPL-3.0-or-later
// Lays the trained parts of the camera beside the pages: weights come from the packages at build time and
// are never in the sources.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const model = 'node_modules/@vladmandic/face-api/model';
const wasm = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
mkdirSync('public/face', { recursive: true });
for (const net of ['tiny_face_detector_model', 'face_landmark_68_tiny_model']) {
  copyFileSync(`${model}/${net}.bin`, `public/face/${net}.bin`);
  copyFileSync(`${model}/${net}-weights_manifest.json`, `public/face/${net}-weights_manifest.json`);
}
for (const file of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm']) copyFileSync(`${wasm}/${file}`, `public/face/${file}`);
const notice = ['@vladmandic/face-api', '@tensorflow/tfjs-backend-wasm']
  .map((name) => {
    const folder = `node_modules/${name}`;
    const licence = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].map((f) => `${folder}/${f}`).find(existsSync);
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    return `${name} ${version} (${license})\n\n${licence ? readFileSync(licence, 'utf8') : ''}`;
  })
  .join('\n\n');
writeFileSync('public/face/NOTICE.txt', notice);
