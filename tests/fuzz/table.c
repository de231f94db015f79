/* The table reader: what it accepts is the file, byte for byte. */
#include <string.h>

#include "fuzz.h"
#include "table.h"

static const char *same(const char *at, const char *text, char end) {
  const size_t size = strlen(text);
  fuzz_assert(strncmp(at, text, size) == 0 && at[size] == end);
  return at + size + 1;
}

static void read_whole(void *argument) {
  const fuzz_part *input = argument;
  attn_rows *rows = attn_rows_read("a.tsv");
  const char *at = (const char *)input->data;
  for (size_t c = 0; c < rows->columns; c++)
    at = same(at, rows->name[c], c + 1 < rows->columns ? '\t' : '\n');
  for (size_t r = 0; r < rows->rows; r++)
    for (size_t c = 0; c < rows->columns; c++)
      at = same(at, attn_rows_text(rows, r, c), c + 1 < rows->columns ? '\t' : '\n');
  fuzz_assert(at == (const char *)input->data + input->size);
  for (size_t c = 0; c < rows->columns; c++)
    fuzz_assert(attn_rows_column(rows, rows->name[c]) == c);
  for (size_t r = 0; r < rows->rows; r++)
    attn_rows_number(rows, r, attn_rows_column(rows, "x"));
  attn_rows_free(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_part input = {data, size};
  fuzz_file("a.tsv", data, size);
  fuzz_run(read_whole, &input, true);
  fuzz_forget();
  return 0;
}
