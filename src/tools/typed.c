#include "typed.h"

#include "words.h"

#include <ctype.h>
#include <string.h>

static bool is_digit(char c) {
  return isdigit((unsigned char)c) != 0;
}

static bool is_letter(char c) {
  return isalpha((unsigned char)c) != 0; /* of ASCII: a minus or a dash of Unicode is none */
}

/* Bytes up to and with closing; 0 when it does not come. */
static size_t up_to(const char *text, const char *closing) {
  const char *end = strstr(text, closing);
  return end != NULL ? (size_t)(end - text) + strlen(closing) : 0;
}

/* Bytes at text that are no prose; 0 for prose. */
static size_t aside(const char *text) {
  if (*text == '`')
    return code_span_size(text);
  if (*text == '\\' && text[1] != '\0')
    return 2;
  if (strncmp(text, "{{", 2) == 0)
    return up_to(text, "}}");
  if (strncmp(text, "](", 2) == 0)
    return up_to(text, ")");
  if (strncmp(text, "[^", 2) == 0)
    return up_to(text, "]");
  if (*text == '{' && strchr("#.", text[1]) != NULL)
    return up_to(text, "}");
  if (*text == '<' && (is_letter(text[1]) || text[1] == '/'))
    return up_to(text, ">");
  return 0;
}

/* Whether the word before the number, or before its opening bracket, says that it is a name. */
static bool follows_name(const char *text, const char *at) {
  static const char names[] = " theorem theorems lemma proposition corollary definition assumption "
                              "remark example algorithm "
                              "section sections chapter appendix equation equations rule figure "
                              "table panel page pages line "
                              "lines volume version arxiv issue question ";
  static const char short_names[] = " eq eqs fig vol no pp ";
  while (at > text && strchr(" \n([~:", at[-1]) != NULL)
    at--;
  const bool point = at > text && at[-1] == '.';
  const char *end = point ? at - 1 : at;
  for (at = end; at > text && is_letter(at[-1]);)
    at--;
  char *word = kept(" %.*s ", (int)(end - at), at);
  for (char *c = word; *c != '\0'; c++)
    *c = (char)tolower((unsigned char)*c);
  return end > at && strstr(point ? short_names : names, word) != NULL;
}

static bool is_year(const char *at, size_t size) {
  if (size != 4 || (strncmp(at, "19", 2) != 0 && strncmp(at, "20", 2) != 0))
    return false;
  return at[4] != '%' && !(isspace((unsigned char)at[4]) && islower((unsigned char)at[5]));
}

/* "12. " or "12) " at the beginning of a line, or "| 12 |". */
static bool counts_items(const char *text, const char *at, size_t size) {
  const char *begin = at, *end = at + size;
  while (begin > text && begin[-1] == ' ')
    begin--;
  if (begin > text && begin[-1] == '|') {
    begin--;
    end += strspn(end, " ");
    return (begin == text || begin[-1] == '\n') && *end == '|';
  }
  return (begin == text || begin[-1] == '\n') && (*end == '.' || *end == ')') &&
         isspace((unsigned char)end[1]);
}

/* A decimal of three and more significant digits in a formula of the given size; its length in
 * *length, NULL when there is none. */
static const char *measurement_in_math(const char *formula, size_t size, size_t *length) {
  for (const char *at = formula; at < formula + size; at += *length) {
    *length = strncmp(at, "{{", 2) == 0 ? up_to(at, "}}") : strspn(at, "0123456789.");
    while (*length > 1 && at[*length - 1] == '.')
      --*length;
    *length = *length > 0 ? *length : 1;
    if (!is_digit(*at) || memchr(at, '.', *length) == NULL)
      continue;
    size_t significant = 0;
    for (size_t i = 0; i < *length; i++)
      significant += is_digit(at[i]) && (significant > 0 || at[i] != '0');
    if (significant >= 3)
      return at;
  }
  return NULL;
}

/* The digits at `at` in text begin a number; *size receives its length. */
static bool is_measurement(const char *text, const char *at, size_t *size) {
  const size_t digits = strspn(at, "0123456789");
  const char *end = at + digits;
  while ((*end == '.' || *end == ',') && is_digit(end[1]))
    end += 1 + strspn(end + 1, "0123456789");
  bool whole = end == at + digits;
  if ((*end == 'e' || *end == 'E') &&
      (is_digit(end[1]) || ((end[1] == '+' || end[1] == '-') && is_digit(end[2])))) {
    end += 2 + strspn(end + 2, "0123456789");
    whole = false;
  }
  *size = (size_t)(end - at);
  const char *unit = end + strspn(end, " ");
  const bool scaled = *unit == '%' || *end == '^' || strncmp(end, "×", strlen("×")) == 0;
  if (at > text && at[-1] == '.' && !(at > text + 1 && is_digit(at[-2])))
    return true; /* ".83" */
  if (whole && !scaled) {
    if (digits == 1 || is_year(at, digits) || counts_items(text, at, digits))
      return false;
    if (strncmp(end, " (", 2) == 0 && is_year(end + 2, strspn(end + 2, "0123456789")))
      return false; /* a volume */
    for (size_t k = 0; k < 4; k++)
      if (strncmp(end, (const char *const[]){"st", "nd", "rd", "th"}[k], 2) == 0 &&
          !is_letter(end[2]))
        return false;
  }
  return !follows_name(text, at);
}

/* Bytes of a word with its digits, "log10" or "T-1"; one for any other character. */
static size_t word_size(const char *at) {
  size_t size = 1;
  while (is_letter(*at) && (is_letter(at[size]) || is_digit(at[size]) || at[size] == '_' ||
                            (at[size] == '-' && is_letter(at[size - 1]))))
    size++;
  return size;
}

const char *typed_number(const char *text, size_t *line) {
  const char *found = NULL;
  size_t size = 0;
  for (const char *at = text, *next; *at != '\0' && found == NULL; at = next) {
    const size_t formula = *at == '$' ? formula_size(at) : 0,
                 skipped = formula > 0 ? formula : aside(at);
    next = at + (skipped > 0 ? skipped : word_size(at));
    if (formula > 0)
      found = measurement_in_math(at, formula, &size);
    else if (skipped == 0 && is_digit(*at)) {
      found = is_measurement(text, at, &size) ? at : NULL;
      next = at + size;
    }
  }
  *line = 0;
  for (const char *before = text; found != NULL && before < found; before++)
    *line += *before == '\n';
  return found != NULL ? kept("%.*s", (int)size, found) : NULL;
}
