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

# make slurm and make slurm-script are about STEM, and about all experiments without it. They go
# alone, since with them shards are listed and not computed.
slurm_goal := $(filter slurm slurm-script,$(MAKECMDGOALS))
ifneq ($(slurm_goal),)
  ifneq ($(words $(MAKECMDGOALS)),1)
    $(error make $(firstword $(slurm_goal)) goes without another goal)
  endif
endif

# Overrides for the curious: SET="n=500 eta=0.1" with one experiment as the goal. Results are
# written beside the reference results, under a folder named by the settings. And sizes: with
# SIZE=smoke or SIZE=large (from the command line alone, since the word is a common one) the lines
# "key@smoke = value" of a configuration are in force, and everything is written to build/smoke;
# make smoke is all of it at that size.
SIZED := $(if $(filter command line,$(origin SIZE)),$(strip $(SIZE)))
ifneq ($(filter smoke,$(MAKECMDGOALS)),)
  ifneq ($(words $(MAKECMDGOALS))$(SIZED)$(strip $(SET)),1)
    $(error make smoke stands alone; one experiment: make <stem> SIZE=smoke)
  endif
  SIZED := smoke
endif
ifneq ($(SIZED),)
  ifeq ($(and $(filter 1,$(words $(SIZED))),$(filter smoke large,$(SIZED))),)
    $(error SIZE=$(SIZED): the size must be one of smoke, large)
  endif
  # goals that know of sizes
  sized_goals := $(stems) $(if $(filter smoke,$(SIZED)),smoke) $(if $(filter $(stems),$(STEM)),$(slurm_goal))
  ifneq ($(or $(filter-out $(sized_goals),$(MAKECMDGOALS)),$(if $(MAKECMDGOALS),,none)),)
    $(error SIZE=$(SIZED) goes with experiments as the goals: make <stem> SIZE=$(SIZED); the stems are: $(stems))
  endif
endif
ifneq ($(strip $(SET)),)
  set_goals := $(if $(slurm_goal),$(STEM),$(MAKECMDGOALS))
  set_stem := $(filter $(stems),$(set_goals))
  ifneq ($(words $(set_stem)) $(words $(set_goals)),1 1)
    $(error SET="$(SET)" goes with one experiment as the goal: make <stem> SET="key=value ..."; the stems are: $(stems))
  endif
  empty :=
  # a file name that Make can have as a target: no blank, '=', ':' or ','
  comma := ,
  OUT := build/set/$(set_stem)/$(SIZED:%=%+)$(subst $(comma),_,$(subst :,_,$(subst =,-,$(subst $(empty) $(empty),+,$(strip $(SET))))))
else
  OUT := $(if $(SIZED),build/$(SIZED),paper/companion)
endif
# where shards and the sources of pages are
ifeq ($(OUT),paper/companion)
  RUN  := build/run
  TEXT := build/companion
else
  RUN  := $(OUT)/run
  TEXT := $(OUT)/text
endif
# what pages and figures are marked with, since their text is about the reference results
MARK := $(if $(filter smoke,$(SIZED)),SMOKE)

# With a clock that was set back, what is edited now counts as older than what was made before.
ifneq ($(filter-out clean help help-more list new readme setup uninstall,$(or $(MAKECMDGOALS),help)),)
  later := $(shell find $(OUT) build/bin $(RUN) experiments figures paper/chapters src -type f -newermt '1 minute' -print -quit 2>/dev/null)
  ifneq ($(later),)
    $(error $(later) has a time that is still to come, so that newer and older cannot be told: set the clock, or $(if $(filter build/% $(OUT)/%,$(later)),make clean,touch $(later)))
  endif
endif

# Recipes are quiet: a line for each thing made. V=1 shows the commands.
q   := $(if $(filter 1,$(V)),,@)
say := @printf '  %-4s %s\n'

# What a recipe writes is put in place when it is whole, since a killed Make deletes no half-written
# file; under a name that another Make does not use.
part     = $@.$$PPID.part
place    = mv $(part) $@
depends  = -MMD -MP -MF $(@:.o=.d) -MT $@

# ---- set-up -------------------------------------------------------------------------------------

.PHONY: setup
setup:
	@src/tools/setup.sh

# ---- library and programs -----------------------------------------------------------------------

