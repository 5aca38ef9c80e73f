/* Userlists: users, their passwords and groups, for http_auth and http_auth_group (HAProxy manual 12.3). All in the
 * configuration's arena. */
#ifndef PROXY_USERLIST_H
#define PROXY_USERLIST_H
#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

struct userlist_group {
    struct userlist_group *next;
    const char *name;
    const char *users_text; /* "a,b" as written; NULL: none */
    unsigned index;
};

struct userlist_user {
    struct userlist_user *next;
    const char *name, *password;
    bool hashed;             /* password is a crypt(3) hash; else plain text */
    const char *groups_text; /* "g1,g2" as written; NULL: none */
    bool *in_group;          /* by the group's index, after userlist_resolve */
};

struct userlist {
    const char *name;
    struct diag_place at;
    struct userlist_user *users;   /* in order */
    struct userlist_group *groups; /* in order */
    unsigned group_count;
};

struct userlist *userlist_create(struct arena *arena, const char *name, struct diag_place at);
/* Appended at the end; NULL: the name is there already. */
struct userlist_user *userlist_add_user(struct userlist *list, struct arena *arena, const char *name);
struct userlist_group *userlist_add_group(struct userlist *list, struct arena *arena, const char *name);
/* Names of groups and users to objects. false: a name is unknown, said to diag. */
bool userlist_resolve(struct userlist *list, struct arena *arena, struct diag *diag) MUST_USE;

/* The user when the password is right, NULL otherwise. */
const struct userlist_user *userlist_check(const struct userlist *list, struct str name, struct str password);
/* Whether the user is in a group of that name. */
bool userlist_user_in(const struct userlist *list, const struct userlist_user *user, struct str group);
/* The hash can be checked here: crypt(3) knows its method. */
bool userlist_hash_known(const char *hash);

#endif
