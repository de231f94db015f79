#!/usr/bin/env python3
"""Reference values of the two-token risk, to 20 digits or more, for tests/test_risk.c.

    python3 tests/reference/risk_two_tokens.py > tests/reference/risk_two_tokens.tsv

Needs mpmath. Independent of the library, which integrates over b = xi.p: here the integral is over
a = xi.v. With class 1 and m = exp(m_p) |m_v|, the sum f has the sign of m_v unless a has the other
sign and exp(b) |a| > m; and b given a is Gaussian with mean a vp/vv and variance pp - vp^2/vv. So

    P(sign f != sign m_v) = integral_0^inf phi(x) Phi( (q x - log(m/x) + log sqrt(vv)) / r ) dx,

x = |a| / sqrt(vv), q = -sign(m_v) vp / sqrt(vv), r^2 = pp - vp^2/vv. The settings are given through
the correlation and its complement, so that r does not cancel; the table's columns are rounded to
doubles first and those doubles are what is integrated.

Class 2 has the sign of the whole of f turned round: its error is f > 0.
"""
from mpmath import mp, mpf, erfc, exp, log, log1p, sqrt
from mpmath.calculus.quadrature import GaussLegendre

mp.dps = 34


def log_phi_cdf(x):
    """log Phi(x); erfc of mpmath holds its relative precision however small it is."""
    return log(erfc(-x / sqrt(mpf(2))) / 2) if x < 0 else log1p(-erfc(x / sqrt(mpf(2))) / 2)


# Gauss-Legendre on [-1, 1] with 24 points.
NODES = GaussLegendre(mp).calc_nodes(4, mp.prec + 10)


def crossings(q, level):
    """The zeros in t = log x of q x + log x - level, where the factor Phi turns from 0 to 1 or back:
    one for q >= 0, none or two for q < 0, where it is largest at x = -1/q."""
    def h(t):
        return q * exp(t) + t - level

    low, high = mpf(-20000), mpf(20000)
    brackets = [(low, high)] if q >= 0 else [(low, -log(-q)), (high, -log(-q))]
    found = []
    for a, b in brackets:  # h(a) < 0 < h(b)
        if h(b) <= 0:
            continue
        for _ in range(130):
            c = (a + b) / 2
            a, b = (c, b) if h(c) < 0 else (a, c)
        found.append((a, abs(q * exp(a) + 1)))
    return found


def log_integral(log_integrand, q, level, r):
    """log of the integral over (0, inf) of exp(log_integrand); in t = log x it is unimodal."""
    # Golden-section search on t = log(x): the peak can be at any scale.
    grid = [mpf(t) / 4 for t in range(-160, 161)]
    values = [log_integrand(exp(t)) + t for t in grid]
    best = max(range(len(grid)), key=lambda i: values[i])
    a, b = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    ratio = (sqrt(mpf(5)) - 1) / 2
    for _ in range(70):
        c, d = b - ratio * (b - a), a + ratio * (b - a)
        if log_integrand(exp(c)) + c > log_integrand(exp(d)) + d:
            b = d
        else:
            a = c
    peak = (a + b) / 2
    top = log_integrand(exp(peak)) + peak

    def f(t):
        return exp(log_integrand(exp(t)) + t - top)

    # Walk outwards from the peak in both directions to where the integrand is 10^-40; then cut the
    # stretch at geometrically spaced distances from the peak, so that steps and kinks are inside
    # short pieces at any scale.
    points = {peak}
    for sign in (-1, 1):
        h = mpf(10) ** -9
        while f(peak + sign * h) > mpf(10) ** -26:
            points.add(peak + sign * h)
            h *= 2
        points.add(peak + sign * h)
        # where it falls steeply, subdivide the last piece
        inner = h / 2
        for j in range(1, 8):
            points.add(peak + sign * (inner + (h - inner) * j / 8))
    # A step of width r / slope at each crossing.
    first, last = min(points), max(points)
    for t, slope in crossings(q, level):
        points.add(t)
        width = r / slope
        for sign in (-1, 1):
            h = width
            while h < last - first:
                points.add(t + sign * h)
                h *= 2
    points = sorted(p for p in points if first <= p <= last)
    total = mpf(0)
    for p, q in zip(points, points[1:]):
        total += sum(w * f((p + q) / 2 + (q - p) / 2 * x) for x, w in NODES) * (q - p) / 2
    return top + log(total)


