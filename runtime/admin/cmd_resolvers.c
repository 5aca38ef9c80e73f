/* show resolvers: what each nameserver was asked and how it answered (management manual 9.3). */
#include "admin/cli.h"
#include "proxy/configuration.h"
#include "resolve/resolver.h"

static const struct {
    const char *name;
    size_t offset;
} counters[] = {
    { "sent", offsetof(struct nameserver_counters, sent) },
    { "snd_error", offsetof(struct nameserver_counters, send_error) },
    { "valid", offsetof(struct nameserver_counters, valid) },
    { "update", offsetof(struct nameserver_counters, update) },
    { "cname", offsetof(struct nameserver_counters, cname) },
    { "cname_error", offsetof(struct nameserver_counters, cname_error) },
    { "any_err", offsetof(struct nameserver_counters, any_error) },
    { "nx", offsetof(struct nameserver_counters, nx) },
    { "timeout", offsetof(struct nameserver_counters, timeout) },
    { "refused", offsetof(struct nameserver_counters, refused) },
    { "other", offsetof(struct nameserver_counters, other) },
    { "invalid", offsetof(struct nameserver_counters, invalid) },
    { "too_big", offsetof(struct nameserver_counters, too_big) },
    { "truncated", offsetof(struct nameserver_counters, truncated) },
    { "outdated", offsetof(struct nameserver_counters, outdated) },
};

static void show(const struct resolvers *resolvers, struct buf *out)
{
    buf_printf(out, "Resolvers section %s\n", resolvers->name);
    for (const struct nameserver *each = resolvers->nameservers; each; each = each->next) {
        buf_printf(out, " nameserver %s:\n", each->name);
        for (size_t i = 0; i < COUNT_OF(counters); i++) {
            const void *value = (const char *)&each->counters + counters[i].offset;
            buf_printf(out, "  %s:%*s%llu\n", counters[i].name, 12 - (int)strlen(counters[i].name), "",
                       (unsigned long long)*(const uint64_t *)value);
        }
    }
    buf_add_char(out, '\n');
}

static void cmd_show_resolvers(struct cli_command *command)
{
    const struct dict *all = &command->configuration->resolvers;
    const char *name = cli_arg(command, 0);
    if (name[0]) {
        const struct resolvers *one = dict_get(all, str_of(name));
        if (one)
            show(one, command->out);
        else
            cli_error(command, "Can't find that resolvers section");
        return;
    }
    struct dict_entry *entry = dict_next(all, NULL);
    if (!entry)
        buf_add(command->out, STR("no resolvers found\n"));
    for (; entry; entry = dict_next(all, entry))
        show(entry->value, command->out);
}

const struct command_row cmd_resolvers_rows[] = {
    { "show resolvers", CLI_USER,
      "show resolvers [id]                     : dumps counters from all resolvers section and associated "
      "name "
      "servers",
      cmd_show_resolvers, NULL },
    { 0 },
};
