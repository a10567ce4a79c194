#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference vectors of signal/features and signal/hrv, by numpy: writes data/body_features.csv and data/hrv.csv.

Inputs are formulas (no data of anybody): float32 samples are written with 9 digits, so both sides see the same.
"""
import pathlib
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent.parent / "data"


def signals():
    for name, rate, n, f in [
        ("eda", 4.0, 240, lambda t: 2 + .3 * np.sin(.11 * t) + .2 * np.exp(-((t - 20) % 17) / 3) + .01 * np.sin(37.7 * t * t)),
        ("ppg", 64.0, 512, lambda t: 40 * np.sin(2 * np.pi * 1.17 * t) + 12 * np.sin(2 * np.pi * 2.34 * t + .7) + 3 * np.cos(91 * t * t)),
        ("temp", 4.0, 120, lambda t: 33.1 - .004 * t + .02 * np.sin(t)),
        ("resp", 25.0, 700, lambda t: np.sin(2 * np.pi * .24 * t) + .2 * np.sin(2 * np.pi * .71 * t + 1)),
        ("acc", 32.0, 333, lambda t: 1 + .05 * np.sin(2 * np.pi * 2.2 * t) + .02 * np.cos(53 * t * t)),
        ("ecg", 250.0, 1000, lambda t: np.exp(-((t % .83 - .4) / .012) ** 2) * 1.1 + .2 * np.exp(-((t % .83 - .65) / .05) ** 2)),
    ]:
        yield name, rate, np.asarray(f(np.arange(n) / rate), dtype=np.float32)


def features(x32, rate):
    x = x32.astype(np.float64)
    n, m, s = len(x), x.mean(), x.std()
    c, d1 = x - m, np.diff(x)
    d2 = np.diff(d1)
    q = lambda p: np.quantile(x, p)
    t = (np.arange(n) - (n - 1) / 2) / rate
    pad = 1 << (n - 1).bit_length()
    p = np.abs(np.fft.rfft(c, pad))[1:] ** 2
    hz = np.arange(1, len(p) + 1) * rate / pad
    share = p / p.sum()
    centroid = (share * hz).sum()
    counts = np.bincount(np.minimum(15, ((x - x.min()) / ((x.max() - x.min()) / 16)).astype(int)), minlength=16) / n
    nz = counts[counts > 0]
    ac = lambda k: (c[k:] * c[:-k]).sum() / (c * c).sum() if k < n else np.nan
    mob = d1.std() / s
    return [m, s, x.min(), x.max(), np.ptp(x), np.median(x), q(.05), q(.25), q(.75), q(.95), q(.75) - q(.25), np.sqrt((x * x).mean()),
            np.abs(c).mean(), np.median(np.abs(x - np.median(x))), (c ** 3).mean() / s ** 3, (c ** 4).mean() / s ** 4, s / abs(m),
            (x * x).sum(), (t * c).sum() / (t * t).sum(), x[-1] - x[0], np.abs(d1).sum(), np.abs(d1).mean(), d1.std(), d1.max(),
            d1.min(), np.abs(d2).mean(), d2.std(), (d1 > 0).mean(), ((c[1:] >= 0) != (c[:-1] >= 0)).sum() / (n / rate),
            ((x[1:-1] > x[:-2]) & (x[1:-1] > x[2:])).sum() / (n / rate), mob, d2.std() / d1.std() / mob, ac(1), ac(int(round(rate))),
            -(nz * np.log(nz)).sum(), centroid, np.sqrt((share * (hz - centroid) ** 2).sum()),
            -(share[share > 0] * np.log(share[share > 0])).sum() / np.log(len(p)), hz[p.argmax()], share.max()]


def beats():
    k = np.arange(240)
    rr = 850 + 45 * np.sin(2 * np.pi * .25 * .85 * k) + 30 * np.sin(2 * np.pi * .09 * .85 * k + 1) + 8 * np.sin(7.3 * k * k)
    return np.concatenate([[0.5], 0.5 + np.cumsum(np.round(rr, 3)) / 1000])


def lomb(t, x, low, high):
    step, power = 1 / 256, 0.0
    f = np.arange(np.ceil(low / step) * step, high, step)
    c = x - x.mean()
    for v in f:
        w = 2 * np.pi * v
        tau = np.arctan2(np.sin(2 * w * t).sum(), np.cos(2 * w * t).sum()) / (2 * w)
        co, si = np.cos(w * (t - tau)), np.sin(w * (t - tau))
        power += .5 * ((c * co).sum() ** 2 / (co * co).sum() + (c * si).sum() ** 2 / (si * si).sum()) * 2 * (t[-1] - t[0]) / len(t) * step
    return power


def sample_entropy(x):
    r = .2 * x.std(ddof=1)
    n = len(x) - 2
    close = lambda a: np.abs(a[:, None] - a[None]) <= r
    upper = np.triu(np.ones((n, n), bool), 1)
    two = close(x[:n]) & close(x[1:n + 1]) & upper
    return -np.log((two & close(x[2:n + 2])).sum() / two.sum())


def dfa(x):
    y, logs = np.cumsum(x - x.mean()), []
    for n in range(4, 17):
        e = [np.mean((s - np.polyval(np.polyfit(np.arange(n), s, 1), np.arange(n))) ** 2) for s in y[:len(y) // n * n].reshape(-1, n)]
        logs.append((np.log(n), .5 * np.log(np.mean(e))))
    return np.polyfit(*zip(*logs), 1)[0]


def hrv(t):
    nn, d = np.diff(t) * 1000, np.diff(np.diff(t) * 1000)
    tt = t[1:]
    lf, hf = lomb(tt, nn, .04, .15), lomb(tt, nn, .15, .40)
    return {"mean_nn_ms": nn.mean(), "sdnn_ms": nn.std(ddof=1), "rmssd_ms": np.sqrt((d * d).mean()), "sdsd_ms": d.std(ddof=1),
            "pnn50": (np.abs(d) > 50).mean(), "pnn20": (np.abs(d) > 20).mean(), "median_nn_ms": np.median(nn),
            "mad_nn_ms": np.median(np.abs(nn - np.median(nn))), "iqr_nn_ms": np.quantile(nn, .75) - np.quantile(nn, .25),
            "mean_hr_bpm": (60000 / nn).mean(), "sd_hr_bpm": (60000 / nn).std(ddof=1), "lf_ms2": lf, "hf_ms2": hf, "lf_hf": lf / hf,
            "sd1_ms": d.std(ddof=1) / np.sqrt(2), "sd2_ms": (nn[1:] + nn[:-1]).std(ddof=1) / np.sqrt(2),
            "sample_entropy": sample_entropy(nn), "dfa_alpha1": dfa(nn)}


def main():
    HERE.mkdir(exist_ok=True)
    with open(HERE / "body_features.csv", "w") as out:
        for name, rate, x in signals():
            out.write(f"{name},{rate}\n" + ",".join(f"{v:.9g}" for v in x) + "\n" + ",".join(f"{v:.12g}" for v in features(x, rate)) + "\n")
    t = beats()
    with open(HERE / "hrv.csv", "w") as out:
        out.write(",".join(f"{v:.12g}" for v in t) + "\n")
        for k, v in hrv(t).items():
            out.write(f"{k},{v:.12g}\n")


main()
