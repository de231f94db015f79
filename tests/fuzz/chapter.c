/* A chapter's front matter beside a chapter whose statements its claims may cover; and its texts as a
 * terminal shows them. */
#include "chapter.h"

#include <string.h>

#include "fuzz.h"
#include "typed.h"
#include "words.h"

static const char said[] =
    "---\ntitle: said\nsummary: what is said\norder: 2\nstatements:\n"
    "  - id: first\n    statement: It is said.\n    place: here\n"
    "  - id: second\n    statement: Is it said?\n    place: here\n    answer: yes\n---\nText.\n";

static void show(const char *text) {
  size_t line;
  if (text == NULL)
    return;
  print_folded(stdout, "text", 13, plain_text(text), 3);
  print_folded(stdout, text, 2, escaped(text), 2);
  typed_number(text, &line);
}

static void read_chapters(void *argument) {
  (void)argument;
  char a[] = "paper/a.md", b[] = "paper/said.md";
  char *const paths[] = {a, b};
  const chapters *all = chapters_read(paths, 2);
  fuzz_assert(all->count == 2);
  for (size_t i = 0; i < all->count; i++) {
    const chapter *c = all->at[i], *owner;
    fuzz_assert(c->title != NULL && c->summary != NULL && chapters_find(all, c->stem) == c);
    if (strcmp(c->stem, "said") == 0)
      continue; /* it is the same each time */
    show(c->title);
    show(c->summary);
    for (size_t k = 0; k < c->claims; k++) {
      const chapter_claim *claim = &c->claim[k];
      fuzz_assert(chapters_find_claim(all, claim->id, &owner) == claim && owner == c);
      show(claim->statement);
      show(claim->paper);
      show(claim->hypotheses);
      show(claim->measure);
      size_t size;
      for (const char *at = claim->covers; (at = chapter_next_id(at, &size)) != NULL; at += size)
        fuzz_assert(chapters_find_statement(all, kept("%.*s", (int)size, at), &owner) != NULL);
    }
    for (size_t k = 0; k < c->statements; k++) {
      const chapter_statement *s = &c->statement[k];
      fuzz_assert(chapters_find_statement(all, s->id, &owner) == s && owner == c);
      show(s->statement);
      show(s->place);
      show(s->reading);
      show(s->answer);
      for (size_t i_cover = 0; i_cover < s->covers; i_cover++)
        fuzz_assert(strlen(s->cover[i_cover].claim->id) > 0);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_file("paper/a.md", data, size);
  fuzz_file("paper/said.md", said, sizeof said - 1);
  fuzz_run(read_chapters, NULL, false);
  fuzz_forget();
  return 0;
}
