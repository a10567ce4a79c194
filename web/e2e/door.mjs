// SPDX-License-Identifier: GPL-3.0-or-later
// The door when other machines may come: an owner's password, TLS, and no secret in an address or a log.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { attune, browser, check, finish, run, temporary, test } from './kit.mjs';

const password = 'otter-lamp-Quince 41';
const data = temporary('door');
run('simulate', 'library', '--tracks', '30', '--seed', '3', '--data', data);
let said = '';

await test('without a password it does not open to other machines', async () => {
  let refused = null;
  try { run('serve', '--host', '0.0.0.0', '--port', '0', '--data', data); } catch (error) { refused = error; }
  check(refused !== null, 'it must refuse');
  check(/--set-password/.test(String(refused.stderr)), `it must say what to do: ${refused.stderr}`);
});

execFileSync(attune, ['serve', '--set-password', '--data', data], { input: `${password}\n`, stdio: ['pipe', 'ignore', 'pipe'] });
const child = spawn(attune, ['serve', '--json', '--host', '0.0.0.0', '--port', '0', '--data', data], { stdio: ['ignore', 'pipe', 'pipe'] });
process.on('exit', () => child.kill('SIGKILL'));
child.stderr.on('data', (block) => (said += block));
const url = await new Promise((done, failed) => {
  child.stdout.on('data', (block) => { said += block; const match = said.match(/"url":"([^"]+)"/); if (match) done(match[1].replace(/\/$/, '').replace('0.0.0.0', '127.0.0.1')); });
  child.on('exit', (code) => failed(new Error(`attune serve ended with ${code}: ${said}`)));
});
const chrome = await browser();
const context = await chrome.newContext({ ignoreHTTPSErrors: true });
const page = await context.newPage();
const addresses = [];
page.on('request', (r) => addresses.push(r.url()));
page.on('websocket', (s) => addresses.push(s.url()));

await test('TLS is on, and who has not logged in gets the login and nothing else', async () => {
  check(url.startsWith('https://'), `${url} is not https`);
  const answer = await page.goto(`${url}/library`);
  check(answer.ok(), 'the page itself may load');
  await page.getByLabel('Password').waitFor();
  const refused = await page.evaluate(async () => (await fetch('/api/v1/library/tracks')).status);
  check(refused === 401, `a request without a log-in got ${refused}`);
});

await test('a wrong password is refused in words, the right one opens', async () => {
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('link', { name: 'Settings' }).waitFor();
  for (const name of ['Library', 'Sessions', 'Live', 'Settings']) { await page.getByRole('link', { name, exact: true }).first().click(); await page.waitForTimeout(200); }
});

await test('the log-in is a cookie that scripts cannot read and other sites do not get', async () => {
  const [cookie, ...more] = await context.cookies();
  check(more.length === 0, 'one cookie');
  check(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Strict', JSON.stringify({ ...cookie, value: '…' }));
});

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (statSync(file).isDirectory()) yield* files(file);
    else yield file;
  }
}

await test('neither password nor log-in stands in an address, in a log, or anywhere in the data', async () => {
  const [cookie] = await context.cookies();
  const secrets = [password, encodeURIComponent(password), 'not the password', cookie.value];
  check(addresses.length > 20, 'addresses were seen');
  child.kill('SIGTERM');
  await new Promise((done) => child.on('exit', done));
  for (const secret of secrets) {
    check(!addresses.some((a) => a.includes(secret)), 'a secret in an address');
    check(!said.includes(secret), 'a secret in what the server said');
    for (const file of files(data)) check(!readFileSync(file).includes(secret), `a secret in ${file.slice(data.length)}`);
  }
});

await chrome.close();
finish();