def risk(k, m_v, m_p, vv, pp, vp, residual2):
    """(log10 P(error), log10 P(no error)) for class k."""
    m_v, m_p, vv, pp, vp = (mpf(x) for x in (m_v, m_p, vv, pp, vp))
    if k == 2:  # f > 0 is the error: turn v round
        m_v, vp = -m_v, -vp
    residual2 = vv - vp * vp / pp if residual2 is None else mpf(residual2)
    vv = residual2 + vp * vp / pp  # what the three numbers stand for
    root = sqrt(vv)
    q = -vp / root if m_v > 0 else vp / root
    r = sqrt(pp * residual2 / vv)
    level = log(abs(m_v)) + m_p - log(root)

    def log_integrand(x):
        return -x * x / 2 - log(2 * mp.pi) / 2 + log_phi_cdf((q * x - level + log(x)) / r)

    tail = log_integral(log_integrand, q, level, r)
    rest = log1p(-exp(tail)) if tail > -mpf(10) ** 6 else -exp(tail)
    wrong, right = (tail, rest) if m_v > 0 else (rest, tail)
    return wrong / log(mpf(10)), right / log(mpf(10))


def settings():
    vv, pp = 0.013331417380227393, 0.002118508655104473
    yield 1, 2.9132619745313897, 0.17738322306963286, vv, pp, 0.0007613711704485581, None
    yield 2, -2.9132619745313897, 0.17738322306963286, vv, pp, 0.0007613711704485581, None
    for m_v in (1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 30.0, 300.0):
        yield 1, m_v, 0.2, 0.0133, 0.0021, 0.00076, None
    for m_v in (-1e-3, -0.05, -0.3, -1.0, -3.0):  # wrong sign: risk above 1/2
        yield 1, m_v, 0.2, 0.0133, 0.0021, -0.00076, None
    yield 1, -0.4, 1.0, 0.25, 9.0, 1.2, None  # two peaks: an ordinary one, and the noise token
    yield 1, -0.4, 1.0, 0.25, 9.0, -1.2, None
    yield 2, 0.4, 1.0, 0.25, 9.0, 0.3, None
    for pp_ in (1e-12, 1e-6, 1.0, 100.0, 1e4, 1e8):  # tiny and huge sigma
        for rho in (-0.5, 0.3):
            yield 1, 1.0, 0.5, 0.04, pp_, rho * (0.04 * pp_) ** 0.5, None
    for m_p in (-30.0, -5.0, 5.0, 30.0, 300.0):
        yield 1, 1.5, m_p, 0.04, 0.25, 0.02, None
        yield 2, -1.5, m_p, 0.04, 0.25, 0.02, None
    for residual2 in (1e-4, 1e-8, 1e-12):  # s small beside vp / sqrt(pp), both signs
        for sign in (-1, 1):
            yield 1, 0.05, 0.1, 1.0 + residual2, 1.0, sign * 1.0, residual2
            yield 2, -0.5, 0.1, 1.0 + residual2, 1.0, sign * 1.0, residual2
    yield 1, 40.0, 1.0, 0.0025, 0.01, 0.001, None  # about 10^-100000
    yield 1, 900.0, 0.5, 0.0025, 0.01, -0.002, None
    yield 1, 1.0, 0.0, 1.0, 1.0, 0.999999, None  # class 1 about 10^-108580
    yield 2, -1.0, 0.0, 1.0, 1.0, 0.999999, None
    yield 1, 2.9, 1e4, 0.0133, 0.01, 0.0, None  # exp(m_p) overflows
    yield 1, 2.9, -1e4, 0.0133, 0.01, 0.001, None
    yield 1, 40.0, 8.0, 0.0001, 0.0001, 0.00005, None


def main():
    print("# Made by risk_two_tokens.py; residual2 = nan means vv - vp^2/pp.")
    print("class\tm_v\tm_p\tvv\tpp\tvp\tresidual2\tlog10_wrong\tlog10_right")
    for k, m_v, m_p, vv, pp, vp, residual2 in settings():
        wrong, right = risk(k, m_v, m_p, vv, pp, vp, residual2)
        row = [str(k)] + ["%.17g" % x for x in (m_v, m_p, vv, pp, vp)]
        row.append("nan" if residual2 is None else "%.17g" % residual2)
        row += [mp.nstr(wrong, 25, min_fixed=-3, max_fixed=7), mp.nstr(right, 25, min_fixed=-3, max_fixed=7)]
        print("\t".join(row), flush=True)


main()
