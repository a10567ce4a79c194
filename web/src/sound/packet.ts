// SPDX-License-Identifier: GPL-3.0-or-later

export const kPacketFrames = 960;

/** Head of a packet: first frame (uint64, little end first), then Opus bytes. */
export function readPacket(data: ArrayBuffer): { frame: number; opus: Uint8Array } | null {
  if (data.byteLength < 9) return null;
  const view = new DataView(data);
  const frame = Number(view.getBigUint64(0, true));
  return { frame, opus: new Uint8Array(data, 8) };
}
