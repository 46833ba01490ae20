"""Somebody who asks for ordinary pages while a benchmark runs: how long each answer takes.

python -m tests.bench.fanout_probe PORT PATH… ; asks until standard input ends, then prints a line of JSON.
"""

import http.client
import sys
import threading
import time

import msgspec

PEOPLE, EVERY_S = 4, 0.04
PATIENCE_S = 10


class Outcome(msgspec.Struct):
    answers: int
    failures: list[str]
    p50_ms: float
    p95_ms: float
    max_ms: float


def ask(port: int, path: str) -> str:
    """Empty, or what went wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return "" if answer.status == 200 else f"{path}: {answer.status}"
    except OSError as problem:
        return f"{path}: {problem or type(problem).__name__}"
    finally:
        connection.close()


def main(port: int, paths: list[str]) -> None:
    times: list[float] = []
    failures: list[str] = []
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()

    def ask_on() -> None:
        while not ended.wait(EVERY_S):
            path = paths[(len(times) + len(failures)) % len(paths)]
            began = time.monotonic()
            problem = ask(port, path)
            if problem:
                failures.append(problem)
            else:
                times.append((time.monotonic() - began) * 1000)

    people = [threading.Thread(target=ask_on) for _ in range(PEOPLE)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    times.sort()
    at = lambda share: round(times[min(len(times) - 1, int(len(times) * share))], 1) if times else 0.0  # noqa: E731 - short
    print(msgspec.json.encode(Outcome(len(times), failures[:5], at(0.5), at(0.95), at(1.0))).decode())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
