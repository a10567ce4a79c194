#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/golden/data/eda.csv: skin conductance with its clean, tonic and phasic part, by numpy alone.

    tests/golden/scripts/eda_reference.py

Independent of the C++: Butterworth filters from their analogue poles by the bilinear transform with prewarping, run as
one difference equation from the steady state of the first sample (as scipy.signal.butter, lfilter and lfilter_zi do).
Lines: rate; input [microsiemens]; clean; tonic; phasic. Tolerance in the test: 1e-6 microsiemens.
"""
import pathlib

import numpy as np


def butterworth(order, hz, rate, high):
    warped = 2 * rate * np.tan(np.pi * hz / rate)
    poles = np.exp(1j * np.pi * (2 * np.arange(1, order + 1) + order - 1) / (2 * order))
    poles = warped / poles if high else warped * poles
    z_poles = (2 * rate + poles) / (2 * rate - poles)
    a = np.real(np.poly(z_poles))
    b = np.real(np.poly(np.full(order, 1.0 if high else -1.0)))
    at = -1.0 if high else 1.0  # gain 1 at the end that passes
    return b * np.polyval(a, at) / np.polyval(b, at), a


def run(b, a, x):
    n = len(a) - 1
    # Steady state of a constant input: the state does not change from sample to sample.
    companion = np.zeros((n, n))
    companion[:, 0] = -a[1:]
    companion[:-1, 1:] = np.eye(n - 1)
    state = np.linalg.solve(np.eye(n) - companion, b[1:] - a[1:] * b[0]) * x[0]
    y = np.empty(len(x))
    for i, v in enumerate(x):
        y[i] = b[0] * v + state[0]
        state = np.append(state[1:], 0.0) + b[1:] * v - a[1:] * y[i]
    return y


def main():
    rate, seconds = 4.0, 120
    t = np.arange(int(rate * seconds)) / rate
    rng = np.random.default_rng(7)
    x = 2.0 + 0.004 * t + 0.3 * np.sin(2 * np.pi * t / 90)
    for onset, size in ((12, .3), (31, .8), (33.5, .2), (60, .05), (77, 1.2), (101, .4)):
        s = np.maximum(0.0, t - onset)
        x = x + size * 1.6 * (np.exp(-s / 4.0) - np.exp(-s / 1.2)) * (t > onset)
    x = (x + 0.003 * rng.standard_normal(len(t))).astype(np.float32).astype(float)
    clean = run(*butterworth(4, min(3.0, 0.4 * rate), rate, False), x)
    phasic = run(*butterworth(2, 0.05, rate, True), clean)
    out = pathlib.Path(__file__).resolve().parent.parent / "data" / "eda.csv"
    rows = [[rate], x, clean, clean - phasic, phasic]
    out.write_text("".join(",".join(f"{v:.9g}" for v in row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
