"""Full-batch gradient descent of the paper's model in NumPy, which make bench times beside this
library: bench_numpy.py <DRAW >RESULT. Not needed for anything else.

DRAW, in doubles: n, d, rho, beta, steps; k [n]; y [n]; the noise tokens [n][d - 2], T = 2. RESULT,
in text: the name of the BLAS in use, and for each of two ways to hold the tokens the CPU seconds
of a step (the median) and the outputs f of all samples after the last.

  whole   X [n][2][d], each token with all its coordinates, as the formulas are written
  split   the noise [n][d - 2] alone; the signals are two numbers of each parameter vector
Exits with 3 where there is no NumPy."""

import statistics
import sys
import time

try:
    import numpy as np
except ImportError:
    sys.exit(3)


def softmax(b):
    e = np.exp(b - b.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def train(scores, pullback, theta, y, beta, steps):
    """theta [.][2] are v and p; scores(theta) is [n][2 tokens][2], and pullback its transpose."""
    seconds = []
    for step in range(steps + 1):
        start = time.process_time()
        score = scores(theta)
        g, s = score[:, :, 0], softmax(score[:, :, 1])
        f = (s * g).sum(axis=1)
        if step == steps:
            return statistics.median(seconds), f
        w = -y / (len(y) * (1 + np.exp(y * f)))
        dg = w[:, None] * s
        theta = theta - beta * pullback(np.stack([dg, dg * (g - f[:, None])], axis=2))
        seconds.append(time.process_time() - start)


def blas_name():
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return "OpenBLAS" if "openblas" in maps.read() else "no OpenBLAS"


def main():
    data = np.fromfile(sys.stdin.buffer)
    n, d, steps = int(data[0]), int(data[1]), int(data[4])
    rho, beta = data[2], data[3]
    k, y = data[5 : 5 + n].astype(int), data[5 + n : 5 + 2 * n]
    noise = data[5 + 2 * n :].reshape(n, d - 2)

    X = np.zeros((n, 2, d))
    X[np.arange(n), 0, k] = rho
    X[:, 1, 2:] = noise
    flat = X.reshape(2 * n, d)
    whole = train(
        lambda theta: (flat @ theta).reshape(n, 2, 2),
        lambda c: flat.T @ c.reshape(2 * n, 2),
        np.zeros((d, 2)), y, beta, steps,
    )

    signals = np.eye(2)[k] * rho  # the signal token's coordinates on the two signals
    split = train(
        lambda theta: np.stack([signals @ theta[:2], noise @ theta[2:]], axis=1),
        lambda c: np.vstack([signals.T @ c[:, 0], noise.T @ c[:, 1]]),
        np.zeros((d, 2)), y, beta, steps,
    )

    print(blas_name())
    for seconds, f in (whole, split):
        print(repr(float(seconds)), *(repr(float(x)) for x in f))


main()
