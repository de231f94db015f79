# attnlab: every result, figure, table and page from source.
#
#   make help        what can be asked for
#
# The folders are the registry: experiments/<stem>.conf with src/claims/<stem>.c, figures/<stem>.gp
# and paper/chapters/<stem>.md is an experiment, and nothing here names one.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += -rR --no-print-directory -j$(shell nproc)

# One thread per process, since Make runs the processes side by side; and one BLAS kernel, where the
# CPU has it, since OpenBLAS's last digits depend on the kernel.
export OPENBLAS_NUM_THREADS := 1
ifndef OPENBLAS_CORETYPE
ifneq ($(shell grep -qsw avx2 /proc/cpuinfo && echo yes),)
export OPENBLAS_CORETYPE := Haswell
endif
endif
export SOURCE_DATE_EPOCH := 0
export LC_ALL := C.UTF-8

CC      := $(if $(filter default,$(origin CC)),cc,$(CC))
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
ALL_CFLAGS := -std=c17 -D_POSIX_C_SOURCE=200809L -ffp-contract=off $(WARN) -Isrc/attn $(CPPFLAGS) $(CFLAGS)
# OpenBLAS answers cblas calls only when no other BLAS stands before it on this line. LAPACKE as an
# archive, since the shared one loads a second LAPACK and BLAS at every start of a program.
LDLIBS  := -lgsl -l:liblapacke.a -lopenblas -lm

