/* start: where training starts: v and p at zero, Gaussian, or random of fixed lengths. All are sums of
 * Gaussian vectors and inner products, so they are exact in every geometry (theory section 3).
 *
 * The unit is the length of v and p and not the scale of their coordinates: a noise token's scores
 * xi_j . v and xi_j . p are N(0, |v|^2) and N(0, |p|^2) whatever d is, a signal's are smaller by
 * rho / sqrt(d) = kappa / sqrt(n). Coordinates of variance 1/d, the usual start of a layer with d
 * inputs, have length 1. */
#ifndef ATTN_START_H
#define ATTN_START_H

#include "trial.h"

typedef enum {
  ATTN_START_ZERO,
  ATTN_START_GAUSSIAN,   /* independent N(0, size^2/d) coordinates: |u| = size (1 + O(d^-1/2)) */
  ATTN_START_SPHERE,     /* independent, uniform on the spheres of radius size */
  ATTN_START_ORTHOGONAL, /* the same given that v . p = 0: the two rows of a random matrix with
                          * orthogonal rows (A. M. Saxe, J. L. McClelland and S. Ganguli, arXiv
                          * 1312.6120) times their sizes */
  ATTN_START_BLIND,      /* the same given that mu_k . v = mu_k . p = 0 too; k >= 2 */
  ATTN_STARTS
} attn_start_kind;

/* The kinds' names in configurations and on command lines. */
#define ATTN_START_WORDS "zero|gaussian|sphere|orthogonal|blind"
attn_start_kind attn_start_kind_of(const char *word);
const char *attn_start_name(attn_start_kind kind);

/* v and p of a start, size[ATTN_V] and size[ATTN_P] being their lengths (for Gaussian ones the root
 * mean square of them), in R^d. Several heads start independently, and from zero or Gaussian alone.
 * Needs tokens with room for two Gaussian vectors for each head, after a draw; nothing but zero needs
 * room for zero. The model's scores and gradient are overwritten: forward is next. The same stream
 * with other sizes gives multiples of the same vectors, and the kinds, being made of the same
 * Gaussian vectors, are near each other for large d: common random numbers. */
void attn_start_draw(attn_model *model, attn_tokens *tokens, attn_start_kind kind,
                     const double size[2], gsl_rng *rng);

/* After attn_trial_draw, once for each draw: the same for a trial with room for a Gaussian start, from
 * the stream keyed by (seed, name, cell, replicate) for starts. */
void attn_start_trial(attn_trial *trial, attn_start_kind kind, double size_v, double size_p,
                      uint64_t seed, const char *name, size_t cell, size_t replicate);

#endif
