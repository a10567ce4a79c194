// SPDX-License-Identifier: GPL-3.0-or-later
import { describe, expect, it } from 'vitest';
import { SessionModel } from '../src/lib/live.svelte';
import type { SessionEvent } from '../src/lib/types';

const event = (seq: number, t_s: number, kind: string, data: object, origin = 'live'): SessionEvent => ({ seq, t_s, kind, actor: 'local', origin, data: data as Record<string, unknown> });
const evidence = (x: number | null, abstained: string | null = null) => ({ source: 'strap', kind: 'heart', valence: null, arousal: null, activation: x, display: null, quality: 'good', abstained, model: 'm@1', origin: 'live' });

describe('what the page knows of a session', () => {
  it('takes no event twice after a reconnect', () => {
    const model = new SessionModel();
    for (const seq of [1, 2, 2, 1, 3]) model.apply(event(seq, seq, 'rating', { value: { valence: 0, arousal: 0 }, prompted: false }));
    expect(model.ratings.length).toBe(3);
  });

  it('shows a gap as a gap', () => {
    const model = new SessionModel();
    model.apply(event(1, 1, 'evidence', evidence(0.5)));
    model.apply(event(2, 2, 'evidence', evidence(null, 'motion')));
    model.apply(event(3, 3, 'evidence', evidence(0.7)));
    expect(model.sources.get('strap')!.trace.map((p) => p.value)).toEqual([0.5, null, 0.7]);
  });

  it('forgets traces older than a minute', () => {
    const model = new SessionModel();
    for (let i = 0; i < 100; i++) model.apply(event(i + 1, i, 'evidence', evidence(i)));
    expect(model.sources.get('strap')!.trace.length).toBe(61);
  });

  it('weighs a lost source nothing at once', () => {
    const model = new SessionModel();
    model.apply(event(1, 1, 'evidence', evidence(0.5)));
    model.apply(event(2, 2, 'source', { source: 'strap', kind: 'heart', status: 'lost', reason: 'gone' }));
    const view = model.sources.get('strap')!;
    expect([view.weight, view.quality, view.status]).toEqual([0, 'lost', 'lost']);
  });

  it('draws nothing of a state that is not sent, and still shows whether a sensor works', () => {
    const model = new SessionModel();
    model.apply(event(1, 1, 'start', { goal: null, start: null, simulated: false, sources: [], policy: { show_state: false, flagged: false, dose_left: null, level_lufs: -18 } }));
    model.apply(event(2, 2, 'state', { t_ns: 2, sources: [{ id: 'strap', kind: 'heart', status: 'active', reason: '' }], origin: 'live' }));
    model.apply(event(3, 2, 'evidence', { source: 'strap', kind: 'heart', quality: 'good', abstained: null, model: 'm@1', origin: 'live' }));
    const view = model.sources.get('strap')!;
    expect([model.showState, model.felt.length, view.status, view.weight, view.display]).toEqual([false, 0, 'active', null, null]);
    expect(view.trace.map((p) => p.value)).toEqual([null]);
  });

  it('counts the steps that the music was slowed by, from what was done and not from what was asked', () => {
    const model = new SessionModel();
    const said = (seq: number, what: string, code: string) => model.apply(event(seq, seq, 'decision', { what, reasons: [{ code, args: {}, contribution: 0 }], plan: null, question: '', answers: [] }));
    said(1, 'slower', 'you_said_slower');
    said(2, 'slower', 'you_said_slower');
    said(3, 'faster', 'you_said_faster');
    expect(model.slowerBy).toBe(1);
    said(4, 'faster', 'you_said_faster');
    said(5, 'refused', 'own_tempo_already');
    expect([model.slowerBy, model.refused?.reasons[0].code]).toEqual([0, 'own_tempo_already']);
    said(6, 'hold', 'you_said_hold');
    expect(model.refused).toBe(null);
  });

  it('is simulated from the first simulated event on', () => {
    const model = new SessionModel();
    model.apply(event(1, 1, 'evidence', evidence(1), 'simulated'));
    expect(model.simulated).toBe(true);
  });

  it('says who composes what plays, and nobody while a track does', () => {
    const model = new SessionModel();
    model.apply(event(1, 1, 'composed', { item: 'a', engine: 'lstm', style: 'folk', key: 'D major', seed: 1, phrase: 0, fell_back: false }));
    model.apply(event(2, 1, 'heard', { item: 'a', kind: 'compose', playing: true }));
    expect(model.composer?.engine).toBe('lstm');
    model.apply(event(3, 9, 'composed', { item: 'a', engine: 'rule', style: 'folk', key: 'D major', seed: 1, phrase: 3, fell_back: true }));
    expect([model.composer?.engine, model.composer?.fell_back]).toEqual(['rule', true]);
    model.apply(event(4, 20, 'heard', { item: 'b', kind: 'track', playing: true }));
    expect(model.composer).toBe(null);
  });

  it('asks about a piece that carries memories by its title until it is answered, or nobody did', () => {
    const about = { title: 'Clair de lune', track: 'ab' };
    const decision = (seq: number, what: string, code: string, question = '', answers: string[] = []) =>
      event(seq, seq, 'decision', { what, reasons: [{ code, args: about, contribution: 0 }], plan: null, question, answers });
    for (const end of [event(4, 4, 'command', { kind: 'yes', args: {} }), event(4, 4, 'command', { kind: 'no', args: {} }), decision(4, 'no', 'memory_unanswered')]) {
      const model = new SessionModel();
      model.apply(decision(1, 'ask', 'memory_fits', 'memory', ['yes', 'no']));
      expect([model.question, model.answers, model.about.title]).toEqual(['memory', ['yes', 'no'], 'Clair de lune']);
      model.apply(event(2, 2, 'rating', { value: { valence: 0, arousal: 0 }, prompted: false }));
      model.apply(event(3, 3, 'command', { kind: 'softer', args: {} }));
      expect(model.question).toBe('memory');
      model.apply(end);
      expect(model.question).toBe('');
    }
  });

  it('offers help when somebody says again that they feel worse, until it is put away', () => {
    const model = new SessionModel();
    const flag = (seq: number, code: string) => event(seq, seq, 'decision', { what: 'flag', reasons: [{ code, args: {}, contribution: 0 }], plan: null, question: '', answers: [] });
    model.apply(event(1, 0, 'start', { person: 'p', goal: null, start: null, simulated: false, sources: [], policy: null }));
    model.apply(flag(2, 'worse'));
    expect([model.person, model.offersHelp]).toEqual(['p', false]);
    model.apply(flag(3, 'worse_again'));
    expect(model.offersHelp).toBe(true);
    model.helpPutAway = true;
    expect(model.offersHelp).toBe(false);
    model.apply(flag(4, 'worse_again'));
    expect(model.offersHelp).toBe(true);
    expect(model.flags.map((f) => f.code)).toEqual(['worse', 'worse_again', 'worse_again']);
  });

  it('keeps the newest report of the sound', () => {
    const model = new SessionModel();
    for (const underruns of [0, 2]) model.apply(event(underruns + 1, 13, 'sound', { sink: 'browser', underruns, buffer_ms: 60, dose_share: 0.01 }));
    expect([model.sound?.underruns, model.sound?.dose_share]).toEqual([2, 0.01]);
  });

  it('draws no estimate without evidence', () => {
    const model = new SessionModel();
    model.apply(event(1, 1, 'state', { any_evidence: false, sources: [], felt: { mean: { valence: 0, arousal: 0 }, cov: [1, 0, 1] } }));
    expect(model.felt).toEqual([]);
  });
});
