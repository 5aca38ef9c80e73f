/* Rules are kept in the order of their statements and applied to each pair of hosts that they name. */
#include "sim/links.h"
#include "base/mem.h"
#include "base/units.h"
#include <stdio.h>
#include <stdlib.h>

struct link_host {
    struct link_host *next;
    struct net_host *host;
    char name[64];
};

struct link_rule {
    struct link_rule *next;
    char from[64], to[64]; /* "*": any */
    struct net_link link;
};

struct links {
    struct scenario *scenario;
    struct link_host *hosts;
    struct link_rule *rules, **last;
};

struct links *links_create(struct scenario *scenario, bool torture)
{
    struct links *links = mem_need(sizeof(*links));
    struct net_link link = net_get_link(scenario->net, NULL, NULL);

    links->scenario = scenario;
    links->last = &links->rules;
    if (torture) {
        link.random_segments = link.short_reads = link.short_writes = true;
        net_set_link(scenario->net, NULL, NULL, &link);
    }
    return links;
}

void links_destroy(struct links *links)
{
    while (links->hosts) {
        struct link_host *first = links->hosts;

        links->hosts = first->next;
        mem_free(first);
    }
    while (links->rules) {
        struct link_rule *first = links->rules;

        links->rules = first->next;
        mem_free(first);
    }
    mem_free(links);
}

static bool name_fits(const char *pattern, const char *name)
{
    return !strcmp(pattern, "*") || !strcmp(pattern, name);
}

/* For `only` as one of the ends; NULL: for all hosts that the rule names. */
static void apply(struct links *links, const struct link_rule *rule, const struct link_host *only)
{
    bool any_from = !strcmp(rule->from, "*"), any_to = !strcmp(rule->to, "*");
    struct net *net = links->scenario->net;

    if (any_from && any_to) {
        if (!only)
            net_set_link(net, NULL, NULL, &rule->link);
        return;
    }
    for (struct link_host *a = links->hosts; a; a = a->next) {
        if (any_from && name_fits(rule->to, a->name) && (!only || a == only))
            net_set_link(net, NULL, a->host, &rule->link);
        if (any_to && name_fits(rule->from, a->name) && (!only || a == only))
            net_set_link(net, a->host, NULL, &rule->link);
        if (any_from || any_to || !name_fits(rule->from, a->name))
            continue;
        for (struct link_host *b = links->hosts; b; b = b->next)
            if (name_fits(rule->to, b->name) && (!only || a == only || b == only))
                net_set_link(net, a->host, b->host, &rule->link);
    }
}

void links_add_host(struct links *links, const char *name, struct net_host *host)
{
    struct link_host *added = mem_need(sizeof(*added));

    snprintf(added->name, sizeof(added->name), "%.63s", name);
    added->host = host;
    added->next = links->hosts;
    links->hosts = added;
    for (struct link_rule *rule = links->rules; rule; rule = rule->next)
        apply(links, rule, added);
}

void links_remove_host(struct links *links, const struct net_host *host)
{
    for (struct link_host **at = &links->hosts; *at; at = &(*at)->next) {
        struct link_host *found = *at;

        if (found->host != host)
            continue;
        *at = found->next;
        mem_free(found);
        return;
    }
}

/* ---- the statement ---- */

/* What the newest rule for exactly these names says, else what holds for all. */
static struct net_link link_of(struct links *links, const char *from, const char *to)
{
    struct net_link link = net_get_link(links->scenario->net, NULL, NULL);

    for (struct link_rule *rule = links->rules; rule; rule = rule->next)
        if (!strcmp(rule->from, from) && !strcmp(rule->to, to))
            link = rule->link;
    return link;
}

static bool parse_size(struct str text, uint32_t *out)
{
    uint64_t size;
    const char *stop;

    if (units_parse_size(text, &size, &stop) != UNITS_OK || !size || size > 1u << 30)
        return false;
    *out = (uint32_t)size;
    return true;
}

/* "5ms" or "5ms..40ms" */
static bool parse_latency(struct str text, struct net_link *link)
{
    size_t dots = str_find(text, STR(".."));
    struct str low = dots == STR_NOT_FOUND ? text : str_slice(text, 0, dots);
    struct str high = dots == STR_NOT_FOUND ? text : str_from(text, dots + 2);

    return actor_parse_duration(low, &link->latency_min_ns) &&
           actor_parse_duration(high, &link->latency_max_ns) && link->latency_min_ns <= link->latency_max_ns;
}

/* "1%", with a fraction if need be. */
static bool parse_loss(struct str text, uint32_t *out)
{
    char *end;
    double percent;

    if (!text.size || !ascii_digit(text.data[0]))
        return false;
    percent = strtod(text.data, &end);
    if (strcmp(end, "%") != 0 || percent > 100)
        return false;
    *out = (uint32_t)(percent * 10000 + 0.5);
    return true;
}

