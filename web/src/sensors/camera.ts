// SPDX-License-Identifier: GPL-3.0-or-later
// Finds and aligns one face in the page, at most five times a second. Only the 96×96 crop with its pose and
// quality leaves; the frame never does. The face module (its own chunk, wasm) is loaded when this starts.
import { t } from '../lib/strings';
import { alignment, centre, gainOf, kCropSize } from './crop';
import { around, farParts, type Box } from './look';
import type { Feed, Running } from './sensors.svelte';

const kPeriodMs = 200;
const kMinScore = 0.4;
const kDetectorSize = 224;
const kFarDetectorSize = 320;
const kFarScore = 0.3; // in a finer part; around what was found there kMinScore holds again

async function loadFaces() {
  const faces = await import('@vladmandic/face-api');
  const tf = faces.tf as unknown as {
    setBackend: (name: string) => Promise<boolean>;
    ready: () => Promise<void>;
    env: () => { set: (flag: string, value: unknown) => void };
    setWasmPaths?: (paths: string) => void;
  };
  tf.setWasmPaths?.('/face/');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('wasm');
  await tf.ready();
  await Promise.all([faces.nets.tinyFaceDetector.loadFromUri('/face/'), faces.nets.faceLandmark68TinyNet.loadFromUri('/face/')]);
  return faces;
}

async function jpeg(canvas: OffscreenCanvas): Promise<Uint8Array> {
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
  return new Uint8Array(await blob.arrayBuffer());
}

export async function startCamera(feed: Feed): Promise<Running> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 } },
    audio: false
  });
  let stopped = false;
  let timer = 0;
  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    for (const track of stream.getTracks()) track.stop();
  };
  stream.getVideoTracks()[0].onended = () => feed.ended(t('sensor.unplugged'));

  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  feed.note(t('sensor.loading'), 0);
  let faces: Awaited<ReturnType<typeof loadFaces>>;
  try {
    [faces] = await Promise.all([loadFaces(), video.play()]);
  } catch (error) {
    stop();
    throw error;
  }
  const options = new faces.TinyFaceDetectorOptions({ inputSize: kDetectorSize, scoreThreshold: kMinScore });
  const farOptions = new faces.TinyFaceDetectorOptions({ inputSize: kFarDetectorSize, scoreThreshold: kFarScore });
  const frame = document.createElement('canvas');
  const part = document.createElement('canvas');
  let before: Box | null = null; // the face of the last look
  let turn = 0; // of the finer parts: one a look while nothing is there

  /** The part of the frame on a canvas of its own, so that a far face fills more of what the detector sees. */
  const cut = (box: Box) => {
    part.width = part.height = Math.round(box.width);
    part.getContext('2d')!.drawImage(frame, box.x, box.y, box.width, box.height, 0, 0, part.width, part.height);
    return part;
  };
  type Seen = { box: Box; score: number; marks: { x: number; y: number }[] };
  const facesIn = async (canvas: HTMLCanvasElement, x: number, y: number): Promise<Seen[]> =>
    (await faces.detectAllFaces(canvas, options).withFaceLandmarks(true)).map(({ detection, landmarks }) => ({
      box: { x: detection.box.x + x, y: detection.box.y + y, width: detection.box.width, height: detection.box.height },
      score: detection.score,
      marks: landmarks.positions.map((p) => ({ x: p.x + x, y: p.y + y }))
    }));
  const facesAround = (face: Box) => {
    const box = around(face, frame.width, frame.height);
    return facesIn(cut(box), box.x, box.y);
  };
  /** The whole frame; if it shows none, around where a face was, else in one of the finer parts. */
  const findFaces = async (): Promise<Seen[]> => {
    const near = await facesIn(frame, 0, 0);
    if (near.length > 0) return near;
    if (before) return facesAround(before);
    const parts = farParts(frame.width, frame.height);
    const box = parts[turn++ % parts.length];
    const far = await faces.detectSingleFace(cut(box), farOptions);
    return far ? facesAround({ x: far.box.x + box.x, y: far.box.y + box.y, width: far.box.width, height: far.box.height }) : [];
  };
  const crop = new OffscreenCanvas(kCropSize, kCropSize);

  const look = async () => {
    const begun = performance.now();
    frame.width = video.videoWidth;
    frame.height = video.videoHeight;
    const pen = frame.getContext('2d', { willReadFrequently: true })!;
    pen.filter = 'none';
    pen.drawImage(video, 0, 0);
    const { gain, light } = gainOf(pen.getImageData(0, 0, frame.width, frame.height).data);
    if (gain > 1.05) {
      pen.filter = `brightness(${gain})`;
      pen.drawImage(video, 0, 0);
    }
    const found = await findFaces();
    if (stopped) return;
    if (found.length === 0) {
      before = null;
      feed.note(light < 20 ? t('sensor.too_dark') : t('sensor.no_face'), 0);
      feed.text({ type: 'no_face', t_ms: begun, n_faces: 0, light: Math.min(255, light) });
      return;
    }
    const best = found.reduce((a, b) => (a.box.width * a.box.height >= b.box.width * b.box.height ? a : b));
    before = best.box;
    const aligned = alignment(centre(best.marks.slice(36, 42)), centre(best.marks.slice(42, 48)));
    if (!aligned) return;
    const face = crop.getContext('2d')!;
    face.setTransform(1, 0, 0, 1, 0, 0);
    face.fillRect(0, 0, kCropSize, kCropSize);
    face.setTransform(...aligned.matrix);
    face.drawImage(video, 0, 0); // without the gain: light is the server's to judge
    const bytes = await jpeg(crop);
    if (stopped) return;
    const score = Math.max(0, Math.min(1, best.score));
    feed.note(found.length > 1 ? t('sensor.several') : t('sensor.face'), score);
    feed.binary(
      1,
      {
        t_ms: begun,
        roll_deg: aligned.roll_deg,
        score,
        face_px: Math.max(1, Math.round(best.box.width)),
        light: Math.min(255, light),
        n_faces: Math.min(100, found.length)
      },
      bytes
    );
  };
  const loop = async () => {
    const begun = performance.now();
    try {
      if (video.videoWidth > 0 && !document.hidden) await look();
    } catch {
      feed.note(t('sensor.no_face'), 0);
    }
    if (!stopped) timer = window.setTimeout(loop, Math.max(20, kPeriodMs - (performance.now() - begun)));
  };
  void loop();
  return { stop };
}
