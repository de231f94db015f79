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

# ---- set-up -------------------------------------------------------------------------------------

.PHONY: setup
setup:
	@src/tools/setup.sh

# ---- library and programs -----------------------------------------------------------------------

lib_objects := $(patsubst src/%.c,build/obj/%.o,$(wildcard src/attn/*.c))
programs    := $(patsubst src/claims/%.c,build/bin/%,$(wildcard src/claims/*.c))

build/obj/%.o: src/%.c | setup
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

build/lib/libattn.a: $(lib_objects)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcsD $@ $^

build/bin/%: build/obj/claims/%.o build/lib/libattn.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

-include $(wildcard build/obj/*/*.d)

# ---- companion ----------------------------------------------------------------------------------

companion_objects := $(patsubst %,build/obj/tools/%.o,chapter result words)
companion_pages   := $(patsubst paper/chapters/%.md,$(OUT)/%.html,$(chapters))
companion_pdf     := $(if $(shell command -v pdflatex),$(OUT)/companion.pdf)
companion_tables  := $(stems:%=$(OUT)/data/%/claims.tsv)
companion_figures := $(stems:%=$(OUT)/figures/%.svg)

build/bin/weave build/bin/ledger: build/bin/%: build/obj/tools/%.o $(companion_objects) build/lib/libattn.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -lm -o $@

.PHONY: companion
companion: $(companion_pages) $(OUT)/ledger.tsv $(OUT)/style.css $(companion_pdf)
	@$(if $(companion_pdf),,echo "companion.pdf was not built: no pdflatex")

# A page needs the results of its own experiment and of those that it quotes.
companion_uses := $(if $(chapters),$(subst |, ,$(shell awk -f src/tools/uses.awk $(chapters) | tr ' ' :)))
companion_needs = $(filter $(stems),$1 $(patsubst $1:%,%,$(filter $1:%,$(companion_uses))) \
	$(if $(filter $1:*,$(companion_uses)),$(stems)))
$(foreach page,$(chapters:paper/chapters/%.md=%),$(eval build/companion/$(page).md: \
	$(foreach stem,$(call companion_needs,$(page)),$(OUT)/data/$(stem)/claims.tsv $(OUT)/figures/$(stem).svg)))

build/companion/%.md: paper/chapters/%.md build/bin/weave $(chapters)
	@echo "weave $@"
	@build/bin/weave --companion $(OUT) --format html --out $@ --depfile build/companion/$*.d $< --all $(chapters)

$(OUT)/%.html: build/companion/%.md paper/template.html
	@mkdir -p $(@D)
	@echo "pandoc $@"
	@pandoc --from=markdown --to=html5 --mathml --columns=10000 --template=paper/template.html \
		$(companion_pdf:$(OUT)/%=--variable=pdf:%) $< -o $@.part
	@mv $@.part $@

$(OUT)/style.css: paper/style.css
	@mkdir -p $(@D)
	@cp $< $@

$(OUT)/ledger.tsv: build/bin/ledger $(chapters) $(companion_tables)
	@echo "ledger $@"
	@build/bin/ledger write --companion $(OUT) --out $@ $(chapters)

build/tex/figures/%.pdf: $(OUT)/figures/%.svg
	@mkdir -p $(@D)
	@echo "rsvg-convert $@"
	@rsvg-convert --format=pdf $< --output $@

build/tex/companion.md: build/bin/weave $(chapters) $(companion_tables) $(companion_figures)
	@echo "weave $@"
	@build/bin/weave --companion $(OUT) --format latex --out $@ --depfile build/tex/companion.d --book --all $(chapters)

build/tex/companion.tex: build/tex/companion.md paper/preamble.tex
	@echo "pandoc $@"
	@pandoc --standalone --from=markdown --to=latex --no-highlight --toc --toc-depth=1 --include-in-header=paper/preamble.tex \
		--variable=papersize:a4 --variable=geometry:margin=25mm --variable=colorlinks $< -o $@

$(OUT)/companion.pdf: build/tex/companion.tex src/tools/pdf.sh $(stems:%=build/tex/figures/%.pdf)
	@echo "pdflatex $@"
	@src/tools/pdf.sh $< $@

-include $(wildcard build/companion/*.d build/tex/*.d)
