# The library and the test programs once more, under other flags and in another folder, for the
# scripts that look at them with tools:
#
#   make -f tests/instrumented.mk DIR=build/asan FLAGS="-O1 -fsanitize=address" all
#
# EXACT=asan or EXACT=valgrind: blocks of attn_alloc are as long as was asked for (tests/exact/alloc.c).

.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += -rR --no-print-directory

CC    := $(if $(filter default undefined,$(origin CC)),cc,$(CC))
FLAGS ?= -O1 -g
comma  := ,
flags  := -std=c17 -D_POSIX_C_SOURCE=200809L -ffp-contract=off -Isrc/attn $(FLAGS)
libs   := $(if $(EXACT),-Wl$(comma)--wrap=attn_alloc) -lcmocka -lgsl -l:liblapacke.a -lopenblas -lm

ifeq ($(DIR),)
  $(error DIR=build/<folder>: where the objects and programs go)
endif

library  := $(patsubst src/attn/%.c,$(DIR)/attn/%.o,$(wildcard src/attn/*.c))
shared   := $(patsubst tests/%.c,$(DIR)/tests/%.o,$(filter-out tests/test_%,$(wildcard tests/*.c)) $(if $(EXACT),tests/exact/alloc.c))
programs := $(patsubst tests/%.c,$(DIR)/%,$(wildcard tests/test_*.c))

.PHONY: all
all: $(programs)

$(DIR)/attn/%.o: src/attn/%.c
	@mkdir -p $(@D)
	@$(CC) $(flags) $(LIBRARY_FLAGS) -MMD -MP -c $< -o $@

$(DIR)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	@$(CC) $(flags) -MMD -MP -c $< -o $@

$(DIR)/tests/exact/alloc.o: flags += $(if $(filter valgrind,$(EXACT)),-DEXACT_VALGRIND)

$(DIR)/libattn.a: $(library)
	@rm -f $@
	@ar rcsD $@ $^

$(DIR)/test_svm_libsvm: libs += -lsvm
$(DIR)/test_%: $(DIR)/tests/test_%.o $(shared) $(DIR)/libattn.a
	@$(CC) $(flags) $(LIBRARY_FLAGS) $^ $(libs) -o $@

-include $(wildcard $(DIR)/attn/*.d $(DIR)/tests/*.d)
