#include "basis.h"

#include "linalg.h"
#include "rng.h"

attn_basis *attn_basis_alloc(size_t d) {
  attn_basis *basis = attn_alloc(1, sizeof *basis);
  basis->d = d;
  basis->mirror = attn_alloc(2 * d, sizeof *basis->mirror);
  return basis;
}

void attn_basis_free(attn_basis *basis) {
  if (basis == NULL)
    return;
  attn_free(basis->mirror);
  attn_free(basis);
}

static void reflect(double *x, const double *h, size_t d) {
  attn_axpy(x, -2 * attn_dot(h, x, d), h, d);
}

/* h: the unit vector along e_l - u, whose reflection exchanges e_l and the unit vector u; 0 where
 * they are the same but for rounding. */
static void mirror_between(double *h, const double *u, size_t l, size_t d) {
  for (size_t i = 0; i < d; i++)
    h[i] = -u[i];
  h[l] += 1;
  const double norm = attn_norm(h, d);
  attn_scale(h, norm > 1e-12 ? 1 / norm : 0, d);
}

/* Q = H_1 H_2. H_1 exchanges e_1 and u_1; H_2 exchanges e_2 and H_1 u_2, both orthogonal to e_1, so
 * that it leaves e_1 where it is. */
void attn_basis_set(attn_basis *basis, double *u) {
  const size_t d = basis->d;
  mirror_between(basis->mirror, u, 0, d);
  reflect(u + d, basis->mirror, d);
  mirror_between(basis->mirror + d, u + d, 1, d);
}

void attn_basis_draw(attn_basis *basis, gsl_rng *rng) {
  const size_t d = basis->d;
  double *u = attn_alloc(2 * d, sizeof *u);
  attn_rng_gaussian(u, 2 * d, rng);
  attn_scale(u, 1 / attn_norm(u, d), d);
  for (int twice = 0; twice < 2; twice++)
    attn_axpy(u + d, -attn_dot(u, u + d, d), u, d);
  attn_scale(u + d, 1 / attn_norm(u + d, d), d);
  attn_basis_set(basis, u);
  attn_free(u);
}

void attn_basis_to(const attn_basis *basis, double *x) {
  reflect(x, basis->mirror + basis->d, basis->d);
  reflect(x, basis->mirror, basis->d);
}

void attn_basis_from(const attn_basis *basis, double *x) {
  reflect(x, basis->mirror, basis->d);
  reflect(x, basis->mirror + basis->d, basis->d);
}
