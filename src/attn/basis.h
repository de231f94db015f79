/* basis: the orthonormal basis of R^d in which a coordinate-wise optimizer works. Dense tokens are
 * held in one whose first two axes are the signals' directions, which is a special one: there a
 * signal is one coordinate of d. Gaussian noise orthogonal to the signals has the same law under
 * every rotation that keeps them, so all that matters of another basis is where it sees the two
 * signals, and two reflections reach any such basis. */
#ifndef ATTN_BASIS_H
#define ATTN_BASIS_H

#include <gsl/gsl_rng.h>

#include "base.h"

typedef struct {
  size_t d;
  double *mirror; /* [2][d] unit vectors h (or 0) of the reflections I - 2 h h' */
} attn_basis;

attn_basis *attn_basis_alloc(size_t d);
void attn_basis_free(attn_basis *basis);

/* The basis in which the signals' directions have the coordinates u_1 and u_2, orthonormal vectors:
 * Q e_1 = u_1 and Q e_2 = u_2 for the map Q from the tokens' coordinates to the basis's own. u is
 * overwritten. */
void attn_basis_set(attn_basis *basis, double *u /* [2][d] */);

/* u_1 and u_2 a uniformly random orthonormal pair: a random rotation of the data, as far as
 * Gaussian noise can tell. */
void attn_basis_draw(attn_basis *basis, gsl_rng *rng);

/* x := Q x for a parameter vector over dense tokens, and back, x := Q' x. */
void attn_basis_to(const attn_basis *basis, double *x /* [d] */);
void attn_basis_from(const attn_basis *basis, double *x /* [d] */);

#endif