stems    := $(patsubst experiments/%.conf,%,$(wildcard experiments/*.conf))
chapters := $(wildcard paper/chapters/*.md)

# Overrides for the curious: SET="n=500 eta=0.1" with one experiment as the goal. Results are
# written beside the reference results, under a folder named by the settings.
ifneq ($(strip $(SET)),)
  set_stem := $(filter $(stems),$(MAKECMDGOALS))
  ifneq ($(words $(set_stem)) $(words $(MAKECMDGOALS)),1 1)
    $(error SET="$(SET)" goes with one experiment as the goal: make <stem> SET="key=value ..."; the stems are: $(stems))
  endif
  empty :=
  # a file name that Make can have as a target: no blank, '=', ':' or ','
  comma := ,
  OUT := build/set/$(set_stem)/$(subst $(comma),_,$(subst :,_,$(subst =,-,$(subst $(empty) $(empty),+,$(strip $(SET))))))
  RUN := $(OUT)/run
else
  OUT := paper/companion
  RUN := build/run
endif

# Recipes are quiet: a line for each thing made. V=1 shows the commands.
q   := $(if $(filter 1,$(V)),,@)
say := @printf '  %-4s %s\n'

# ---- set-up -------------------------------------------------------------------------------------

.PHONY: setup
setup:
	@src/tools/setup.sh

# ---- library and programs -----------------------------------------------------------------------

lib_objects := $(patsubst src/%.c,build/obj/%.o,$(wildcard src/attn/*.c))
programs    := $(patsubst src/claims/%.c,build/bin/%,$(wildcard src/claims/*.c))
# src/tools/*.c that have a main; the others there belong to them
tools       := $(patsubst src/tools/%.c,build/bin/%,$(wildcard $(addprefix src/tools/,attn.c bench.c weave.c ledger.c trace.c verify.c)))

build/obj/%.o: src/%.c | setup
	@mkdir -p $(@D)
	$(say) CC $<
	$(q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

build/lib/libattn.a: $(lib_objects)
	@mkdir -p $(@D)
	@rm -f $@
	$(q)ar rcsD $@ $^

build/bin/%: build/obj/claims/%.o build/lib/libattn.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

build/bin/bench_svm: LDLIBS += -lsvm
build/bin/attn build/bin/bench build/bin/bench_svm: build/bin/%: build/obj/tools/%.o build/lib/libattn.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

-include $(wildcard build/obj/*/*.d)

# ---- experiments --------------------------------------------------------------------------------
# Shards of one experiment are separate targets, so that they run side by side, survive an
# interruption one by one, and can be computed elsewhere.

# How many, from SET or the configuration. What is no number gives none here, and a sentence of the
# program that reads it.
shards_of = $(or $(lastword $(patsubst shards=%,%,$(filter shards=%,$(SET)))),$(shell sed -n 's/^ *shards *= *\([0-9][0-9]*\).*/\1/p' experiments/$(1).conf),1)

plot := $(addprefix src/tools/,plot.sh hover.awk scheme.awk)

# Data sets that programs name: "src/claims/<stem>.c:data/<name>/<file>"
data_sets := $(shell grep -o '"data/[a-z0-9_./]*"' src/claims/*.c /dev/null | tr -d '"')

define experiment
$(1)_shards := $$(patsubst %,$(RUN)/$(1)/%.tsv,$$(shell seq $(2) 2>/dev/null))

# Read once before any shard, so that a bad value is one sentence and not one per shard.
$(RUN)/$(1)/settings: build/bin/$(1) experiments/$(1).conf $(patsubst src/claims/$(1).c:%,%,$(filter src/claims/$(1).c:%,$(data_sets)))
	@build/bin/$(1) --conf experiments/$(1).conf $$(if $$(strip $$(SET)),--set '$$(SET)') --settings $$@

$(RUN)/$(1)/%.tsv: $(RUN)/$(1)/settings
	$$(say) RUN '$(1) $$*/$(2)'
	@build/bin/$(1) --conf experiments/$(1).conf $$(if $$(strip $$(SET)),--set '$$(SET)') --shard $$* --out $$@

$(OUT)/data/$(1)/claims.tsv: $$($(1)_shards)
	@build/bin/$(1) --conf experiments/$(1).conf $$(if $$(strip $$(SET)),--set '$$(SET)') --gather $(RUN)/$(1) --out $$(@D)

$(OUT)/figures/$(1).svg: figures/$(1).gp figures/common.gp $(plot) $(OUT)/data/$(1)/claims.tsv
	$$(say) PLOT $$@
	@src/tools/plot.sh figures/$(1).gp $(OUT)/data/$(1) $$@
endef

$(foreach s,$(stems),$(eval $(call experiment,$(s),$(call shards_of,$(s)))))

# ---- companion ----------------------------------------------------------------------------------

companion_objects := $(patsubst %,build/obj/tools/%.o,chapter named numbers reference result typed words weaver prose blocks)
companion_pages   := $(patsubst paper/chapters/%.md,$(OUT)/%.html,$(chapters))
companion_tables  := $(stems:%=$(OUT)/data/%/claims.tsv)
# figures of general chapters read the tables of several experiments: data.'/<stem>/<table>.tsv'
general_figures   := $(filter-out common $(stems),$(patsubst figures/%.gp,%,$(wildcard figures/*.gp)))
companion_figures := $(patsubst %,$(OUT)/figures/%.svg,$(stems) $(general_figures))

define general_figure
$(OUT)/figures/$(1).svg: figures/$(1).gp figures/common.gp $(plot) $(patsubst %,$(OUT)/data/%/claims.tsv,$(filter $(stems),$(shell sed -n "s|[^']*'/\([a-z0-9_]*\)/[a-z0-9_]*\.tsv'|\1 |gp" figures/$(1).gp)))
	$$(say) PLOT $$@
	@src/tools/plot.sh figures/$(1).gp $(OUT)/data $$@
endef
$(foreach f,$(general_figures),$(eval $(call general_figure,$(f))))

$(filter-out build/bin/attn build/bin/bench,$(tools)): build/bin/%: build/obj/tools/%.o $(companion_objects) build/lib/libattn.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

.PHONY: companion
companion: $(companion_pages) $(stems:%=$(OUT)/%.source.html) $(OUT)/ledger.tsv $(OUT)/style.css $(OUT)/companion.pdf

# A page needs the results of its own experiment and of those that it quotes.
companion_uses := $(if $(chapters),$(subst |, ,$(shell awk -f src/tools/uses.awk $(chapters) | tr ' ' :)))
companion_needs = $(filter $(stems),$1 $(patsubst $1:%,%,$(filter $1:%,$(companion_uses))) \
	$(if $(filter $1:*,$(companion_uses)),$(stems)))
$(foreach page,$(chapters:paper/chapters/%.md=%),$(eval build/companion/$(page).md: \
	$(foreach stem,$(call companion_needs,$(page)),$(OUT)/data/$(stem)/claims.tsv $(OUT)/figures/$(stem).svg) \
	$(patsubst %,$(OUT)/figures/%.svg,$(filter $(page),$(general_figures)))))

build/companion/%.md: paper/chapters/%.md build/bin/weave $(chapters)
	$(say) TEXT $@
	@build/bin/weave --companion $(OUT) --format html --out $@ --depfile build/companion/$*.d $< --all $(chapters)

# The source as it was when the results were made: after them, so that their line numbers are right.
build/companion/%.source.md: $(OUT)/data/%/claims.tsv src/claims/%.c experiments/%.conf figures/%.gp build/bin/weave $(chapters)
	@mkdir -p $(@D)
	@build/bin/weave --companion $(OUT) --format html --out $@ --source paper/chapters/$*.md --all $(chapters)

$(OUT)/%.html: build/companion/%.md paper/template.html paper/page.lua
	@mkdir -p $(@D)
	$(say) PAGE $@
	@pandoc --from=markdown --to=html5 --mathml --fail-if-warnings --columns=10000 --template=paper/template.html --lua-filter=paper/page.lua \
		$(if $(shell command -v pdflatex),--variable=pdf:companion.pdf) $< -o $@.part
	@sed -i 's|<a href="#\([a-z]*-[0-9]*\)"></a>|<a href="#\1" tabindex="-1"></a>|' $@.part # line numbers are no tab stops
	@mv $@.part $@

$(OUT)/style.css: paper/style.css
	@mkdir -p $(@D)
	@cp $< $@

$(OUT)/ledger.tsv: build/bin/ledger $(chapters) $(companion_tables)
	$(say) TEXT $@
	@build/bin/ledger write --companion $(OUT) --out $@ $(chapters)

build/tex/figures/%.pdf: $(OUT)/figures/%.svg
	@mkdir -p $(@D)
	@rsvg-convert --format=pdf $< --output $@

build/tex/companion.md: build/bin/weave $(chapters) $(companion_tables) $(companion_figures)
	$(say) TEXT $@
	@build/bin/weave --companion $(OUT) --format latex --out $@ --depfile build/tex/companion.d --book --all $(chapters)

build/tex/companion.tex: build/tex/companion.md paper/preamble.tex
	$(say) PAGE $@
	@pandoc --standalone --from=markdown --to=latex --fail-if-warnings --no-highlight --toc --toc-depth=1 --include-in-header=paper/preamble.tex \
		--variable=papersize:a4 --variable=geometry:margin=25mm --variable=colorlinks $< -o $@

# Without TeX the pages stand on their own.
$(OUT)/companion.pdf: build/tex/companion.tex src/tools/pdf.sh $(companion_figures:$(OUT)/%.svg=build/tex/%.pdf)
	@if command -v pdflatex >/dev/null; then printf '  %-4s %s\n' PDF $@; src/tools/pdf.sh $< $@; \
	else echo "  companion.pdf was not built: no pdflatex; the pages are complete"; fi

-include $(wildcard build/companion/*.d build/tex/*.d)

# ---- goals --------------------------------------------------------------------------------------

.PHONY: all help list claim trace verify diff accept new readme dist bench clean $(stems)

all: companion
	@build/bin/ledger verdicts --companion $(OUT) $(chapters)

# One experiment: results, figure, page, verdicts. With SET the results and the figure only, since a
# page's text is about the reference settings.
ifeq ($(strip $(SET)),)
$(stems): %: $(OUT)/data/%/claims.tsv $(OUT)/figures/%.svg $(OUT)/%.html $(OUT)/%.source.html $(OUT)/style.css build/bin/ledger
	@build/bin/ledger verdicts --companion $(OUT) --only $* $(chapters)
	@echo "page: $(OUT)/$*.html"
else
$(stems): %: $(OUT)/data/%/claims.tsv $(OUT)/figures/%.svg build/bin/ledger
	@build/bin/ledger verdicts --companion $(OUT) --only $* $(chapters) || echo "(expected verdicts are those of the reference settings)"
	@echo "results: $(OUT)/data/$*/  figure: $(OUT)/figures/$*.svg"
endif

# make claim C=<id>: computes the claim's experiment if need be, then says what came out; or those of
# all claims that decide the statement of this id.
experiments_of = $(filter $(stems),$(if $1,$(shell awk -v id='$(subst ','\'',$1)' -f src/tools/uses.awk $(chapters) /dev/null)))
claim: $(patsubst %,$(OUT)/data/%/claims.tsv,$(call experiments_of,$(C))) build/bin/ledger
	@$(if $(C),build/bin/ledger show $(C) --companion $(OUT) $(chapters),echo "make claim C=<id>, with one of these ids:" >&2; sed -n 's/^  - id: /  /p' $(chapters) >&2; exit 1)

# make trace V="<name>": where a number of the companion comes from. The name goes through the
# environment, since it may hold any character.
trace_name := $(subst }},,$(subst {{,,$(V)))
trace_words := $(filter-out value claim setting,$(trace_name))
trace_stem := $(filter $(stems),$(firstword $(subst /, ,$(firstword $(trace_words)))))
ifneq ($(filter trace,$(MAKECMDGOALS)),)
  export V
  trace_stem := $(or $(trace_stem),$(call experiments_of,$(firstword $(trace_words))))
endif
trace: $(trace_stem:%=$(OUT)/data/%/claims.tsv) build/bin/trace
	@build/bin/trace "$$V" --companion $(OUT) $(chapters)

# Results against the accepted ones; STEM=<stem> restricts to one experiment, EXACT=1 asks for bytes.
ifneq ($(filter verify diff accept,$(MAKECMDGOALS)),)
  ifneq ($(filter-out $(stems),$(STEM)),)
    $(error STEM=$(STEM) is no experiment; the stems are: $(stems))
  endif
  ifneq ($(filter accept,$(MAKECMDGOALS)),)
    ifeq ($(strip $(REASON)),)
      $(error results are accepted for a reason: make accept REASON="why they changed" [STEM=<stem>])
    endif
    export REASON
  endif
endif
verified := $(or $(strip $(STEM)),$(stems))
verify   := build/bin/verify
verify_options = --companion $(OUT) --reference data/reference $(if $(strip $(STEM)),--only $(strip $(STEM))) $(stems)
verify: $(verified:%=$(OUT)/data/%/claims.tsv) $(verify)
	@$(verify) check $(if $(EXACT),--exact) $(verify_options)
diff: $(verified:%=$(OUT)/data/%/claims.tsv) $(verify)
	@$(verify) diff $(verify_options)
accept: $(verified:%=$(OUT)/data/%/claims.tsv) $(verify)
	@$(verify) accept --reason "$$REASON" $(verify_options)

# make new NAME=<stem>; the name from the command line alone, since some systems set NAME themselves.
ifneq ($(filter new,$(MAKECMDGOALS)),)
  export new_name := $(if $(filter command line,$(origin NAME)),$(NAME))
endif
new:
	@src/tools/new.sh "$$new_name"

readme: build/bin/ledger
	@src/tools/readme.sh write

dist:
	@src/tools/dist.sh build

list: build/bin/ledger
	@build/bin/ledger list --companion $(OUT) $(chapters)

# Alone, since other jobs would share the memory's bandwidth.
bench: build/bin/bench build/bin/bench_svm build/bin/attn
	@build/bin/bench $(if $(QUICK),--quick)
	@echo; build/bin/bench_svm $(if $(QUICK),200,1000) compare

clean:
	rm -rf build paper/companion

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

#: make all                    install what is missing, reproduce everything into paper/companion/
#: make check                  install what is missing, run the tests
#: make check-all              also look at pages and PDF; without chromium, python3 and poppler-utils
#:                             the tests that need them are skipped
#: make list                   the experiments: claim, run time, last verdict
#: make STEM                   one experiment: its results, figure, table and page
#: make STEM SET="n=500 ..."   the same with other parameters, beside the reference results
#: make claim C=ID             one claim: hypotheses, prediction, measurement, verdict; or one
#:                             statement of the paper's summary or of a reader, and its claims
#: make trace V="NAME"         where a number comes from: row, settings, seed, source line, versions
#: make verify                 compare the results with the accepted ones; STEM=<stem> EXACT=1
#: make diff                   every cell that differs from the accepted results; STEM=<stem>
#: make accept REASON="..."    make the results the accepted ones; STEM=<stem>
#: make new NAME=STEM          a new experiment: a working skeleton of its four files
#: make readme                 the README's table and picture, from the accepted results
#: make dist                   build/attnlab-VERSION.tar.gz, the same bytes from the same sources
#: make bench                  the speed of the library on this machine; QUICK=1 takes seconds
#: make fuzz                   arbitrary bytes to every reader, with libFuzzer of clang-14; RUNS=N,
#:                             one reader: fuzz-NAME; what was learnt into the corpus: fuzz-corpus
#: make clean                  remove everything that was generated
#: make help                   this list
#:
#: Options: -j1 one job at a time (default: all cores); V=1 shows the commands; CC=clang.

# ---- tests --------------------------------------------------------------------------------------
# tests/test_*.c are cmocka programs, tests/test_*.sh scripts; both speak TAP. Other .c files there
# are shared by the programs.

test_programs := $(patsubst tests/%.c,build/tests/%,$(wildcard tests/test_*.c))
test_scripts  := $(wildcard tests/test_*.sh)
test_shared   := $(patsubst tests/%.c,build/obj/tests/%.o,$(filter-out tests/test_%,$(wildcard tests/*.c)))
test_logs     := $(addsuffix .tap,$(test_programs)) $(patsubst tests/%.sh,build/tests/%.tap,$(test_scripts))

build/obj/tests/%.o: tests/%.c | setup
	@mkdir -p $(@D)
	$(say) CC $<
	$(q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

build/tests/%: build/obj/tests/%.o $(test_shared) build/lib/libattn.a
	@mkdir -p $(@D)
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -lcmocka $(LDLIBS) -o $@

build/tests/test_svm_libsvm: LDLIBS += -lsvm

# Tests always run. A failing test does not stop the others: the summary tells.
.PHONY: check run-tests
$(addsuffix .tap,$(test_programs)): build/tests/%.tap: build/tests/% run-tests
	@CMOCKA_MESSAGE_OUTPUT=TAP build/tests/$* >$@ 2>&1; echo "# exit $$?" >>$@; echo "  TEST $*"
$(patsubst tests/%.sh,build/tests/%.tap,$(test_scripts)): build/tests/%.tap: tests/%.sh $(programs) $(tools) run-tests
	@mkdir -p $(@D); sh $< >$@ 2>&1; echo "# exit $$?" >>$@; echo "  TEST $*"

check: $(test_logs)
	@tests/summarise.sh $^

# tests/all_*.sh look at the companion, and need tools that make installs for nobody.
.PHONY: check-all
all_logs := $(patsubst tests/%.sh,build/tests/%.tap,$(wildcard tests/all_*.sh))
$(all_logs): build/tests/%.tap: tests/%.sh companion run-tests
	@mkdir -p $(@D); sh $< >$@ 2>&1; echo "# exit $$?" >>$@; echo "  TEST $*"
check-all: $(test_logs) $(all_logs)
	@tests/summarise.sh $^

# ---- fuzzing ------------------------------------------------------------------------------------
# tests/fuzz/<reader>.c hands arbitrary bytes to a reader. It is linked twice: with libFuzzer (make
# fuzz), and with a plain main that replays the corpus that is kept (make check).

FUZZ_CC       = $(shell command -v clang-14 || echo clang)
RUNS         := 1000000
fuzz_readers := $(filter-out fuzz replay,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
fuzz_parts   := $(addprefix attn/,base config samples table) \
	$(addprefix tools/,$(companion_objects:build/obj/tools/%.o=%)) tests/fuzz/fuzz
fuzz_kinds   := -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
fuzz_flags    = $(ALL_CFLAGS) -O1 -Isrc/tools -include tests/fuzz/redirect.h -MMD -MP
# none where the compiler has no sanitizers
replay_kinds  = $(eval replay_kinds := $$(shell echo 'int main(void) { return 0; }' | \
	$(CC) $(fuzz_kinds) -x c - -o /dev/null 2>/dev/null && echo '$(fuzz_kinds)'))$(replay_kinds)

define fuzz_objects
build/fuzz/$(1)/%.o: src/%.c | setup $(3)
	@mkdir -p $$(@D)
	$$(say) CC '$$< ($(1))'
	$$(q)$(2) $$(fuzz_flags) -c $$< -o $$@
build/fuzz/$(1)/tests/%.o: tests/%.c | setup $(3)
	@mkdir -p $$(@D)
	$$(say) CC '$$< ($(1))'
	$$(q)$(2) $$(fuzz_flags) -c $$< -o $$@
endef
$(eval $(call fuzz_objects,libfuzzer,$$(FUZZ_CC) $$(fuzz_kinds) -fsanitize=fuzzer-no-link,fuzz-tools))
$(eval $(call fuzz_objects,replay,$$(CC) $$(replay_kinds)))

build/fuzz/bin/fuzz_%: build/fuzz/libfuzzer/tests/fuzz/%.o $(fuzz_parts:%=build/fuzz/libfuzzer/%.o) build/lib/libattn.a
	@mkdir -p $(@D)
	$(q)$(FUZZ_CC) $(fuzz_kinds) -fsanitize=fuzzer $^ $(LDLIBS) -o $@
build/fuzz/bin/replay_%: build/fuzz/replay/tests/fuzz/%.o $(fuzz_parts:%=build/fuzz/replay/%.o) build/fuzz/replay/tests/fuzz/replay.o build/lib/libattn.a
	@mkdir -p $(@D)
	$(q)$(CC) $(replay_kinds) $(LDFLAGS) $^ $(LDLIBS) -o $@

-include $(wildcard build/fuzz/*/*/*.d build/fuzz/*/*/*/*.d)

build/tests/test_fuzz.tap: $(fuzz_readers:%=build/fuzz/bin/replay_%)

# One reader after another on each core; the table at the end, and status 1 when anything was found.
.PHONY: fuzz fuzz-corpus fuzz-tools $(fuzz_readers:%=fuzz-%)
fuzz-tools:
	@echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
		$(FUZZ_CC) $(fuzz_kinds) -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null || \
		{ echo "there is no clang with libFuzzer; on Debian: apt-get install clang-14 libclang-rt-14-dev" >&2; exit 1; }
$(fuzz_readers:%=fuzz-%): fuzz-%: build/fuzz/bin/fuzz_%
	@tests/fuzz/fuzz.sh run $* $(RUNS)
fuzz: $(fuzz_readers:%=fuzz-%)
	@tests/fuzz/fuzz.sh table $(fuzz_readers)
fuzz-corpus: $(fuzz_readers:%=build/fuzz/bin/fuzz_%)
	@for reader in $(fuzz_readers); do tests/fuzz/fuzz.sh merge $$reader || exit 1; done
