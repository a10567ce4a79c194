#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/golden/data/mel_*.txt: log-mel spectra of a synthetic signal, by numpy in double precision.

The signal is a formula that the C++ test repeats: a chirp, a harmonic tone and a pseudo-random hiss.
Run from the root of the tree: python3 tests/golden/scripts/mel_reference.py
"""
import os
import numpy as np


def signal(rate, seconds):
    n = np.arange(int(rate * seconds))
    t = n / rate
    chirp = 0.3 * np.sin(2 * np.pi * (100 * t + 0.5 * 1500 * t * t))
    tone = sum(0.2 / h * np.sin(2 * np.pi * 220 * h * t) for h in range(1, 6))
    state, hiss = 12345, np.empty(len(n))
    for i in n:                                     # the LCG of Numerical Recipes, 32 bits
        state = (1664525 * state + 1013904223) % 2**32
        hiss[i] = state / 2**32 - 0.5
    return (chirp + tone + 0.05 * hiss).astype(np.float32)


def hz_to_mel(f, htk):
    f = np.asarray(f, float)
    if htk:
        return 2595 * np.log10(1 + f / 700)
    return np.where(f < 1000, f * 3 / 200, 15 + np.log(np.maximum(f, 1e-9) / 1000) * 27 / np.log(6.4))


def mel_to_hz(m, htk):
    if htk:
        return 700 * (10 ** (m / 2595) - 1)
    return np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * np.log(6.4) / 27))


def log_mel(x, rate, window, hop, fft, bands, fmin, fmax, htk, slaney_norm, floor):
    w = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    frames = 1 + (len(x) - window) // hop
    edges = mel_to_hz(np.linspace(hz_to_mel(fmin, htk), hz_to_mel(fmax, htk), bands + 2), htk)
    hz = np.arange(fft // 2 + 1) * rate / fft
    bank = np.zeros((bands, len(hz)))
    for b in range(bands):
        l, c, r = edges[b:b + 3]
        bank[b] = np.maximum(0, np.minimum((hz - l) / (c - l), (r - hz) / (r - c)))
        if slaney_norm:
            bank[b] *= 2 / (r - l)
    power = np.stack([np.abs(np.fft.rfft(x[t * hop:t * hop + window].astype(float) * w, fft)) ** 2
                      for t in range(frames)])
    return np.log(np.maximum(power @ bank.T, floor))


CASES = {   # name: rate, window, hop, fft, bands, fmin, fmax, htk, slaney_norm, floor
    "music": (22050, 2048, 1024, 2048, 80, 30.0, 10000.0, False, True, 1e-10),
    "voice": (16000, 400, 160, 512, 64, 60.0, 7600.0, True, False, 1e-6),
    "odd": (48000, 1001, 480, 2048, 40, 0.0, 24000.0, False, False, 1e-8),
}

if __name__ == "__main__":
    folder = os.path.join(os.path.dirname(__file__), "..", "data")
    for name, case in CASES.items():
        m = log_mel(signal(case[0], 0.4), *case)
        with open(os.path.join(folder, f"mel_{name}.txt"), "w") as f:
            f.write(f"{m.shape[0]} {m.shape[1]}\n")
            for row in m[::4]:
                f.write(" ".join(f"{v:.7g}" for v in row) + "\n")
