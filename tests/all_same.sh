#!/bin/sh
# Same everywhere: every experiment with small settings, computed in many ways. What must not matter
# (compiler, optimisation, shards, processes at a time, folder, a CPU with the same instructions) is
# compared byte for byte, shards with all their digits too; what may move last digits (another BLAS,
# another maths library, an older CPU) by `verify` with the tolerances of data/reference. Two
# companions, of other folders and numbers of jobs, must have the same bytes, the PDF included. Ends
# with a table, which is also written to build/tests/same.tsv. ONLY=<words> does only those whose
# name has these words, as ONLY='clang -O2'.
# shellcheck disable=SC2181 # the status of a function with much on its line
set -u

. tests/tap.sh
needs verify
# what an outer Make hands down
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET C V STEM EXACT REASON CFLAGS LDFLAGS CPPFLAGS GLIBC_TUNABLES LD_LIBRARY_PATH
LC_ALL=C.UTF-8
export LC_ALL

make_box
root=$(pwd)
cpu_has() { grep -qsw "$1" /proc/cpuinfo; }

# ---- small settings ----
# Where a boundary is located per draw, several draws: an interval from two of them is ten times as
# wide as what is between them, and so would be the rounding of a root.
cat >"$box/settings" <<'END'
gd_two_steps draws=6 steps=5 samples=50 record=0,1,2,3,5 show=0,1,2,3,5
gd_snr_phase kappa=0.5,1.2,2.5 n=16,40 ratio=50 snr=0.05,0.3 d=200,1e5 n_fixed=24 draws=2 late=40 boundary_n=40 boundary_ratio=1000 boundary_eta=0.1 boundary_b=5,22.5 boundary_late=60 boundary_draws=6
gd_long_run eta=0.1,0.2 kappa=1.4,3 steps=300 record=1,2,10,100,300 show=2,100 shown=1 draws=2 steps_drawn=100 draws_drawn=2 n_reference=40 kappa_reference=1,3 record_reference=2,100 fit_from=10
gd_scaling n=100,1000,10000 draws=4,2,2 ab_n=100,1000 ab_draws=6 c_n=50,100 c_draws=6 late=50 rate_n=100 over_d=1e8,1e10 over_n=100,1000 rate_draws=2 leading=100
gd_step_size kappa=1,5 b=0.5,5,50 draws=2 n=40 late=50 slice_kappa=5 slice_b=5,45,51,140 show_b=5,51 slice_draws=4 record=1,2,3,50 window_kappa=2.4,5 window_draws=6 window_late=30
attention_variants n_two=20 two_draws=4 n_curve=20 b_curve=4,16 curve_draws=4 n=10,20 draws=4,4 late=40 n_late=10 late_draws=3 steps=1,10,50 risk_draws=200 risk_points=64
failure_signatures n=20 kappa=0.5,1,2.5 b=5,1e4 draws=2 late=40 start_kappa=1,5 start=0.1,10 start_draws=2 extreme_b=1e6,1e300 extreme_steps=5 extreme_draws=2
gd_implicit_bias n=10 eta=0.1,0.2 kappa=1.2,3 T=2,3 start=0.1,10 draws=2 common=100 steps=200 long_draws=2 shown=2 record=1,10,50,100,200 show=10,100 rises_from=10 fit_from=10
head_specialisation n=20 heads=2,4 kappa=1.2,4 start=0.3,3 draws=2 record=0,2,50 shown_kappa=1.2 from=1
initialisation n=20 late=30 size=0.1,1,10 show=0.1,1 curve_kappa=1,2.1213203435596424 draws=3 kind_draws=3 over_n=20,50 edge_n=50 over_d=1e5,1e6 edge_draws=6 leading=20 flow_kappa=1,2.1213203435596424 flow_parts=1,8,16 flow_draws=3 grid=20
linear_baseline n=40 ratio=200,1e4 kappa=0.5,2,5 late=50 draws=3 speed_kappa=1,5 speed_b=5,50 speed_late=50 speed_draws=2 dim_n=20 dim=10,40 dim_late=100 dim_draws=2 exponent_n=20,40 exponent_draws=2
many_tokens T=2,4,16 edge_n=40 edge_draws=6 window_tokens=2,4 window_kappa=2,4 window_b=1,5 window_draws=3 finer=1 late_n=20 late=20 late_draws=3 samples=500 points=32 c_T=2,4 c_late=20 star_T=2,4 star_draws=6
maxmargin_benign n=20,20 ratio=1e4,1e4 eta=0.1,0.1 T=2,4 kappa=1,2,4 R=1,10 draws=2 break_n=20 break_draws=2 angle=0,30,90 wrong=0,0.5,1
maxmargin_harmful n=50,100 eta=0.1 samples=400 finite_n=40 finite_ratio=5,100 finite_draws=4 risk_n=40,40 risk_eta=0.1,0.1 risk_ratio=0,20 risk_samples=160 kappa=0.5,1.2,2 search_n=10,20 search_eta=0.2,0.1 search_ratio=0,2 search_draws=3 search_random=2
min_norm n=20,20 ratio=400,400 eta=0.1,0.2 draws=2,2 kappa=0.5,1.5,3 rate_kappa=1 rate_ratio=1000,4000 rate_draws=2 cross_gamma=1 cross_draws=1,1 ideal_eta=0.1 ideal_gamma=1,10 harm_ratio=1000,4000 harm_draws=2 family_kappa=1 gamma=1,2,10 family_draws=2
multi_head_threshold n=20,40 draws=6,6 heads=1,4 late=30
multi_layer_threshold n=10,20 shown=10 draws=2,2 deepest=1,1 learnt=1,0 kappa=1,2,2.5 steps=8 test=32
near_orthogonality n=40,50 dn2=0.1,10,1000 draws=3 edge_n=40,50 edge_dn=0.2,2,20 edge_draws=6 check_n=40 check_draws=3 rate_dn2=10 late=30
no_flips eta=0,0.1,0.4 edge_b=5 edge_late=40 edge_draws=6 kappa=1,3 late=40 risk_draws=3 drawn_draws=3
noise_families n=20 draws=6 late=20 risk_n=20 risk_d=200 risk_kappa=2 risk_draws=2 tests=100 rate_n=20,40 rate_draws=4 jump_draws=2 jump_tests=200
optimizers_threshold n=10,20 draws=4,4 n_dense=10,20 draws_dense=2,2 late=300 late_dense=40
optimizers_two_steps n=20 ratio=200 multiple=0.5,1,2 steps=4 draws=2
query_key_attention n_two=20 two_draws=3 n_split=20 split_draws=2 omegas=1,0.5 most=200 n=10,20 draws=4,4 late=20 n_late=10 late_draws=3 steps=1,10,30 test=100
real_digits scope_features=500 scope_draws=2 scope_held=20 n=26 width=8 features=250 kappa=1,4 record=1,2,20 draws=2 held=40 late_kappa=4 lift_width=0,16 lift_features=64,250 base_width=16 base_features=250 signal_n=20 signal_eta=0,0.2 signal_record=1,10 signal_held=40
regularization_path n=20,20 T=2,3 kappa=1.6,2.5 ratio=1000,1000 draws=4,4 others=1,1 random=1,1 R=0.01,0.1,1,4.5,6,8,10 fit_to=9 window=1.5,2 window_n=20 window_draws=2 up=0.01,1,10 show=1
token_selection n=8,6 T=2,3 d=4000,2000 eta=0.25,0.2 balanced=1,0 draws=3,3 kappa=0.6,1.5,3,10 mix_kappa=1,4 c=0.05,0.5 random=2 curve_c=0.1,0.5,1
token_selection_followup n=10 T=8 d=200 norms=7,40 steps=50 record=0,25,50 draws=2 samples=50
weight_decay n=20 ratio=40 kappa=1,2.5 lambda=300,30,3 draws=2 steps=2000 check=100 random=1
notebook_settings n=40,20,20,20,20,40,20 d=4400,10,40,100,200,4e4,4e4 steps=20,20,20,20,20,20,20 record=0,1,2,10,20 draws=3
END
stems=
for conf in experiments/*.conf; do
  stem=$(basename "$conf" .conf)
  if grep -q "^$stem " "$box/settings"; then stems="$stems $stem"; else echo "# $stem has no small settings here, and is left out"; fi
done

# ---- computing and comparing ----

# copy FOLDER: what is needed to compile the programs and to run them
copy() {
  mkdir -p "$1" && tar -cf - --exclude=./data/reference ./Makefile ./src ./experiments ./data ./paper/chapters | tar -xf - -C "$1" &&
    printf '#!/bin/sh\n' >"$1/src/tools/setup.sh"
}
# build FOLDER CC CFLAGS: a copy of the tree with its programs
build() {
  # shellcheck disable=SC2086,SC2046 # words
  copy "$1" && make -C "$1" CC="$2" CFLAGS="$3" $(printf ' build/bin/%s' $stems) >"$box/log" 2>&1 && ! grep 'warning:' "$box/log"
}
# One experiment: compute STEM SHARDS RESULTS [COMMAND...], in the folder of its programs
cat >"$box/compute" <<'END'
#!/bin/sh
stem=$1 shards=$2 to=$3
shift 3
set -- "$@" "build/bin/$stem" --conf "experiments/$stem.conf" --set "$(sed -n "s/^$stem //p" "$0.settings") shards=$shards"
mkdir -p "$to/run/$stem" "$to/data/$stem" || exit 1
for shard in $(seq "$shards"); do
  "$@" --shard "$shard" --out "$to/run/$stem/$shard.tsv" || exit 1
done
"$@" --gather "$to/run/$stem" --out "$to/data/$stem"
END
cp "$box/settings" "$box/compute.settings"
# run FOLDER RESULTS SHARDS AT_A_TIME [COMMAND...]: all experiments
run() {
  folder=$1 results=$2 shards=$3 jobs=$4
  shift 4
  # shellcheck disable=SC2086 # words
  (cd "$folder" && printf '%s\n' $stems | xargs -P "$jobs" -I '{}' sh "$box/compute" '{}' "$shards" "$results" "$@") >"$box/log" 2>&1
}
tables_of() { (cd "$1" && find . -name '*.tsv' ! -name provenance.tsv | sort); }
row() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$box/table"; }
row varied experiments tables equal within outside

# same NAME RESULTS: published tables equal the first results, and so do the shards where these are as
# many
same() {
  equal=0 outside=0
  : >"$box/log"
  for table in $tables; do
    if cmp -s "$box/first/data/$table" "$2/data/$table"; then
      equal=$((equal + 1))
    else
      outside=$((outside + 1))
      diff "$box/first/data/$table" "$2/data/$table" | sed "s|^|$table: |" | head -n 3 >>"$box/log"
    fi
  done
  for shard in $(cd "$2/run" && find . -name 1.tsv); do
    [ -e "$2/run/$(dirname "$shard")/2.tsv" ] || cmp "$box/first/run/$shard" "$2/run/$shard" >>"$box/log" 2>&1
  done
  row "$1" "$(find "$2/data" -name claims.tsv | wc -l)" "$((equal + outside))" "$equal" 0 "$outside"
  [ $outside -eq 0 ] && [ $equal -gt 0 ] && [ ! -s "$box/log" ]
}
# close_to NAME RESULTS: what make verify says of the results, with the first ones as reference
close_to() {
  # shellcheck disable=SC2086 # words
  "$bin/verify" check --companion "$2" --reference "$box/reference" $stems >"$box/log" 2>&1
  status=$?
  grep -e '^!' -e '^  *old' "$box/log" >"$box/said"
  awk -v name="$1" '/^[0-9]+ experiments?: / {
    OFS = "\t"; gsub(/[^0-9]+/, " "); split($0, n, " "); print name, n[1], n[2], n[3], n[4], n[5] }' "$box/log" >>"$box/table"
  mv "$box/said" "$box/log"
  return $status
}
wanted() { case $1 in *"${ONLY:-}"*) ;; *) return 1 ;; esac; }
# vary TIER NAME FOLDER SHARDS AT_A_TIME [COMMAND...]
vary() {
  tier=$1 name=$2
  wanted "$name" || return
  shift 2
  folder=$1
  shift
  run "$folder" "$box/results" "$@" && $tier "$name" "$box/results"
  verdict $? "$name: $([ "$tier" = same ] && echo 'the same bytes' || echo 'within tolerance')"
  rm -rf "$box/results"
}
diagnose() { cat "$box/log"; }

# The reference kernel, as in the Makefile, where the CPU has it
OPENBLAS_NUM_THREADS=1
export OPENBLAS_NUM_THREADS
if cpu_has avx2; then OPENBLAS_CORETYPE=Haswell; export OPENBLAS_CORETYPE; fi

build "$box/gcc-O2" gcc '-O2 -g' && run "$box/gcc-O2" "$box/first" 1 1
verdict $? "gcc -O2: $(echo "$stems" | wc -w) experiments, one process at a time"
[ $failed -eq 0 ] || { echo "Bail out! nothing to compare with"; exit 1; }
tables=$(tables_of "$box/first/data")
# shellcheck disable=SC2086 # words
for stem in $stems; do
  mkdir -p "$box/reference/$stem"
  [ ! -e "data/reference/$stem/tolerance" ] || cp "data/reference/$stem/tolerance" "$box/reference/$stem/"
done
# shellcheck disable=SC2086 # words
"$bin/verify" accept --companion "$box/first" --reference "$box/reference" --reason first $stems >"$box/log" 2>&1
verdict $? "they are accepted for comparison"

# ---- what must not matter ----

vary same "again, 8 processes at a time" "$box/gcc-O2" 1 8
vary same "3 shards, 8 processes at a time" "$box/gcc-O2" 3 8
vary same "7 shards" "$box/gcc-O2" 7 2
vary same "OPENBLAS_NUM_THREADS=4" "$box/gcc-O2" 1 2 env OPENBLAS_NUM_THREADS=4
for compiler in gcc clang; do
  for level in 0 1 2 3; do
    name="$compiler -O$level, in another folder"
    if [ $compiler$level = gcc2 ] || ! wanted "$name"; then continue; fi
    if ! command -v $compiler >/dev/null; then
      skip "$name" "there is no $compiler; on Debian: apt-get install $compiler"
      continue
    fi
    # a folder of another length each
    folder=$box/$compiler/$(printf '%*s' $((level * 7 + 1)) '' | tr ' ' x)
    if build "$folder" $compiler -O$level; then
      vary same "$name" "$folder" 1 2
    else
      verdict 1 "$name compiles without a warning"
    fi
    rm -rf "$folder"
  done
done

# An emulated CPU, without what the emulator would warn that it lacks
emulated() { # emulated TIER CPU OFF [COMMAND...]
  tier=$1 cpu=$2
  shift 2
  if command -v qemu-x86_64 >/dev/null; then
    vary "$tier" "emulated $cpu" "$box/gcc-O2" 1 2 "$@"
  else
    skip "emulated $cpu" "there is no qemu-x86_64; on Debian: apt-get install qemu-user"
  fi
}
if cpu_has avx2; then
  emulated same Haswell qemu-x86_64 -cpu 'Haswell,-pcid,-x2apic,-tsc-deadline,-hle,-invpcid,-rtm'
  emulated same EPYC-Rome qemu-x86_64 -cpu EPYC-Rome
  vary same "OpenBLAS kernel Zen" "$box/gcc-O2" 1 2 env OPENBLAS_CORETYPE=Zen
else
  skip "emulated Haswell and EPYC-Rome" "this CPU has no AVX2, so that its own results are others"
fi

# ---- what may move last digits ----

for kernel in SkylakeX:avx512vl Sandybridge:avx Nehalem:sse4_2 Prescott:pni; do
  if cpu_has "${kernel#*:}"; then
    vary close_to "OpenBLAS kernel ${kernel%:*}" "$box/gcc-O2" 1 2 env "OPENBLAS_CORETYPE=${kernel%:*}"
  else
    skip "OpenBLAS kernel ${kernel%:*}" "this CPU has no ${kernel#*:}"
  fi
done
vary close_to "exp, log, pow, sin without FMA" "$box/gcc-O2" 1 2 env GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2
emulated close_to Nehalem env -u OPENBLAS_CORETYPE qemu-x86_64 -cpu Nehalem

# The reference BLAS: programs refuse to start with it, for it is many times slower, so that here their
# start is another.
cat >"$box/start.c" <<'END'
void __wrap_attn_linalg_start(void);
const char *__wrap_attn_linalg_description(void);
void __wrap_attn_linalg_start(void) {}
const char *__wrap_attn_linalg_description(void) { return "another BLAS"; }
END
# other_blas NAME LIBRARIES [COMMAND...]: the same objects, linked with it
other_blas() {
  name=$1 libraries=$2
  wanted "$name" || return
  shift 2
  mkdir -p "$box/blas/build/bin"
  ln -sf "$box/gcc-O2/experiments" "$box/gcc-O2/data" "$box/blas/"
  made=0
  for stem in $stems; do
    # shellcheck disable=SC2086 # words
    gcc -Wl,--wrap=attn_linalg_start,--wrap=attn_linalg_description "$box/gcc-O2/build/obj/claims/$stem.o" "$box/start.c" \
      "$box/gcc-O2/build/lib/libattn.a" -lgsl $libraries -lopenblas -lm -o "$box/blas/build/bin/$stem" >"$box/log" 2>&1 || made=1
  done
  if [ $made -eq 0 ]; then
    vary close_to "$name" "$box/blas" 1 2 "$@"
  else
    verdict 1 "$name: the programs link"
  fi
  rm -rf "$box/blas"
}
other_blas "GSL's reference BLAS" "-lgslcblas -l:liblapacke.a"
netlib=/usr/lib/$(gcc -print-multiarch)
if [ -e "$netlib/blas/libblas.so.3" ] && [ -e "$netlib/lapack/liblapack.so.3" ]; then
  other_blas "Netlib's BLAS and LAPACK" "-l:liblapacke.a -l:lapack/liblapack.so.3 -l:blas/libblas.so.3" \
    env "LD_LIBRARY_PATH=$netlib/blas:$netlib/lapack"
else
  skip "Netlib's BLAS and LAPACK" "there is none; on Debian: apt-get install libblas3 liblapack3"
fi

# ---- pages, figures and the PDF ----

# The companion of one experiment with small settings, at FOLDER with JOBS; without the table of the
# overview that quotes run times
stem=gd_two_steps
companion() {
  mkdir -p "$1" && tar -cf - ./Makefile ./src/attn ./src/tools ./src/claims/$stem.c ./figures/$stem.gp ./figures/common.gp ./paper/*.* \
    ./paper/chapters/$stem.md | tar -xf - -C "$1" && mkdir -p "$1/experiments" "$1/build" &&
    cp -a "$box/gcc-O2/build/obj" "$box/gcc-O2/build/lib" "$1/build/" && printf '#!/bin/sh\n' >"$1/src/tools/setup.sh" || return
  sed -e 's/^draws .*/draws = 80/' -e 's/^steps .*/steps = 5/' -e 's/^samples .*/samples = 50/' -e 's/^shards .*/shards = 3/' \
    -e 's/^record .*/record = 0 1 2 3 5/' -e 's/^show .*/show = 0 1 2 3 5/' experiments/$stem.conf >"$1/experiments/$stem.conf"
  { printf -- '---\ntitle: Said\nsummary: what was said\norder: 900\nstatements:\n'
    awk '/^ ? ? ?[a-z]|^(  - |    )[a-z]+:/ { covers = /^    covers:/ }
      covers { for (i = 1; i <= NF; i++) if ($i != "covers:" && !known[$i]++) {
        print "  - id: " $i "\n    statement: It is said of " $i ".\n    place: here" } }' paper/chapters/$stem.md
    printf -- '---\n\n{{statements}}\n\n{{uncovered}}\n'; } >"$1/paper/chapters/said.md"
  printf -- '---\ntitle: overview\nsummary: of one experiment\norder: 0\n---\n\n{{verdicts}}\n' >"$1/paper/chapters/index.md"
  make -C "$1" "-j$2" all >"$box/log" 2>&1
}
# equal_files PATTERN: the files of both companions, provenance apart, are as many and the same
equal_files() {
  (cd "$box/one/paper/companion" && find . -name "$1" ! -name provenance.tsv -type f | sort) >"$box/files"
  : >"$box/log"
  while IFS= read -r file; do
    cmp "$box/one/paper/companion/$file" "$box/two/of_another_name/paper/companion/$file" >>"$box/log" 2>&1
  done <"$box/files"
  different=$(wc -l <"$box/log") files=$(wc -l <"$box/files")
  row "companion: $1" 1 "$files" "$((files - different))" 0 "$different"
  [ -s "$box/files" ] && [ ! -s "$box/log" ]
}
for tool in gnuplot pandoc rsvg-convert pdflatex; do
  command -v $tool >/dev/null || missing=$tool
done
if ! wanted companion; then
  :
elif [ -n "${missing:-}" ]; then
  skip "pages, figures and the PDF" "there is no $missing; make all installs it"
else
  companion "$box/one" 1
  verdict $? "a companion, with -j1"
  sleep 1.1 # so that a time that is written somewhere is another
  companion "$box/two/of_another_name" 8
  verdict $? "a companion in another folder, with -j8"
  for kind in '*.tsv' '*.svg' '*.html' '*.pdf'; do
    equal_files "$kind"
    verdict $? "the same bytes: $kind"
  done
fi

# ---- the table ----

mkdir -p "$root/build/tests"
cp "$box/table" "$root/build/tests/same.tsv"
awk -F '\t' '{ printf "# %-36s %11s %7s %6s %7s %8s\n", $1, $2, $3, $4, $5, $6 }' "$box/table"
echo "1..$count"
[ $failed -eq 0 ]
