# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the catalogue at size: see scripts/bench-library. usage: library_scan_bench.py ATTUNE [FILES] [WORK]

Makes FILES (100,000) small FLAC files in 1,000 folders, each with tags of its own, and prints one JSON object: wall and
processor time of a first scan of tags (limit 3 min), of a rescan of what has not changed (3 s warm), and of one page of
200 rows with a filter by a fresh process. A folder WORK is kept and used again."""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ATTUNE = os.path.abspath(sys.argv[1])
FILES = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
KEEP = sys.argv[3] if len(sys.argv) > 3 else None
MARKS = {b"Title of 000000": "Title of %06d", b"Artist 00000": "Artist %05d", b"Album 00000": "Album %05d"}


def template(folder):
    """One second of sound as FLAC, with tags that can be written over in place."""
    path = os.path.join(folder, "template.flac")
    tags = [f"title={list(MARKS)[0].decode()}", f"artist={list(MARKS)[1].decode()}", f"album={list(MARKS)[2].decode()}", "genre=Ambient", "date=1999"]
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=8000"]
    for tag in tags:
        command += ["-metadata", tag]
    subprocess.run(command + [path], check=True)
    with open(path, "rb") as file:
        data = file.read()
    os.unlink(path)
    assert all(data.count(mark) == 1 for mark in MARKS)
    return data


def make(folder):
    data = template(folder)
    places = [(data.index(mark), pattern) for mark, pattern in MARKS.items()]
    for i in range(FILES):
        if i % 100 == 0:
            os.makedirs(f"{folder}/{i // 100:04d}", exist_ok=True)
        text = bytearray(data)
        for (at, pattern), number in zip(places, (i, i % 5000, i // 10)):
            value = (pattern % number).encode()
            text[at:at + len(value)] = value
        with open(f"{folder}/{i // 100:04d}/{i:06d}.flac", "wb") as file:
            file.write(text)


def timed(*arguments):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    out = subprocess.run([ATTUNE, *arguments, "--json"], capture_output=True, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert out.returncode == 0, out.stderr[-500:]
    return json.loads(out.stdout), {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2)}


def main():
    work = KEEP or tempfile.mkdtemp(prefix="attune-bench-")
    music, data = os.path.join(work, "music"), os.path.join(work, "data")
    shutil.rmtree(data, ignore_errors=True)
    if not os.path.isdir(music):
        os.makedirs(music)
        make(music)
    result = {"files": FILES}
    for name in ("tags_and_catalogue", "unchanged_rescan", "unchanged_rescan_again"):
        report, result[name] = timed("--data", data, "library", "scan", "--tags-only", music)
        assert report["found"] == FILES and not report["failed"], report
    rows, result["page_by_a_new_process"] = timed("--data", data, "library", "list", "genre", "=", "ambient", "--limit", "200")
    result["load"] = os.getloadavg()[0]
    print(json.dumps(result, indent=1))
    if not KEEP:
        shutil.rmtree(work)


main()
