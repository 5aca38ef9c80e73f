/* user and group lines of a userlist. */
#include "keywords/kw_common.h"
#include "proxy/userlist.h"

static bool set_password(struct cfg_line *line, struct userlist_user *user, const char *text, bool hashed)
{
    if (hashed && !userlist_hash_known(text))
        cfg_warn(line, "'%s' : the password is no hash that crypt(3) knows here: no password will match.",
                 user->name);
    user->password = kw_copy(line, text);
    user->hashed = hashed;
    return true;
}

static bool user(struct cfg_line *line)
{
    struct userlist *list = line->target;
    const char *name = cfg_arg(line, 0);
    if (!name[0])
        return cfg_error(line, "'user' expects <name> as arguments.");
    struct userlist_user *added = userlist_add_user(list, &configuration_of(line)->arena, name);
    if (!added) {
        cfg_warn(line, "ignoring duplicated user '%s' in userlist '%s'.", name, list->name);
        return true;
    }
    for (unsigned i = 1; i < cfg_arg_count(line); i += 2) {
        const char *word = cfg_arg(line, i), *value = cfg_arg(line, i + 1);
        if (strcmp(word, "password") == 0 || strcmp(word, "insecure-password") == 0)
            set_password(line, added, value, word[0] == 'p');
        else if (strcmp(word, "groups") == 0)
            added->groups_text = kw_copy(line, value);
        else
            return cfg_error(line,
                             "'user' only supports 'password', 'insecure-password' and 'groups' options.");
    }
    return true;
}

static bool group(struct cfg_line *line)
{
    struct userlist *list = line->target;
    const char *name = cfg_arg(line, 0), *word = cfg_arg(line, 1);
    if (!name[0])
        return cfg_error(line, "'group' expects <name> as arguments.");
    if (word[0] && strcmp(word, "users") != 0)
        return cfg_error(line, "'group' only supports 'users' option.");
    struct userlist_group *added = userlist_add_group(list, &configuration_of(line)->arena, name);
    if (!added)
        cfg_warn(line, "ignoring duplicated group '%s' in userlist '%s'.", name, list->name);
    else if (word[0])
        added->users_text = kw_copy(line, cfg_arg(line, 2));
    return true;
}

/* clang-format off */
const struct keyword_row kw_userlist_rows[] = {
    { IN_USERLIST, "user", KW_CALL(user) },
    { IN_USERLIST, "group", KW_CALL(group) },
    { 0 },
};
/* clang-format on */
