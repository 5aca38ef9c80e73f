/* Keywords of several words are looked at word by word: when "timeout" begins rows but "timeout clent" is
 * none, the fault is in the second word, and only words that may follow "timeout" in this section are
 * proposed. */
#include "config/cfg_unknown.h"
#include "config/cfg_directive.h"
#include <stdio.h>

#define LISTED_MAX 24u /* more words than this are not listed in a message */
#define NO_SLIP    1000u

struct nearest {
    const char *word;
    size_t size;
    unsigned distance;
};

static void consider(struct nearest *nearest, struct str wanted, struct str known)
{
    unsigned distance = diag_distance(wanted, known);
    if (distance < nearest->distance)
        *nearest = (struct nearest){ known.data, known.size, distance };
}

static bool stands_in(const struct word *word, enum cfg_section section)
{
    for (; word; word = word->next)
        if (((const struct keyword_row *)word->row)->sections & section)
            return true;
    return false;
}

/* Word i (from 0) of a keyword; data NULL past its end. */
static struct str keyword_word(struct str keyword, unsigned i)
{
    for (; i && keyword.data; i--)
        str_split(&keyword, ' ');
    return keyword.data ? str_split(&keyword, ' ') : STR_NONE;
}

/* How many of the line's first words begin this keyword. */
static unsigned common_words(const struct cfg_line *line, struct str keyword)
{
    unsigned common = 0;
    while (common < line->count) {
        struct str word = keyword_word(keyword, common);
        if (!word.data || !str_eq(word, str_of(line->words[common])))
            break;
        common++;
    }
    return common;
}

#define EACH_KEYWORD(entry, dict)                                                                            \
    for (const struct dict_entry *entry = dict_next(dict, NULL); entry; entry = dict_next(dict, entry))

/* The most words that the line has in common with a keyword of this section. */
static unsigned known_words(const struct cfg_line *line)
{
    const struct dict *keywords = &line->reader->words->by_name[WORD_KEYWORD];
    unsigned most = 0;
    EACH_KEYWORD(entry, keywords)
    {
        unsigned common = common_words(line, entry->key);
        if (common > most && stands_in(entry->value, line->section))
            most = common;
    }
    return most;
}

struct followers {
    struct str words[LISTED_MAX];
    unsigned count; /* may pass LISTED_MAX: then they are too many to list */
    struct nearest nearest;
};

static void add_follower(struct followers *followers, struct str word)
{
    for (unsigned i = 0; i < followers->count && i < LISTED_MAX; i++)
        if (str_eq(followers->words[i], word))
            return;
    if (followers->count < LISTED_MAX)
        followers->words[followers->count] = word;
    followers->count++;
}

/* The words that may stand behind the line's first `known` ones. What was meant may also be a word of the other side,
 * which would only have been ignored here. */
static void find_followers(const struct cfg_line *line, unsigned known, struct followers *followers)
{
    const struct dict *keywords = &line->reader->words->by_name[WORD_KEYWORD];
    *followers = (struct followers){ .nearest.distance = NO_SLIP };
    EACH_KEYWORD(entry, keywords)
    {
        struct str word = keyword_word(entry->key, known);
        bool here = stands_in(entry->value, line->section);
        if (!word.data || common_words(line, entry->key) != known ||
            (!here && !(line->section & IN_PROXY && stands_in(entry->value, IN_PROXY))))
            continue;
        if (here)
            add_follower(followers, word);
        consider(&followers->nearest, str_of(cfg_word(line, known)), word);
    }
}

static void list_followers(struct buf *out, const struct followers *followers)
{
    if (!followers->count || followers->count > LISTED_MAX)
        return;
    buf_add_c(out, ", expects ");
    for (unsigned i = 0; i < followers->count; i++)
        buf_printf(out, "%s'%.*s'",
                   i == 0                      ? ""
                   : i + 1 == followers->count ? " or "
                                               : ", ",
                   STR_ARG(followers->words[i]));
}

static void say(struct cfg_line *line, struct buf *message)
{
    cfg_error(line, "%s", message->failed || !message->data ? "out of memory" : message->data);
    buf_finish(message);
}

