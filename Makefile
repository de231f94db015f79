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
ALL_CFLAGS := -std=c17 -D_POSIX_C_SOURCE=200809L -ffp-contract=off $(WARN) -Isrc/attn $(CFLAGS)
# OpenBLAS answers cblas calls only when no other BLAS stands before it on this line.
LDLIBS  := -lgsl -llapacke -lopenblas -lm

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
  OUT := build/set/$(set_stem)/$(subst /,_,$(subst $(empty) $(empty),+,$(strip $(SET))))
  RUN := $(OUT)/run
else
  OUT := paper/companion
  RUN := build/run
endif

# Recipes are quiet: a line for each thing made. V=1 shows the commands.
q   := $(if $(V),,@)
say := @printf '  %-4s %s\n'

# ---- set-up -------------------------------------------------------------------------------------

.PHONY: setup
setup:
	@src/tools/setup.sh

# ---- library and programs -----------------------------------------------------------------------

lib_objects := $(patsubst src/%.c,build/obj/%.o,$(wildcard src/attn/*.c))
programs    := $(patsubst src/claims/%.c,build/bin/%,$(wildcard src/claims/*.c))
# src/tools/*.c that have a main; the others there belong to them
tools       := $(patsubst src/tools/%.c,build/bin/%,$(wildcard src/tools/attn.c src/tools/weave.c src/tools/ledger.c))

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

-include $(wildcard build/obj/*/*.d)

# ---- experiments --------------------------------------------------------------------------------
# Shards of one experiment are separate targets, so that they run side by side, survive an
# interruption one by one, and can be computed elsewhere.

# stem:shards, from the configurations or SET
shards_of = $(or $(patsubst shards=%,%,$(filter shards=%,$(SET))),$(shell sed -n 's/^ *shards *= *\([0-9][0-9]*\).*/\1/p' experiments/$(1).conf),1)

define experiment
$(1)_shards := $$(patsubst %,$(RUN)/$(1)/%.tsv,$$(shell seq $(2)))

$(RUN)/$(1)/%.tsv: build/bin/$(1) experiments/$(1).conf
	$$(say) RUN '$(1) $$*/$(2)'
	@build/bin/$(1) --conf experiments/$(1).conf $$(if $$(strip $$(SET)),--set '$$(SET)') --shard $$* --out $$@

$(OUT)/data/$(1)/claims.tsv: $$($(1)_shards)
	@build/bin/$(1) --conf experiments/$(1).conf $$(if $$(strip $$(SET)),--set '$$(SET)') --gather $(RUN)/$(1) --out $$(@D)

$(OUT)/figures/$(1).svg: figures/$(1).gp figures/common.gp src/tools/plot.sh $(OUT)/data/$(1)/claims.tsv
	$$(say) PLOT $$@
	@src/tools/plot.sh figures/$(1).gp $(OUT)/data/$(1) $$@
endef

$(foreach s,$(stems),$(eval $(call experiment,$(s),$(call shards_of,$(s)))))

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
