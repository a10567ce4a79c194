// SPDX-License-Identifier: GPL-3.0-or-later
// The page's loudspeaker: a worker takes Opus packets over a WebSocket and decodes them (WebCodecs), a worklet
// with a jitter buffer plays them; between the two nothing waits for this thread, which draws.
// Where WebCodecs or the worklet are missing (an insecure page), <audio> plays WebM/Opus over HTTP.
import { socketUrl } from '../lib/api';
import type { FromReceiver, ToReceiver } from './receiver';

export type SoundStatus = 'off' | 'starting' | 'playing' | 'waiting' | 'blocked' | 'fallback' | 'failed';

export function canDecode(): boolean {
  return typeof AudioDecoder !== 'undefined' && typeof AudioWorkletNode !== 'undefined' && isSecureContext;
}

class Player {
  status = $state<SoundStatus>('off');
  rms = $state(0);
  ahead_ms = $state(0);
  underruns = $state(0);

  private context: AudioContext | null = null;
  private node: AudioWorkletNode | null = null;
  private receiver: Worker | null = null;
  private element: HTMLAudioElement | null = null;
  private session: string | null = null;
  private reported = 0;

  /** Call from a tap or a key: browsers start sound only then. */
  async prepare(): Promise<void> {
    if (!canDecode() || this.context) return;
    this.context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    void this.context.resume();
    await this.context.audioWorklet.addModule('/worklets/player.js');
  }

  /** `base`: whose sound it is, sessions or what the composer plays. */
  async start(session: string, base = '/sessions'): Promise<void> {
    if (this.session === session) return;
    this.stop();
    this.session = session;
    this.status = 'starting';
    if (!canDecode() && base !== '/sessions') {
      this.status = 'failed';
      return;
    }
    if (!canDecode()) return this.startElement(session);
    try {
      await this.prepare();
      const context = this.context!;
      if (context.state !== 'running') await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]);
      this.node = new AudioWorkletNode(context, 'attune-player', { numberOfInputs: 0, outputChannelCount: [2] });
      this.node.connect(context.destination);
      this.node.port.onmessage = (event) => this.report(event.data);
      this.receive(socketUrl(`${base}/${session}/sound`));
      if ((context.state as string) !== 'running') this.status = 'blocked';
    } catch {
      this.status = 'failed';
    }
  }

  /** Silent within 200 ms, whatever the server does. */
  stop(): void {
    this.session = null;
    this.node?.port.postMessage({ type: 'stop' });
    const node = this.node;
    setTimeout(() => node?.disconnect(), 400);
    this.node = null;
    this.tell({ type: 'close' });
    this.receiver = null;
    if (this.element) {
      this.element.pause();
      this.element.removeAttribute('src');
      this.element = null;
    }
    this.status = 'off';
    this.rms = 0;
  }

  async unblock(): Promise<void> {
    await this.context?.resume();
    await this.element?.play();
    if (this.context?.state === 'running') this.status = 'starting';
  }

  private report(stats: { frame: number; ahead: number; underruns: number; rms: number }): void {
    const now = performance.now();
    if (stats.frame >= 0 && now - this.reported > 1000) {
      // What leaves the speaker now: the server then shows and records as heard what is heard.
      const latency_s = this.context ? this.context.baseLatency + (this.context.outputLatency || 0) : 0;
      this.tell({ type: 'heard', frame: Math.max(0, Math.round(stats.frame - latency_s * 48000)) });
      this.reported = now;
    }
    this.rms = stats.rms;
    this.ahead_ms = Math.round(stats.ahead / 48);
    this.underruns = stats.underruns;
    if (this.status === 'blocked' && this.context?.state !== 'running') return;
    if (this.session) this.status = stats.ahead > 0 ? 'playing' : this.status === 'starting' ? 'starting' : 'waiting';
  }

  private tell(message: ToReceiver, transfer: Transferable[] = []): void {
    this.receiver?.postMessage(message, transfer);
  }

  private receive(url: string): void {
    const receiver = new Worker(new URL('./receiver.ts', import.meta.url), { type: 'module' });
    this.receiver = receiver;
    receiver.onmessage = ({ data }: MessageEvent<FromReceiver>) => {
      if (this.receiver === receiver && this.session) this.status = data.type === 'waiting' ? 'waiting' : 'failed';
    };
    const { port1, port2 } = new MessageChannel();
    this.node!.port.postMessage({ type: 'source', port: port1 }, [port1]);
    this.tell({ type: 'open', url, port: port2 }, [port2]);
  }

  private async startElement(session: string): Promise<void> {
    const element = new Audio(`/api/v1/sessions/${session}/sound.webm`);
    this.element = element;
    element.onplaying = () => (this.status = 'fallback');
    element.onerror = () => (this.status = 'failed');
    try {
      await element.play();
    } catch {
      this.status = 'blocked';
    }
  }
}

export const player = new Player();
