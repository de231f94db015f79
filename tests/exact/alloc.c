/* attn_alloc rounds up to lines of 64 bytes and to large pages, and a tool that watches memory sees
 * only the rounded block. Linked with -Wl,--wrap=attn_alloc, this forbids what was not asked for, so
 * that the first element past an array's end is a finding. */
#include <malloc.h>

#include "base.h"

#ifdef EXACT_VALGRIND
#include <pthread.h>
#include <valgrind/memcheck.h>
#define FORBID(memory, bytes) VALGRIND_MAKE_MEM_NOACCESS(memory, bytes)

/* A child of a test mostly ends in attn_fail, which leaves its memory to the system. */
static void leave_leaks(void) {
  VALGRIND_CLO_CHANGE("--leak-check=no");
}

__attribute__((constructor)) static void watch_forks(void) {
  pthread_atfork(NULL, NULL, leave_leaks);
}
#else
#include <sanitizer/asan_interface.h>
#define FORBID(memory, bytes) ASAN_POISON_MEMORY_REGION(memory, bytes)
#endif

void *__real_attn_alloc(size_t count, size_t size);
void *__wrap_attn_alloc(size_t count, size_t size);

void *__wrap_attn_alloc(size_t count, size_t size) {
  unsigned char *memory = __real_attn_alloc(count, size);
  FORBID(memory + count * size, malloc_usable_size(memory) - count * size);
  return memory;
}