lib_objects := $(patsubst src/%.c,build/obj/%.o,$(wildcard src/attn/*.c))
programs    := $(patsubst src/claims/%.c,build/bin/%,$(wildcard src/claims/*.c))
# src/tools/*.c that have a main; the others there belong to them
tools       := $(patsubst src/tools/%.c,build/bin/%,$(wildcard $(addprefix src/tools/,attn.c bench.c instructions.c weave.c ledger.c trace.c verify.c)))

build/obj/%.o: src/%.c | setup
	@mkdir -p $(@D)
	$(say) CC $<
	$(q)$(CC) $(ALL_CFLAGS) $(depends) -c $< -o $(part) && $(place)

build/lib/libattn.a: $(lib_objects)
	@mkdir -p $(@D)
	@rm -f $(part)
	$(q)ar rcsD $(part) $^ && $(place)

build/bin/%: build/obj/claims/%.o build/lib/libattn.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $(part) && $(place)

build/bin/bench_svm: LDLIBS += -lsvm
build/obj/tools/instructions.o: ALL_CFLAGS += -DOPTIONS='"$(CFLAGS)"'
build/bin/attn build/bin/bench build/bin/bench_svm build/bin/instructions: build/bin/%: build/obj/tools/%.o build/lib/libattn.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $(part) && $(place)

-include $(wildcard build/obj/*/*.d)

# ---- experiments --------------------------------------------------------------------------------
# Shards of one experiment are separate targets, so that they run side by side, survive an
# interruption one by one, and can be computed elsewhere.

# How many, from SET, the size's line or the configuration. What is no number gives none here, and a
# sentence of the program that reads it.
shards_line = $(shell sed -n 's/^ *shards$(1) *= *\([0-9][0-9]*\).*/\1/p' experiments/$(2).conf)
shards_of = $(or $(lastword $(patsubst shards=%,%,$(filter shards=%,$(SET)))),$(if $(SIZED),$(call shards_line,@$(SIZED),$(1))),$(call shards_line,,$(1)),1)

plot := $(addprefix src/tools/,plot.sh hover.awk scheme.awk)

# Data sets that programs name: "src/claims/<stem>.c:data/<name>/<file>"
data_sets := $(shell grep -o '"data/[a-z0-9_./]*"' src/claims/*.c /dev/null | tr -d '"')

# What tells a program its settings, and Make the same settings: the one place for what Make's
# variables add to a command, whether it runs here or in a Slurm job. 1: the stem.
program_settings = --conf experiments/$(1).conf $(if $(SIZED),--size $(SIZED)) $(if $(strip $(SET)),--set '$(SET)')
make_settings    = $(if $(SIZED), SIZE=$(SIZED))$(if $(strip $(SET)), SET='$(SET)')
# 1: the stem, 2: the shard, 3: the file
shard_command = build/bin/$(1) $(program_settings) --shard $(2) --out $(3)

# How Make gets a shard that is missing or too old; 1: the stem, 2: the shard, 3: the number of shards.
ifneq ($(slurm_goal),)
# It does not: make slurm submits those that it would have computed.
make_shard = $(eval missing_$(1) += $(2))
else ifneq ($(ONLY_MERGE),)
# Merging jobs compute none, which could take days in one job.
make_shard = @echo "shard $(2) of $(1) is not there or older than its settings or program; make slurm submits it" >&2; exit 1
else
define make_shard
$(say) RUN '$(1) $(2)/$(3)'
@$(call shard_command,$(1),$(2),$@)
endef
endif

define experiment
$(1)_shards := $$(patsubst %,$(RUN)/$(1)/%.tsv,$$(shell seq $(2) 2>/dev/null))

# Read once before any shard, so that a bad value is one sentence and not one per shard.
$(RUN)/$(1)/settings: build/bin/$(1) experiments/$(1).conf $(patsubst src/claims/$(1).c:%,%,$(filter src/claims/$(1).c:%,$(data_sets)))
	@build/bin/$(1) $$(call program_settings,$(1)) --settings $$@

$(RUN)/$(1)/%.tsv: $(RUN)/$(1)/settings
	$$(call make_shard,$(1),$$*,$(2))

$(OUT)/data/$(1)/claims.tsv: $$($(1)_shards)
	@build/bin/$(1) $$(call program_settings,$(1)) --gather $(RUN)/$(1) --out $$(@D)

$(OUT)/figures/$(1).svg: figures/$(1).gp figures/common.gp $(plot) $(OUT)/data/$(1)/claims.tsv
	$$(say) PLOT $$@
	@src/tools/plot.sh figures/$(1).gp $(OUT)/data/$(1) $$@ $(MARK)
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
	@src/tools/plot.sh figures/$(1).gp $(OUT)/data $$@ $(MARK)
endef
$(foreach f,$(general_figures),$(eval $(call general_figure,$(f))))

$(filter-out build/bin/attn build/bin/bench build/bin/instructions,$(tools)): build/bin/%: build/obj/tools/%.o $(companion_objects) build/lib/libattn.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $(part) && $(place)

.PHONY: companion pages
companion: pages $(OUT)/companion.pdf
# tables and figures by name too, or one that is missing would not be made while its page is there
pages: $(companion_tables) $(companion_figures) $(companion_pages) $(stems:%=$(OUT)/%.source.html) $(OUT)/ledger.tsv $(OUT)/style.css

# A page needs the results of its own experiment and of those that it quotes.
companion_uses := $(if $(chapters),$(subst |, ,$(shell awk -f src/tools/uses.awk $(chapters) | tr ' ' :)))
companion_needs = $(filter $(stems),$1 $(patsubst $1:%,%,$(filter $1:%,$(companion_uses))) \
	$(if $(filter $1:*,$(companion_uses)),$(stems)))
$(foreach page,$(chapters:paper/chapters/%.md=%),$(eval $(TEXT)/$(page).md: \
	$(foreach stem,$(call companion_needs,$(page)),$(OUT)/data/$(stem)/claims.tsv $(OUT)/figures/$(stem).svg) \
	$(patsubst %,$(OUT)/figures/%.svg,$(filter $(page),$(general_figures)))))

$(TEXT)/%.md: paper/chapters/%.md build/bin/weave $(chapters)
	$(say) TEXT $@
	@build/bin/weave --companion $(OUT) --format html --out $@ --depfile $(TEXT)/$*.d $< --all $(chapters)

# The source as it was when the results were made: after them, so that their line numbers are right.
$(TEXT)/%.source.md: $(OUT)/data/%/claims.tsv src/claims/%.c experiments/%.conf figures/%.gp build/bin/weave $(chapters)
	@mkdir -p $(@D)
	@build/bin/weave --companion $(OUT) --format html --out $@ --source paper/chapters/$*.md --all $(chapters)

# Under a limit on addresses pandoc crashes, or says nothing that helps.
no_pandoc = { [ "$$(ulimit -v)" = unlimited ] || \
	echo "$@: was not made; pandoc reserves a terabyte of addresses, and 'ulimit -v' allows $$(ulimit -v) KiB" >&2; exit 1; }

# not in the companion, where what a killed Make left would stay
page_part = $(TEXT)/$(@F).$$PPID.part

$(OUT)/%.html: $(TEXT)/%.md paper/template.html paper/page.lua
	@mkdir -p $(@D)
	$(say) PAGE $@
	@pandoc --from=markdown --to=html5 --mathml --fail-if-warnings $(if $(MARK),--no-highlight) --columns=10000 --template=paper/template.html --lua-filter=paper/page.lua \
		$(if $(MARK),--variable=mark:$(MARK),$(if $(shell command -v pdflatex),--variable=pdf:companion.pdf)) $< -o $(page_part) || $(no_pandoc)
	@sed -i 's|<a href="#\([a-z]*-[0-9]*\)"></a>|<a href="#\1" tabindex="-1"></a>|' $(page_part) # line numbers are no tab stops
	@mv $(page_part) $@

$(OUT)/style.css: paper/style.css
	@mkdir -p $(@D)
	@mkdir -p $(TEXT); cp $< $(page_part) && mv $(page_part) $@

$(OUT)/ledger.tsv: build/bin/ledger $(chapters) $(companion_tables)
	$(say) TEXT $@
	@build/bin/ledger write --companion $(OUT) --out $@ $(chapters)

build/tex/figures/%.pdf: $(OUT)/figures/%.svg
	@mkdir -p $(@D)
	@rsvg-convert --format=pdf $< --output $(part) && $(place)

build/tex/companion.md: build/bin/weave $(chapters) $(companion_tables) $(companion_figures)
	$(say) TEXT $@
	@build/bin/weave --companion $(OUT) --format latex --out $@ --depfile build/tex/companion.d --book --all $(chapters)

build/tex/companion.tex: build/tex/companion.md paper/preamble.tex
	$(say) PAGE $@
	@pandoc --standalone --from=markdown --to=latex --fail-if-warnings --no-highlight --toc --toc-depth=1 --include-in-header=paper/preamble.tex \
		--variable=papersize:a4 --variable=geometry:margin=25mm --variable=colorlinks $< -o $(part) || $(no_pandoc)
	@$(place)

# Without TeX the pages stand on their own.
$(OUT)/companion.pdf: build/tex/companion.tex src/tools/pdf.sh $(companion_figures:$(OUT)/%.svg=build/tex/%.pdf)
	@if command -v pdflatex >/dev/null; then printf '  %-4s %s\n' PDF $@; src/tools/pdf.sh $< $@; \
	else echo "  companion.pdf was not built: no pdflatex; the pages are complete"; fi

-include $(wildcard $(TEXT)/*.d build/tex/*.d)

# ---- goals --------------------------------------------------------------------------------------

.PHONY: all smoke help help-more list claim trace verify diff accept slurm slurm-script new readme dist bench clean $(stems)

all: companion
	@build/bin/ledger verdicts --companion $(OUT) $(chapters)

# Every program and every page at small size, but for the PDF, which takes longer than all the rest.
smoke: pages
	@build/bin/ledger verdicts --companion $(OUT) $(chapters) || $(unexpected)
	@echo "SMOKE: every program and page at small size, in $(OUT)/index.html; these are no results"

# The verdicts at other settings are shown, whatever they are.
unexpected = echo "$(MARK:%=%: )(expected verdicts are those of the reference settings)"

# One experiment: results, figure, page, verdicts. With SET or SIZE the results and the figure only,
# since a page's text is about the reference settings.
ifeq ($(OUT),paper/companion)
$(stems): %: $(OUT)/data/%/claims.tsv $(OUT)/figures/%.svg $(OUT)/%.html $(OUT)/%.source.html $(OUT)/style.css build/bin/ledger
	@build/bin/ledger verdicts --companion $(OUT) --only $* $(chapters)
	@echo "page: $(OUT)/$*.html"
else
$(stems): %: $(OUT)/data/%/claims.tsv $(OUT)/figures/%.svg build/bin/ledger
	@build/bin/ledger verdicts --companion $(OUT) --only $* $(chapters) || $(unexpected)
	@echo "$(MARK:%=%: )results: $(OUT)/data/$*/  figure: $(OUT)/figures/$*.svg"
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
ifneq ($(filter verify diff accept slurm slurm-script,$(MAKECMDGOALS)),)
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

# make slurm [STEM=<stem>]: an array of Slurm jobs over the missing shards, and a job that merges them;
# slurm-script only writes them. The commands go through the environment, since SET may hold any
# character; the shell of the job knows stem, shard and file.
ifneq ($(slurm_goal),)
  export SLURM_OPTIONS PER_TASK AT_ONCE
  export slurm_run   := $(RUN)
  export slurm_shard := $(call shard_command,"$$stem","$$shard","$$file")
  export slurm_merge := $(or $(strip $(STEM)),all)$(make_settings)
  slurm_stems := $(or $(strip $(STEM)),$(stems))
$(slurm_goal): $(foreach s,$(slurm_stems),$($(s)_shards)) $(slurm_stems:%=build/bin/%) build/bin/weave build/bin/ledger
	@src/tools/slurm.sh $@ $(foreach s,$(slurm_stems),$(if $(missing_$(s)),$(s) $(missing_$(s))))
endif

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

# make accept-instructions REASON="...": the counts that make check-all compares with
.PHONY: accept-instructions
ifneq ($(filter accept-instructions,$(MAKECMDGOALS)),)
  export REASON
endif
accept-instructions: build/bin/instructions
	@src/tools/instructions.sh accept "$$REASON"

clean:
	rm -rf build paper/companion

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile
help-more:
	@sed -n 's/^#+ \{0,1\}//p' Makefile

#: make all                    install what is missing, reproduce everything into paper/companion/
#: make check                  install what is missing, run the tests
#: make list                   the experiments: claim, run time, last verdict
#: make STEM                   one experiment: its results, figure, table and page
#: make STEM SET="n=500 ..."   the same with other parameters, beside the reference results
#: make STEM SIZE=large        the same at a cluster's size, in build/large/
#: make smoke                  every program and page at small size, in build/smoke/
#: make claim C=ID             one claim: hypotheses, prediction, measurement, verdict; or one
#:                             statement of the paper's summary or of a reader, and its claims
#: make trace V="NAME"         where a number comes from: row, settings, seed, source line, versions
#: make verify                 compare the results with the accepted ones; STEM=<stem> EXACT=1
#: make diff                   every cell that differs from the accepted results; STEM=<stem>
#: make accept REASON="..."    make the results the accepted ones; STEM=<stem>
#: make slurm                  the missing shards as jobs of a Slurm cluster, and a job that merges
#:                             them; STEM=<stem>; make slurm-script only writes the jobs
#: make new NAME=STEM          a new experiment: a working skeleton of its four files
#: make bench                  the speed of the library on this machine; QUICK=1 takes seconds
#: make install                library, headers, attn, manual pages; PREFIX=/usr/local DESTDIR=
#: make clean                  remove everything that was generated
#: make help                   this list; make help-more: for who works on attnlab itself
#:
#: Options: -j1 one job at a time (default: all cores); V=1 shows the commands; CC=clang.

#+ make check-all              the tests, and those that need a browser, a cluster, emulators or time;
#+                             what needs a tool that is not there is skipped, and says so
#+ make false-alarms           how often tests and verdicts err by chance; RUNS=20 other seeds
#+ make fuzz                   arbitrary bytes to every reader, with libFuzzer of clang-14; RUNS=N,
#+                             one reader: fuzz-NAME; what was learnt into the corpus: fuzz-corpus
#+ make mutation               each sign, comparison and index changed in turn: do the tests notice?
#+                             some of src/attn; long at first, later only what has changed
#+ make sanitize               the test programs under the sanitizers for memory, leaks and undefined
#+                             behaviour; make valgrind: under valgrind, which takes minutes
#+ make accept-instructions REASON="..."
#+                             what hot kernels cost, counted by valgrind, is what it may cost
#+ make readme                 the README's table and picture, from the accepted results
#+ make dist                   build/attnlab-VERSION.tar.gz, the same bytes from the same sources
#+ make uninstall              remove what install put there; PREFIX=/usr/local DESTDIR=

# ---- installation -------------------------------------------------------------------------------
# make install PREFIX=/usr/local DESTDIR=: the library, static and shared, its headers, attn, manual
# pages, completion and a pkg-config file. The shared library has objects of its own, so that those of
# the experiments stay as they are.

PREFIX  ?= /usr/local
version  = $(shell src/tools/version.sh)
# before version 1 every minor version may change the interface
soname   = libattn.so.$(basename $(version))
into     = $(DESTDIR)$(PREFIX)
manual  := attn.1 libattn.3

build/pic/%.o: src/attn/%.c | setup
	@mkdir -p $(@D)
	$(q)$(CC) $(ALL_CFLAGS) -fPIC $(depends) -c $< -o $(part) && $(place)
-include $(wildcard build/pic/*.d)

build/lib/libattn.so: $(patsubst src/attn/%.c,build/pic/%.o,$(wildcard src/attn/*.c)) src/tools/install/libattn.map
	$(say) LD $@
	$(q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(soname) -Wl,--version-script=src/tools/install/libattn.map \
		-Wl,-z,defs -Wl,--exclude-libs,ALL $(filter %.o,$^) $(LDLIBS) -o $(part) && $(place)

build/man/%: src/tools/install/%.md src/tools/install/pages.sh CITATION.cff build/bin/attn $(wildcard src/attn/*.h)
	@mkdir -p $(@D)
	@src/tools/install/pages.sh $< build/bin/attn >$@.md
	@pandoc --standalone --from=markdown-smart --to=man --fail-if-warnings $@.md -o $@.part
	@mv $@.part $@; rm $@.md

.PHONY: install uninstall
install: build/lib/libattn.a build/lib/libattn.so build/bin/attn $(manual:%=build/man/%)
	@src/tools/install/install.sh '$(subst ','\'',$(into))' '$(subst ','\'',$(PREFIX))' $(soname) '$(LDLIBS)'

uninstall:
	@src/tools/install/install.sh --remove '$(subst ','\'',$(into))' $(soname)

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
	$(q)$(CC) $(ALL_CFLAGS) $(depends) -c $< -o $(part) && $(place)

build/tests/%: build/obj/tests/%.o $(test_shared) build/lib/libattn.a
	@mkdir -p $(@D)
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -lcmocka $(LDLIBS) -o $(part) && $(place)

build/tests/test_svm_libsvm: LDLIBS += -lsvm

# Tests always run. A failing test does not stop the others: the summary tells.
.PHONY: check run-tests
$(addsuffix .tap,$(test_programs)): build/tests/%.tap: build/tests/% run-tests
	@CMOCKA_MESSAGE_OUTPUT=TAP build/tests/$* >$@ 2>&1; echo "# exit $$?" >>$@; echo "  TEST $*"
$(patsubst tests/%.sh,build/tests/%.tap,$(test_scripts)): build/tests/%.tap: tests/%.sh $(programs) $(tools) run-tests
	@mkdir -p $(@D); sh $< >$@ 2>&1; echo "# exit $$?" >>$@; echo "  TEST $*"

check: $(test_logs)
	@tests/summarise.sh $^

# How often tests fail by chance: those that compare laws, and so say in a comment how likely a false
# alarm is or how many standard errors they allow, on RUNS other seeds. (Other tests may need the draw
# that they were written on: a kink to be met, a branch to be taken.)
.PHONY: false-alarms
drawing := $(patsubst tests/%.c,build/reseed/%,$(shell grep -liE 'false alarm|standard errors|family-wise' tests/test_*.c 2>/dev/null))
build/reseed/%: build/obj/tests/%.o build/obj/tests/reseed/start.o $(test_shared) build/lib/libattn.a
	@mkdir -p $(@D)
	$(q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--wrap=attn_rng_start $^ -lcmocka $(LDLIBS) -o $@
build/reseed/test_svm_libsvm: LDLIBS += -lsvm
$(drawing:%=%.ran): %.ran: % run-tests
	@sh tests/reseed.sh $(or $(RUNS),20) $* >/dev/null || true
# And how often chance contradicts a verdict, at smoke size.
$(stems:%=build/reseed/%.ran): build/reseed/%.ran: build/bin/% run-tests
	@sh tests/reseed_verdicts.sh run $(or $(RUNS),20) $*
false-alarms: $(drawing:%=%.ran) $(stems:%=build/reseed/%.ran)
	@sh tests/reseed.sh $(or $(RUNS),20) $(drawing); status=$$?; echo; \
	sh tests/reseed_verdicts.sh table $(or $(RUNS),20) $(stems); exit $$status

# tests/all_*.sh look at the companion, and need tools that make installs for nobody.
.PHONY: check-all
all_logs := $(patsubst tests/%.sh,build/tests/%.tap,$(wildcard tests/all_*.sh))
$(all_logs): build/tests/%.tap: tests/%.sh companion run-tests
	@mkdir -p $(@D); sh $< >$@ 2>&1; echo "# exit $$?" >>$@; echo "  TEST $*"
build/tests/all_instructions.tap: build/bin/instructions
check-all: $(test_logs) $(all_logs)
	@tests/summarise.sh $^

# It links the objects of the library and of the tests.
.PHONY: mutation
mutation: $(test_programs)
	@python3 tests/mutation.py --jobs $(shell nproc)

# Two of check-all alone.
.PHONY: sanitize valgrind
sanitize valgrind:
	@sh tests/all_$@.sh

# ---- fuzzing ------------------------------------------------------------------------------------
# tests/fuzz/<reader>.c hands arbitrary bytes to a reader. It is linked twice: with libFuzzer (make
# fuzz), and with a plain main that replays the corpus that is kept (make check).

FUZZ_CC       = $(shell command -v clang-14 || echo clang)
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
	@tests/fuzz/fuzz.sh run $* $(or $(RUNS),1000000)
fuzz: $(fuzz_readers:%=fuzz-%)
	@tests/fuzz/fuzz.sh table $(fuzz_readers)
fuzz-corpus: $(fuzz_readers:%=build/fuzz/bin/fuzz_%)
	@for reader in $(fuzz_readers); do tests/fuzz/fuzz.sh merge $$reader || exit 1; done
