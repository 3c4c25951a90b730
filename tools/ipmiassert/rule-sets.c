/* rule-sets.c
 * Where rules come from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "rule-sets.h"

#include <string.h>

#include "rules.h"

#define ENDING ".rules"

/* The file of a set, if one of the directories has it: beside this program, as
 * it was built, below its prefix, as it was installed, and where data of
 * programs is. */
static char *
file_of_set(const char *name)
{
    const char *const *data = g_get_system_data_dirs();
    char *program = g_file_read_link("/proc/self/exe", NULL);
    char *here = program ? g_path_get_dirname(program) : g_strdup("");
    char *file = g_strconcat(name, ENDING, NULL);
    GPtrArray *places = g_ptr_array_new_with_free_func(g_free);
    char *found = NULL;

    g_ptr_array_add(places, g_build_filename(here, "rules", file, NULL));
    g_ptr_array_add(places, g_build_filename(here, "..", "share", "ipmiscope",
                                             "rules", file, NULL));
    for (; *data; data++) {
        g_ptr_array_add(places, g_build_filename(*data, "ipmiscope", "rules",
                                                 file, NULL));
    }
    for (unsigned i = 0; i < places->len && !found; i++) {
        if (g_file_test(g_ptr_array_index(places, i), G_FILE_TEST_EXISTS)) {
            found = g_strdup(g_ptr_array_index(places, i));
        }
    }
    g_ptr_array_unref(places);
    g_free(file);
    g_free(here);
    g_free(program);
    return found;
}

/* text: len bytes, and a 0. */
static bool
load_text(GPtrArray *rules, const char *text, size_t len, const char *name,
          GError **error)
{
    unsigned before = rules->len;

    if (!g_utf8_validate(text, (gssize)len, NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: not a text in UTF-8", name);
        return false;
    }
    if (!rules_parse(rules, name, text, error)) {
        return false;
    }
    if (rules->len == before) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: there is no rule in it", name);
        return false;
    }
    return true;
}

static bool
load_file(GPtrArray *rules, const char *path, const char *name,
          GError **error)
{
    char *text;
    size_t len;
    bool good;

    if (!g_file_get_contents(path, &text, &len, error)) {
        return false;
    }
    good = load_text(rules, text, len, name, error);
    g_free(text);
    return good;
}

static bool
is_name(const char *argument)
{
    return !strchr(argument, '/') && !g_str_has_suffix(argument, ENDING);
}

bool
rule_sets_load(GPtrArray *rules, const char *argument, unsigned number,
               GError **error)
{
    char *path = is_name(argument) ? file_of_set(argument) : NULL;
    char *name;
    bool good;

    if (path) {
        name = g_strconcat(argument, ENDING, NULL);
        good = load_file(rules, path, name, error);
        g_free(name);
        g_free(path);
        return good;
    }
    if (!strpbrk(argument, " \t\n") || g_file_test(argument,
                                                   G_FILE_TEST_EXISTS)) {
        if (is_name(argument) && !g_file_test(argument, G_FILE_TEST_EXISTS)) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "%s: neither a set of rules, nor a file, nor a rule",
                        argument);
            return false;
        }
        return load_file(rules, argument, argument, error);
    }
    name = g_strdup_printf("argument %u", number);
    good = load_text(rules, argument, strlen(argument), name, error);
    g_free(name);
    return good;
}