/* The first `known` words begin keywords, the next one does not go on with any. */
static void say_bad_follower(struct cfg_line *line, unsigned known)
{
    struct followers followers;
    find_followers(line, known, &followers);
    struct buf prefix = BUF_INIT, message = BUF_INIT;
    for (unsigned i = 0; i < known; i++)
        buf_printf(&prefix, "%s%s", i ? " " : "", line->words[i]);
    const char *name = prefix.failed ? line->words[0] : prefix.data;
    const char *word = cfg_word(line, known);
    bool vowel = strchr("aeiou", name[0]) != NULL;
    if (!word[0] && followers.count > LISTED_MAX) {
        buf_printf(&message, "'%s' expects a%s %s name.", name, vowel ? "n" : "", name);
    } else if (!word[0]) {
        buf_printf(&message, "missing keyword in '%s'", name);
        list_followers(&message, &followers);
    } else {
        buf_printf(&message, "unknown %s '%s'", name, word);
        if (followers.nearest.word)
            buf_printf(&message, "; did you mean '%.*s' maybe ?", (int)followers.nearest.size,
                       followers.nearest.word);
        else
            list_followers(&message, &followers);
    }
    buf_finish(&prefix);
    say(line, &message);
}

static void consider_sections(const struct cfg_line *line, struct nearest *nearest)
{
    const struct dict *sections = &line->reader->words->by_name[WORD_SECTION];
    EACH_KEYWORD(entry, sections)
    consider(nearest, str_of(cfg_word(line, 0)), entry->key);
}

/* As many words of the line as the keyword has, against the keyword; and the first word against its first. */
static void consider_keyword(const struct cfg_line *line, struct nearest *nearest, struct str keyword)
{
    struct str first = keyword_word(keyword, 0);
    if (first.size == keyword.size) {
        consider(nearest, str_of(line->words[0]), keyword);
        return;
    }
    char written[128];
    size_t size = 0;
    for (unsigned i = 0; keyword_word(keyword, i).data && size < sizeof(written); i++)
        size +=
            (size_t)snprintf(written + size, sizeof(written) - size, "%s%s", i ? " " : "", cfg_word(line, i));
    if (size < sizeof(written))
        consider(nearest, str_make(written, size), keyword);
    consider(nearest, str_of(line->words[0]), first);
}

static void say_unknown(struct cfg_line *line)
{
    struct nearest nearest = { .distance = NO_SLIP };
    const struct dict *keywords = &line->reader->words->by_name[WORD_KEYWORD];
    EACH_KEYWORD(entry, keywords)
    {
        if (stands_in(entry->value, line->section))
            consider_keyword(line, &nearest, entry->key);
    }
    consider_sections(line, &nearest);
    struct buf message = BUF_INIT;
    buf_printf(&message, "unknown keyword '%s' in '%s' section", line->words[0], line->reader->section->word);
    if (nearest.word)
        buf_printf(&message, "; did you mean '%.*s' maybe ?", (int)nearest.size, nearest.word);
    say(line, &message);
}

void cfg_unknown_keyword(struct cfg_line *line, const struct keyword_row *elsewhere)
{
    unsigned allowed = elsewhere ? elsewhere->sections : 0;
    if (line->section == IN_DEFAULTS && (allowed & IN_PROXY)) {
        cfg_error(line, "'%s' not allowed in 'defaults' section.", elsewhere->words);
    } else if (line->section == IN_FRONTEND && (allowed & IN_PROXY)) {
        cfg_warn(line, "'%s' ignored because frontend '%s' has no backend capability.", elsewhere->words,
                 cfg_section_name(line->reader));
    } else if (line->section == IN_BACKEND && (allowed & IN_PROXY)) {
        cfg_warn(line, "'%s' ignored because backend '%s' has no frontend capability.", elsewhere->words,
                 cfg_section_name(line->reader));
    } else {
        unsigned known = known_words(line);
        if (known)
            say_bad_follower(line, known);
        else
            say_unknown(line);
    }
}

void cfg_unknown_section(struct cfg_line *line)
{
    struct nearest nearest = { .distance = NO_SLIP };
    consider_sections(line, &nearest);
    if (nearest.word)
        cfg_reader_say(line->reader, DIAG_ALERT, line->place,
                       "unknown keyword '%s' out of section; did you mean '%.*s' maybe ?", line->words[0],
                       (int)nearest.size, nearest.word);
    else
        cfg_reader_say(line->reader, DIAG_ALERT, line->place, "unknown keyword '%s' out of section.",
                       line->words[0]);
}
