# bound(k, n): the largest rate at which k or fewer of n happen with a chance of 5%: the one-sided 95% limit
# of Clopper and Pearson.
function bound(k, n,    low, high, p, i, j, term, sum) {
  if (k >= n) return 1
  low = k / n; high = 1
  for (i = 0; i < 60; i++) {
    p = (low + high) / 2
    term = exp(n * log(1 - p)); sum = term
    for (j = 1; j <= k; j++) { term *= (n - j + 1) / j * p / (1 - p); sum += term }
    if (sum > 0.05) low = p; else high = p
  }
  return p
}
