# small_tree.sh: the tree with one experiment and small settings, for tests that run make; sourced after tap.sh.
# shellcheck shell=sh

# small_tree FOLDER: a copy with gd_two_steps alone, in three shards; its programs are those built here.
small_tree() {
  mkdir -p "$1/build/bin"
  for file in Makefile CITATION.cff src/attn/* src/tools/* src/claims/gd_two_steps.c figures/common.gp \
    figures/gd_two_steps.gp paper/*.*; do
    [ ! -f "$file" ] || echo "$file"
  done | tar -cf - -T - | tar -xpf - -C "$1"
  # with their times, so that nothing is compiled
  cp -a build/obj build/lib "$1/build/"
  for made in gd_two_steps attn weave ledger trace verify; do cp -a "build/bin/$made" "$1/build/bin/"; done
  mkdir -p "$1/experiments" "$1/paper/chapters"
  sed -e 's/^draws .*/draws = 80/' -e 's/^steps .*/steps = 5/' -e 's/^samples .*/samples = 50/' \
    -e 's/^record .*/record = 0 1 2 3 5/' -e 's/^show .*/show = 0 1 2 3 5/' -e 's/^shards .*/shards = 3/' \
    experiments/gd_two_steps.conf >"$1/experiments/gd_two_steps.conf"
  # an overview without the figure that other experiments make, and claims that decide no statement
  printf -- '---\ntitle: overview\nsummary: of few\norder: 0\n---\n\n{{experiments}}\n\n{{verdicts}}\n' >"$1/paper/chapters/index.md"
  awk '/^    covers:/ { skip = 1; next } skip && /^      / { next } { skip = 0; print }' paper/chapters/gd_two_steps.md \
    >"$1/paper/chapters/gd_two_steps.md"
}
