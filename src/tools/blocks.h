/* blocks: directives that stand alone on a line: code, tables, figures, claims, statements, and the
 * lists of all claims, of all experiments and of what is uncovered. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "weaver.h"

/* Weaves the directive with this text between its braces; false when it is none of these. */
bool weave_block(weaver *w, const char *text);
/* Whether a directive of this name stands alone on its line. */
bool is_block(const char *name);

/* The claims of the chapter at hand with their verdicts. */
void weave_claims(weaver *w);

/* A fence of code: its opening line, size bytes of text, its closing line. */
void write_code(weaver *w, const char *opening, const char *text, size_t size, const char *closing);

/* {{counts}}, in a line: "5 claims of 2 experiments: 4 supported, 1 open." */
void weave_counts(weaver *w);

#endif
