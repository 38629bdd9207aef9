#include <string.h>

#include "template.h"

static char const *find(struct template_value const *v, char const *name,
                        size_t n)
{
  for (; v->name; v++)
    if (strlen(v->name) == n && !memcmp(v->name, name, n)) return v->value;
  return 0;
}

int template_fill(stralloc *out, char const *text,
                  struct template_value const *values)
{
  for (;;) {
    char const *name = strstr(text, "%{"), *end, *value;

    if (!name) return stralloc_cats(out, text) ? 1 : -1;
    end = strchr(name, '}');
    value = end ? find(values, name + 2, (size_t)(end - name - 2)) : 0;
    if (!value) return 0;
    if (!stralloc_catb(out, text, (size_t)(name - text)) ||
        !stralloc_cats(out, value))
      return -1;
    text = end + 1;
  }
}
