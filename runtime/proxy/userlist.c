/* Users and groups. crypt_r is a pure function of its arguments; its scratch is on the heap because it is large. */
#include "proxy/userlist.h"
#include "base/mem.h"
#include <crypt.h>

struct userlist *userlist_create(struct arena *arena, const char *name, struct diag_place at)
{
    struct userlist *list = arena_need(arena, sizeof(*list));
    list->name = arena_need_copy(arena, str_of(name));
    list->at = at;
    return list;
}

struct userlist_user *userlist_add_user(struct userlist *list, struct arena *arena, const char *name)
{
    struct userlist_user **end = &list->users;
    for (; *end; end = &(*end)->next) {
        if (strcmp((*end)->name, name) == 0)
            return NULL;
    }
    *end = arena_need(arena, sizeof(**end));
    (*end)->name = arena_need_copy(arena, str_of(name));
    return *end;
}

struct userlist_group *userlist_add_group(struct userlist *list, struct arena *arena, const char *name)
{
    struct userlist_group **end = &list->groups;
    for (; *end; end = &(*end)->next) {
        if (strcmp((*end)->name, name) == 0)
            return NULL;
    }
    *end = arena_need(arena, sizeof(**end));
    (*end)->name = arena_need_copy(arena, str_of(name));
    (*end)->index = list->group_count++;
    return *end;
}

static struct userlist_user *find_user(const struct userlist *list, struct str name)
{
    for (struct userlist_user *user = list->users; user; user = user->next) {
        if (str_eq(str_of(user->name), name))
            return user;
    }
    return NULL;
}

static struct userlist_group *find_group(const struct userlist *list, struct str name)
{
    for (struct userlist_group *group = list->groups; group; group = group->next) {
        if (str_eq(str_of(group->name), name))
            return group;
    }
    return NULL;
}

static bool resolve_groups_of(struct userlist *list, struct userlist_user *user, struct diag *diag)
{
    struct str rest = str_of(user->groups_text);
    while (rest.data) {
        struct str name = str_split(&rest, ',');
        if (!name.size)
            continue;
        struct userlist_group *group = find_group(list, name);
        if (!group) {
            diag_config(diag, DIAG_ALERT, (struct diag_place){ 0 },
                        "userlist '%s': no such group '%.*s' specified in user '%s'", list->name,
                        STR_ARG(name), user->name);
            return false;
        }
        user->in_group[group->index] = true;
    }
    return true;
}

static bool resolve_users_of(struct userlist *list, const struct userlist_group *group, struct diag *diag)
{
    struct str rest = str_of(group->users_text);
    while (rest.data) {
        struct str name = str_split(&rest, ',');
        if (!name.size)
            continue;
        struct userlist_user *user = find_user(list, name);
        if (!user) {
            diag_config(diag, DIAG_ALERT, (struct diag_place){ 0 },
                        "userlist '%s': no such user '%.*s' specified in group '%s'", list->name,
                        STR_ARG(name), group->name);
            return false;
        }
        user->in_group[group->index] = true;
    }
    return true;
}

bool userlist_resolve(struct userlist *list, struct arena *arena, struct diag *diag)
{
    bool good = true;
    for (struct userlist_user *user = list->users; user; user = user->next) {
        user->in_group = arena_need(arena, (list->group_count + 1) * sizeof(*user->in_group));
        good = resolve_groups_of(list, user, diag) && good;
    }
    for (const struct userlist_group *group = list->groups; group; group = group->next)
        good = resolve_users_of(list, group, diag) && good;
    return good;
}

/* The hash of `password` by the method and salt of `hash` is `hash` itself. A password is cut at its first NUL by
 * nature of the function; one that holds a NUL never matches. */
static bool hash_matches(const char *hash, const char *password)
{
    struct crypt_data *scratch = mem_zero(sizeof(*scratch));
    if (!scratch)
        return false;
    const char *made = crypt_r(password, hash, scratch);
    bool same = made && strcmp(made, hash) == 0;
    mem_free(scratch);
    return same;
}

#define PASSWORD_MAX 512

const struct userlist_user *userlist_check(const struct userlist *list, struct str name, struct str password)
{
    char text[PASSWORD_MAX];
    const struct userlist_user *user = find_user(list, name);
    if (!user || !user->password)
        return NULL;
    if (!user->hashed)
        return str_eq(str_of(user->password), password) ? user : NULL;
    if (password.size >= sizeof(text) || str_find_char(password, 0) != STR_NOT_FOUND)
        return NULL;
    str_to_c(password, text, sizeof(text));
    return hash_matches(user->password, text) ? user : NULL;
}

bool userlist_user_in(const struct userlist *list, const struct userlist_user *user, struct str group)
{
    const struct userlist_group *found = find_group(list, group);
    return found && user->in_group && user->in_group[found->index];
}

bool userlist_hash_known(const char *hash)
{
    int answer = crypt_checksalt(hash);
    return answer != CRYPT_SALT_INVALID && answer != CRYPT_SALT_METHOD_DISABLED;
}
