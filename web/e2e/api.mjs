// SPDX-License-Identifier: GPL-3.0-or-later
// docs/openapi.json is a valid OpenAPI 3.1 document, names exactly the routes that the server has, and its
// examples do what it says against the real server.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import { attune, check, finish, root, run, serve, temporary, test } from './kit.mjs';

const document = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8'));
const data = temporary('api');
run('simulate', 'library', '--tracks', '60', '--seed', '5', '--data', data);
run('session', 'run', '--goal', 'calm', '--minutes', '10', '--sense', 'simulated:anxious?seed=1&family=textbook', '--sink', 'null', '--fast', '--seed', '1', '--data', data, '--json');
const server = await serve(data);
const ask = (path, options) => fetch(server.url + path, options);
const session = (await (await ask('/api/v1/sessions')).json()).sessions[0].id;
const track = (await (await ask('/api/v1/library/tracks?limit=1')).json()).rows[0].key;
// A real file, so that a track can be heard.
const music = join(data, 'music');
mkdirSync(music);
execFileSync('sox', ['-n', '-r', '44100', '-c', '2', join(music, 'tone.aiff'), 'synth', '12', 'sine', '220', 'gain', '-8']);
run('library', 'scan', music, '--data', data, '--json');
const heard = (await (await ask('/api/v1/library/tracks?q=tone.aiff')).json()).rows[0].key;
// What an operation made stands for $name in those after it.
const known = { track, session, heard };
const filled = (value) => JSON.parse(Object.entries(known).reduce((text, [name, id]) => text.replaceAll('$' + name, id), JSON.stringify(value)));

await test('the document is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone(document));
  check(result.valid, JSON.stringify(result.errors, null, 1));
});

await test('it names the routes of the server, no more and no fewer', async () => {
  const served = execFileSync(attune, ['serve', '--routes', '--data', data], { encoding: 'utf8' }).trim().split('\n').map((line) => line.replace(/^WS /, 'GET ')).sort();
  const written = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`)).sort();
  const missing = served.filter((r) => !written.includes(r));
  const extra = written.filter((r) => !served.includes(r));
  check(missing.length + extra.length === 0, `not written: ${missing.join(', ')}; not served: ${extra.join(', ')}`);
});

const ajv = new Ajv({ strict: false });
ajv.addSchema({ $id: 'doc', components: document.components });
const schemaOf = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('#/components', 'doc#/components'));
for (const [path, methods] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const plan = operation['x-execute'];
    if (!plan) continue;
    await test(`${method.toUpperCase()} ${path}`, async () => {
      const where = Object.entries(filled(plan.path ?? {})).reduce((p, [name, value]) => p.replace(`{${name}}`, value), path);
      const query = new URLSearchParams(plan.query ?? {}).toString();
      const example = operation.requestBody?.content['application/json'].example;
      const answer = await ask(where + (query ? `?${query}` : ''), {
        method: method.toUpperCase(),
        headers: example ? { 'Content-Type': 'application/json' } : {},
        body: example ? JSON.stringify(filled(example)) : undefined
      });
      const [status, promised] = Object.entries(operation.responses).find(([code]) => /^\d/.test(code));
      const text = await answer.text();
      check(String(answer.status) === status, `${answer.status}: ${text.slice(0, 300)}`);
      for (const [name, field] of Object.entries(plan.capture ?? {})) known[name] = JSON.parse(text)[field];
      const schema = promised.content?.['application/json']?.schema;
      if (!schema) return;
      const validate = ajv.compile(schemaOf(schema));
      check(validate(JSON.parse(text)), JSON.stringify(validate.errors?.slice(0, 4)));
    });
  }
}

await test('every error is a problem document', async () => {
  for (const [path, options, status] of [
    ['/api/v1/nothing', {}, 404],
    ['/api/v1/health', { method: 'DELETE' }, 405],
    ['/api/v1/library/tracks?sort=tempos', {}, 400],
    ['/api/v1/library/tracks?limit=-1', {}, 400],
    ['/api/v1/library/tracks/ffffffffffff', {}, 404],
    ['/api/v1/sessions/nope', {}, 404],
    ['/api/v1/sessions', { method: 'POST', body: '{', headers: { 'Content-Type': 'application/json' } }, 400],
    ['/api/v1/sessions', { method: 'POST', body: '{}', headers: { 'Content-Type': 'text/plain' } }, 415],
    ['/api/v1/sessions', { method: 'POST', body: '{"goal":"fly","minutes":5}', headers: { 'Content-Type': 'application/json' } }, 400]
  ]) {
    const answer = await ask(path, options);
    const body = await answer.json();
    check(answer.status === status && body.status === status && body.detail && answer.headers.get('content-type') === 'application/problem+json', `${path}: ${answer.status} ${JSON.stringify(body)}`);
  }
});

await server.stop();
finish();