/* Words such as: latency 5ms..40ms mss 536 buffer 16k loss 1% random_segments short_reads short_writes */
static bool parse_facts(struct actor *top, struct str text, struct net_link *link)
{
    struct lex_command *commands;
    struct lex_mistake mistake;
    unsigned count;

    if (!scenario_lex(text, top->command->text.line, &top->scenario->arena, &commands, &count, &mistake))
        return false;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned w = 0; w < commands[i].count; w++) {
            struct str name = commands[i].words[w].text;
            struct str value = w + 1 < commands[i].count ? commands[i].words[w + 1].text : STR("");
            bool fine = true, takes = true;

            if (str_eq(name, STR("latency"))) {
                fine = parse_latency(value, link);
            } else if (str_eq(name, STR("mss"))) {
                fine = parse_size(value, &link->segment_max);
            } else if (str_eq(name, STR("buffer"))) {
                fine = parse_size(value, &link->send_buffer);
                link->receive_buffer = link->send_buffer;
            } else if (str_eq(name, STR("rate"))) {
                fine = parse_size(value, &link->rate);
            } else if (str_eq(name, STR("loss"))) {
                fine = parse_loss(value, &link->loss);
            } else if (str_eq(name, STR("duplicate"))) {
                fine = parse_loss(value, &link->duplicates);
            } else if (str_eq(name, STR("reorder"))) {
                fine = parse_loss(value, &link->reorders);
            } else {
                takes = false;
                link->random_segments |= str_eq(name, STR("random_segments"));
                link->short_reads |= str_eq(name, STR("short_reads"));
                link->short_writes |= str_eq(name, STR("short_writes"));
                fine = str_eq(name, STR("random_segments")) || str_eq(name, STR("short_reads")) ||
                       str_eq(name, STR("short_writes"));
            }
            if (!fine) {
                actor_wrong(
                    top,
                    "a link has latency 5ms..40ms, mss 536, buffer 16k, rate 100k, loss 1%%, duplicate 1%%, "
                    "reorder 1%%, random_segments, short_reads, short_writes; not '%.*s'",
                    STR_ARG(name));
                return false;
            }
            w += takes;
        }
    }
    return true;
}

static void add_rule(struct links *links, struct str from, struct str to, const struct net_link *link)
{
    struct link_rule *rule = mem_need(sizeof(*rule));

    str_to_c(from, rule->from, sizeof(rule->from));
    str_to_c(to, rule->to, sizeof(rule->to));
    rule->link = *link;
    *links->last = rule;
    links->last = &rule->next;
    apply(links, rule, NULL);
    world_trace(links->scenario->world, EV_FAULT, links->scenario->top->entity, link->cut,
                link->latency_min_ns, link->cut ? STR("link is cut") : STR("link is set"));
}

void links_cut_off(struct links *links, const char *name, bool cut)
{
    struct net_link out = link_of(links, name, "*"), in = link_of(links, "*", name);

    out.cut = in.cut = cut;
    add_rule(links, str_of(name), STR("*"), &out);
    add_rule(links, STR("*"), str_of(name), &in);
}

/* 0: off, as in half of the runs; else 1 to 3. */
static uint32_t level(struct links *links)
{
    uint32_t drawn = world_choose(links->scenario->world, SITE_SWARM, 0, 6);

    return drawn > 2 ? drawn - 2 : 0;
}

void links_swarm(struct links *links)
{
    static const uint64_t latency_ms[] = { 0, 1, 20, 200 };
    static const uint32_t segments[] = { 0, 1460, 200, 20 }, buffers[] = { 0, 65536, 8192, 2048 };
    static const uint32_t losses[] = { 0, 1000, 10000, 50000 };
    struct net_link link = net_get_link(links->scenario->net, NULL, NULL);
    uint32_t drawn;

    if ((drawn = level(links)))
        link.latency_max_ns = latency_ms[drawn] * NS_PER_MS;
    if ((drawn = level(links)))
        link.segment_max = segments[drawn];
    if ((drawn = level(links)))
        link.send_buffer = link.receive_buffer = buffers[drawn];
    link.loss = losses[level(links)];
    link.random_segments = level(links);
    link.short_reads = level(links);
    link.short_writes = level(links);
    net_set_link(links->scenario->net, NULL, NULL, &link);
}

void links_heal(struct links *links)
{
    struct net_link all = net_get_link(links->scenario->net, NULL, NULL);

    all.cut = false;
    all.loss = 0;
    net_set_link(links->scenario->net, NULL, NULL, &all);
    for (struct link_rule *rule = links->rules; rule; rule = rule->next) {
        rule->link.cut = false;
        rule->link.loss = 0;
        apply(links, rule, NULL);
    }
}

static enum actor_step set_one(struct actor *top, struct str from, struct str to)
{
    struct links *links = top->scenario->links;
    char names[2][64];
    struct net_link link;

    str_to_c(from, names[0], sizeof(names[0]));
    str_to_c(to, names[1], sizeof(names[1]));
    link = link_of(links, names[0], names[1]);
    if (actor_word_is(top, 2, "cut"))
        link.cut = true;
    else if (actor_word_is(top, 2, "heal"))
        link.cut = false;
    else if (!parse_facts(top, actor_word(top, 2), &link))
        return STEP_FAILED;
    add_rule(links, from, to, &link);
    return STEP_NEXT;
}

enum actor_step links_statement(struct actor *top)
{
    struct str ends = actor_word(top, 1);
    size_t both = str_find(ends, STR("<->")), one = str_find(ends, STR("->"));

    if (str_eq(ends, STR("*")))
        return set_one(top, ends, ends);
    if (both != STR_NOT_FOUND) {
        struct str a = str_slice(ends, 0, both), b = str_from(ends, both + 3);

        return set_one(top, a, b) == STEP_NEXT ? set_one(top, b, a) : STEP_FAILED;
    }
    if (one != STR_NOT_FOUND)
        return set_one(top, str_slice(ends, 0, one), str_from(ends, one + 2));
    return actor_wrong(top, "a link is written A->B, A<->B or *, not '%.*s'", STR_ARG(ends));
}
