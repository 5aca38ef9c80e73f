/* Users, groups, passwords plain and hashed. */
#include "base/test.h"
#include "proxy/userlist.h"

struct said {
    char text[256];
};

static void keep(void *data, enum diag_level level, struct str message)
{
    struct said *said = data;
    (void)level;
    str_to_c(message, said->text, sizeof(said->text));
}

static struct userlist_user *add(struct userlist *list, struct arena *arena, const char *name,
                                 const char *password, bool hashed)
{
    struct userlist_user *user = userlist_add_user(list, arena, name);
    user->password = password;
    user->hashed = hashed;
    return user;
}

static void passwords(void)
{
    struct arena arena;
    arena_init(&arena, 4096);
    struct userlist *list = userlist_create(&arena, "u", (struct diag_place){ 0 });
    add(list, &arena, "plain", "secret", false);
    struct userlist_user *none = userlist_add_user(list, &arena, "none");
    EXPECT(!none->password);
    EXPECT(userlist_check(list, STR("plain"), STR("secret")) != NULL);
    EXPECT(!userlist_check(list, STR("plain"), STR("secreT")));
    EXPECT(!userlist_check(list, STR("plain"), STR("secret\0")));
    EXPECT(!userlist_check(list, STR("none"), STR("")));
    EXPECT(!userlist_check(list, STR("nobody"), STR("secret")));
    EXPECT(!userlist_add_user(list, &arena, "plain"));
    arena_finish(&arena);
}

static void hashes(void)
{
    struct arena arena;
    arena_init(&arena, 4096);
    struct userlist *list = userlist_create(&arena, "u", (struct diag_place){ 0 });
    /* The test vectors of the SHA-crypt specification, and of traditional DES. */
    add(list, &arena, "sha256", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", true);
    add(list, &arena, "sha512",
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
        "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        true);
    add(list, &arena, "des", "abNANd1rDfiNc", true);
    add(list, &arena, "broken", "no hash", true);
    EXPECT(userlist_check(list, STR("sha256"), STR("Hello world!")) != NULL);
    EXPECT(userlist_check(list, STR("sha512"), STR("Hello world!")) != NULL);
    EXPECT(!userlist_check(list, STR("sha512"), STR("Hello world")));
    EXPECT(!userlist_check(list, STR("sha512"), STR("Hello world!\0more")));
    EXPECT(userlist_check(list, STR("des"), STR("secret")) != NULL);
    EXPECT(!userlist_check(list, STR("broken"), STR("no hash")));
    EXPECT(userlist_hash_known(list->users->password));
    EXPECT(!userlist_hash_known("no hash"));
    arena_finish(&arena);
}

static void groups(void)
{
    struct arena arena;
    struct said said = { "" };
    struct diag diag = { .sink = keep, .sink_data = &said };
    arena_init(&arena, 4096);
    struct userlist *list = userlist_create(&arena, "u", (struct diag_place){ 0 });
    struct userlist_user *ann = userlist_add_user(list, &arena, "ann"),
                         *bob = userlist_add_user(list, &arena, "bob");
    userlist_add_group(list, &arena, "admins")->users_text = "ann";
    EXPECT(userlist_add_group(list, &arena, "staff") != NULL);
    EXPECT(!userlist_add_group(list, &arena, "staff"));
    bob->groups_text = "staff";
    ann->groups_text = "staff,";
    EXPECT(userlist_resolve(list, &arena, &diag));
    EXPECT(userlist_user_in(list, ann, STR("admins")));
    EXPECT(userlist_user_in(list, ann, STR("staff")));
    EXPECT(userlist_user_in(list, bob, STR("staff")));
    EXPECT(!userlist_user_in(list, bob, STR("admins")));
    EXPECT(!userlist_user_in(list, bob, STR("nothing")));
    bob->groups_text = "staff,stuff";
    EXPECT(!userlist_resolve(list, &arena, &diag));
    EXPECT_STR(str_of(said.text), "config : userlist 'u': no such group 'stuff' specified in user 'bob'");
    arena_finish(&arena);
}

const struct test_row tests[] = {
    { "plain passwords are compared whole", passwords },
    { "hashed passwords are checked by crypt", hashes },
    { "groups by either side's line", groups },
    { 0 },
};
