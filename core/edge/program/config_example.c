/* Prints the table of settings as a config file: each key commented out, below what it is for, its range and its default.
 * packaging/rejoin-edge.conf, the man page and the table in docs/operating.md are made of it. */
#include "edge/program/config_example.h"

#include <stdio.h>
#include <string.h>

#include "edge/program/settings.h"

enum { WIDTH = 96 };

/* Words of a sentence as comment lines. */
static void print_about(const char *about) {
  char **words = g_strsplit(about, " ", -1);
  size_t column = 0;
  for (size_t i = 0; words[i] != NULL; i++) {
    size_t length = strlen(words[i]);
    if (column == 0 || column + 1 + length > WIDTH)
      column = (size_t)printf("%s# ", i > 0 ? "\n" : "");
    else
      column += (size_t)printf(" ");
    column += (size_t)printf("%s", words[i]);
  }
  printf("\n");
  g_strfreev(words);
}

static void print_setting(const rj_setting *setting) {
  char *range = rj_setting_range(setting);
  print_about(setting->about);
  printf("# Value: %s%s\n", range, setting->live ? "" : "; a change takes a restart");
  printf("#%s =%s%s\n\n", setting->key, *setting->otherwise != '\0' ? " " : "", setting->otherwise);
  g_free(range);
}

void rj_program_config_example(void) {
  printf("# The config file of rejoin-edge: every setting, with its default where it has one. A "
         "line takes\n"
         "# effect without its #. Lines are GROUP in brackets, KEY = VALUE, or comments.\n"
         "#   rejoin-edge --config FILE --check-config    says whether all is well with it\n"
         "#   systemctl reload rejoin-edge, or SIGHUP     takes it over while members stay\n\n");
  const char *group = "";
  for (size_t i = 0; i < rj_program_settings_count; i++) {
    const rj_setting *setting = &rj_program_settings_table[i];
    if (strcmp(setting->group, "app") == 0 && strcmp(group, "app") != 0)
      printf("# One group for each app; the name is the app id. Without any, every app id is "
             "welcome, and\n"
             "# tokens are not looked at.\n"
             "#[app my-app]\n\n");
    else if (strcmp(setting->group, group) != 0)
      printf("[%s]\n\n", setting->group);
    group = setting->group;
    print_setting(setting);
  }
}
