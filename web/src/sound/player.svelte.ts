// SPDX-License-Identifier: GPL-3.0-or-later
// The page's loudspeaker: Opus packets over a WebSocket → WebCodecs → a worklet with a jitter buffer.
// Where WebCodecs or the worklet are missing (an insecure page), <audio> plays WebM/Opus over HTTP.
import { socketUrl } from '../lib/api';

export type SoundStatus = 'off' | 'starting' | 'playing' | 'waiting' | 'blocked' | 'fallback' | 'failed';

const kPacketFrames = 960;

/** Head of a packet: first frame (uint64, little end first), then Opus bytes. */
export function readPacket(data: ArrayBuffer): { frame: number; opus: Uint8Array } | null {
  if (data.byteLength < 9) return null;
  const view = new DataView(data);
  const frame = Number(view.getBigUint64(0, true));
  return { frame, opus: new Uint8Array(data, 8) };
}

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
  private decoder: AudioDecoder | null = null;
  private socket: WebSocket | null = null;
  private element: HTMLAudioElement | null = null;
  private session: string | null = null;
  private base = '/sessions';
  private attempt = 0;
  private retry = 0;
  /** One past the newest frame that was decoded: where a new connection goes on. */
  private after = -1;
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
    this.base = base;
    this.after = -1;
    this.attempt = 0;
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
      this.openDecoder();
      this.connect();
      if ((context.state as string) !== 'running') this.status = 'blocked';
    } catch {
      this.status = 'failed';
    }
  }

  /** Silent within 200 ms, whatever the server does. */
  stop(): void {
    clearTimeout(this.retry);
    this.session = null;
    this.node?.port.postMessage({ type: 'stop' });
    const node = this.node;
    setTimeout(() => node?.disconnect(), 400);
    this.node = null;
    this.socket?.close(1000);
    this.socket = null;
    if (this.decoder && this.decoder.state !== 'closed') this.decoder.close();
    this.decoder = null;
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
    if (stats.frame >= 0 && now - this.reported > 1000 && this.socket?.readyState === WebSocket.OPEN) {
      // What leaves the speaker now: the server then shows and records as heard what is heard.
      const latency_s = this.context ? this.context.baseLatency + (this.context.outputLatency || 0) : 0;
      this.socket.send(String(Math.max(0, Math.round(stats.frame - latency_s * 48000))));
      this.reported = now;
    }
    this.rms = stats.rms;
    this.ahead_ms = Math.round(stats.ahead / 48);
    this.underruns = stats.underruns;
    if (this.status === 'blocked' && this.context?.state !== 'running') return;
    if (this.session) this.status = stats.ahead > 0 ? 'playing' : this.status === 'starting' ? 'starting' : 'waiting';
  }

  private openDecoder(): void {
    this.decoder = new AudioDecoder({
      output: (data) => this.decoded(data),
      error: () => {
        if (this.session) this.openDecoder();
      }
    });
    this.decoder.configure({ codec: 'opus', sampleRate: 48000, numberOfChannels: 2 });
  }

  private decoded(data: AudioData): void {
    const n = data.numberOfFrames;
    const left = new Float32Array(n);
    const right = new Float32Array(n);
    data.copyTo(left, { planeIndex: 0, format: 'f32-planar' });
    data.copyTo(right, { planeIndex: data.numberOfChannels > 1 ? 1 : 0, format: 'f32-planar' });
    // The decoder keeps timestamps: the frame's number travels as microseconds.
    const frame = Math.round((data.timestamp * 48) / 1000);
    data.close();
    this.node?.port.postMessage({ type: 'frames', frame, left, right }, [left.buffer, right.buffer]);
  }

  private connect(): void {
    const from = this.after >= 0 ? `?after=${this.after}` : '';
    const socket = new WebSocket(socketUrl(`${this.base}/${this.session}/sound${from}`));
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => (this.attempt = 0);
    socket.onmessage = (message) => {
      if (!(message.data instanceof ArrayBuffer)) return;
      const packet = readPacket(message.data);
      if (!packet || this.decoder?.state !== 'configured') return;
      this.after = packet.frame + kPacketFrames;
      this.decoder.decode(
        new EncodedAudioChunk({ type: 'key', timestamp: Math.round((packet.frame * 1000) / 48), data: packet.opus })
      );
    };
    socket.onclose = (event) => {
      if (this.socket !== socket || !this.session) return;
      this.socket = null;
      if (event.code === 1000) return;
      this.status = 'waiting';
      this.attempt += 1;
      // The first try at once: what lies in the jitter buffer may last until it is there.
      this.retry = window.setTimeout(() => this.session && this.connect(), Math.min(200 * (this.attempt - 1), 1000));
    };
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
