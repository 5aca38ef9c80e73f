/* Programs of the shell that read text and write text, bytes as in the C locale: cat head tail wc cut tr sort. */
#include "base/mem.h"
#include "base/units.h"
#include "sim/shell_parts.h"

bool shell_read_file(struct shell *shell, struct str path, struct buf *out)
{
    struct buf *written = dict_get(&shell->scenario->files, path);

    if (written)
        buf_add(out, buf_str(written));
    return written || scenario_take_file(shell->scenario, path.data, out);
}

bool shell_input(struct call *call, unsigned first, struct buf *content, struct str *text)
{
    *text = call->in;
    for (unsigned i = first; i < call->count; i++) {
        if (str_eq(call->words[i], STR("-")))
            buf_add(content, call->in);
        else if (!shell_read_file(call->shell, call->words[i], content))
            return false;
    }
    if (first < call->count)
        *text = buf_str(content);
    return true;
}

bool shell_take_line(struct str *text, struct str *line)
{
    size_t end;

    if (!text->size)
        return false;
    end = str_find_char(*text, '\n');
    *line = str_slice(*text, 0, end == STR_NOT_FOUND ? text->size : end);
    *text = str_from(*text, end == STR_NOT_FOUND ? text->size : end + 1);
    return true;
}

void shell_add_line(struct buf *out, struct str line)
{
    buf_add(out, line);
    buf_add_char(out, '\n');
}

struct outcome shell_unknown_use(struct call *call)
{
    return shell_stop(call->shell, "shell: this use of '%.*s' is not known here", call->words[0]);
}

static struct outcome run_cat(struct call *call)
{
    struct buf content = BUF_INIT;
    struct str text;
    bool there = shell_input(call, 1, &content, &text);

    if (there)
        buf_add(call->out, text);
    buf_finish(&content);
    return shell_ended(there ? 0 : 1);
}

/* ---- head, tail, wc ---- */

/* "-n 3", "-n3", "-3", "-c 3"; *files: the first word behind. */
static bool read_count(const struct call *call, struct str *count, bool *bytes, unsigned *files)
{
    struct str word = call->count > 1 ? call->words[1] : STR("");

    *count = STR("10");
    *bytes = false;
    *files = 1;
    if (word.size < 2 || word.data[0] != '-')
        return true;
    *files = 2;
    *count = str_from(word, 1);
    if (word.data[1] != 'n' && word.data[1] != 'c')
        return true;
    *bytes = word.data[1] == 'c';
    *count = str_from(word, 2);
    if (!count->size && call->count > 2)
        *count = call->words[(*files)++];
    return count->size > 0;
}

static size_t behind_lines(struct str text, int64_t lines)
{
    struct str rest = text, line;

    while (lines-- > 0 && shell_take_line(&rest, &line))
        ;
    return text.size - rest.size;
}

static int64_t count_lines(struct str text)
{
    struct str line;
    int64_t count = 0;

    while (shell_take_line(&text, &line))
        count++;
    return count;
}

static struct outcome run_head_tail(struct call *call)
{
    bool head = str_eq(call->words[0], STR("head")), bytes, from_there;
    struct buf content = BUF_INIT;
    struct str text, count;
    unsigned files;
    int64_t number, skipped;
    size_t cut;

    if (!read_count(call, &count, &bytes, &files))
        return shell_unknown_use(call);
    from_there = !head && count.data[0] == '+';
    if (!units_parse_int(str_from(count, from_there), 0, INT32_MAX, &number) || files + 1 < call->count)
        return shell_unknown_use(call);
    if (!shell_input(call, files, &content, &text)) {
        buf_finish(&content);
        return shell_ended(1);
    }
    if (head || from_there)
        skipped = from_there && number ? number - 1 : number;
    else
        skipped = (bytes ? (int64_t)text.size : count_lines(text)) - number;
    if (skipped < 0)
        skipped = 0;
    cut = bytes ? (size_t)skipped : behind_lines(text, skipped);
    buf_add(call->out, head ? str_slice(text, 0, cut) : str_from(text, cut));
    buf_finish(&content);
    return shell_ended(0);
}

/* One count of one text. */
static struct outcome run_wc(struct call *call)
{
    struct buf content = BUF_INIT;
    struct str text;
    size_t lines = 0, words = 0;
    bool in_word = false;

    if (call->count < 2 || call->count > 3 || call->words[1].size != 2 || call->words[1].data[0] != '-' ||
        !strchr("lwc", call->words[1].data[1]))
        return shell_unknown_use(call);
    if (!shell_input(call, 2, &content, &text)) {
        buf_finish(&content);
        return shell_ended(1);
    }
    for (size_t i = 0; i < text.size; i++) {
        bool blank = strchr(" \t\n\r\v\f", text.data[i]) && text.data[i];

        lines += text.data[i] == '\n';
        words += !blank && !in_word;
        in_word = !blank;
    }
    buf_printf(call->out, "%zu",
               call->words[1].data[1] == 'l'   ? lines
               : call->words[1].data[1] == 'w' ? words
                                               : text.size);
    if (call->count == 3)
        buf_printf(call->out, " %.*s", STR_ARG(call->words[2]));
    buf_add_char(call->out, '\n');
    buf_finish(&content);
    return shell_ended(0);
}

/* ---- cut ---- */

/* Is the number in a list such as "1,3-5,7-"? */
static bool in_list(struct str list, int64_t number)
{
    while (list.size) {
        struct str one = str_split(&list, ',');
        size_t dash = str_find_char(one, '-');
        struct str first = dash == STR_NOT_FOUND ? one : str_slice(one, 0, dash);
        struct str last = dash == STR_NOT_FOUND ? one : str_from(one, dash + 1);
        int64_t from = 1, to = INT64_MAX;

        if ((!first.size || units_parse_int(first, 1, INT32_MAX, &from)) &&
            (!last.size || units_parse_int(last, 1, INT32_MAX, &to)) && number >= from && number <= to)
            return true;
    }
    return false;
}

struct cut {
    char kind; /* 'f' or 'c' */
    char between;
    struct str list;
    unsigned files;
};

static bool cut_options(const struct call *call, struct cut *cut)
{
    unsigned i = 1;

    for (; i < call->count && call->words[i].size > 1 && call->words[i].data[0] == '-'; i++) {
        char option = call->words[i].data[1];
        struct str value = str_from(call->words[i], 2);

        if (!value.size && i + 1 < call->count)
            value = call->words[++i];
        if (option == 'd' && value.size == 1)
            cut->between = value.data[0];
        else if ((option == 'f' || option == 'c') && !cut->kind) {
            cut->kind = option;
            cut->list = value;
        } else
            return false;
    }
    cut->files = i;
    for (size_t k = 0; k < cut->list.size; k++)
        if (!ascii_digit(cut->list.data[k]) && cut->list.data[k] != ',' && cut->list.data[k] != '-')
            return false;
    return cut->kind && cut->list.size;
}

static void cut_line(const struct cut *cut, struct str line, struct buf *out)
{
    bool any = false;

    if (cut->kind == 'f' && str_find_char(line, cut->between) == STR_NOT_FOUND) {
        buf_add(out, line);
        return;
    }
    for (int64_t number = 1; line.data && (cut->kind == 'f' || line.size); number++) {
        struct str piece = cut->kind == 'f' ? str_split(&line, cut->between) : str_slice(line, 0, 1);

        if (cut->kind == 'c')
            line = str_from(line, 1);
        if (!in_list(cut->list, number))
            continue;
        if (any && cut->kind == 'f')
            buf_add_char(out, cut->between);
        buf_add(out, piece);
        any = true;
    }
}

static struct outcome run_cut(struct call *call)
{
    struct cut cut = { .between = '\t' };
    struct buf content = BUF_INIT;
    struct str text, line;
    bool there;

    if (!cut_options(call, &cut))
        return shell_unknown_use(call);
    there = shell_input(call, cut.files, &content, &text);
    while (there && shell_take_line(&text, &line)) {
        cut_line(&cut, line, call->out);
        buf_add_char(call->out, '\n');
    }
    buf_finish(&content);
    return shell_ended(there ? 0 : 1);
}

/* ---- tr ---- */

/* A set such as "a-z\n" or "[:upper:]" as its members; false: something that is unknown here. */
static bool expand_set(struct str text, struct buf *out)
{
    static const struct {
        const char *name;
        char from, to;
    } classes[] = { { "[:upper:]", 'A', 'Z' }, { "[:lower:]", 'a', 'z' }, { "[:digit:]", '0', '9' } };

    while (text.size) {
        char c = text.data[0], last;
        bool is_class = false;

        for (size_t i = 0; i < COUNT_OF(classes); i++) {
            if (!str_starts(text, str_of(classes[i].name)))
                continue;
            for (char member = classes[i].from; member <= classes[i].to; member++)
                buf_add_char(out, member);
            text = str_from(text, strlen(classes[i].name));
            is_class = true;
            break;
        }
        if (is_class)
            continue;
        if (str_starts(text, STR("[:")) || str_starts(text, STR("[=")))
            return false;
        text = str_from(text, 1);
        if (c == '\\' && text.size) {
            static const char from[] = "nrt\\", to[] = "\n\r\t\\";
            const char *known = strchr(from, text.data[0]);

            if (!known)
                return false;
            c = to[known - from];
            text = str_from(text, 1);
        }
        last = c;
        if (text.size > 1 && text.data[0] == '-') {
            last = text.data[1];
            text = str_from(text, 2);
        }
        if ((unsigned char)last < (unsigned char)c || last == '\\')
            return false;
        for (int member = (unsigned char)c; member <= (unsigned char)last; member++)
            buf_add_char(out, (char)member);
    }
    return true;
}

static struct outcome run_tr(struct call *call)
{
    struct str option = call->count > 1 ? call->words[1] : STR("");
    bool drops = str_eq(option, STR("-d")), squeezes = str_eq(option, STR("-s"));
    struct buf from = BUF_INIT, to = BUF_INIT;
    unsigned sets = drops || squeezes ? 2 : 1;
    char last = '\0', with[256];
    bool member[256] = { false }, first = true, known;

    known = call->count == sets + (sets == 2 ? 1 : 2) &&
            (sets == 2 || option.size < 2 || option.data[0] != '-') && expand_set(call->words[sets], &from) &&
            (sets == 2 || (expand_set(call->words[2], &to) && to.size));
    for (size_t i = 0; known && i < from.size; i++) {
        unsigned char c = (unsigned char)from.data[i];

        member[c] = true;
        if (to.size)
            with[c] = to.data[i < to.size ? i : to.size - 1];
    }
    for (size_t i = 0; known && i < call->in.size; i++) {
        char c = call->in.data[i];
        bool is_member = member[(unsigned char)c];

        if (is_member && (drops || (squeezes && !first && c == last)))
            continue;
        buf_add_char(call->out, is_member && sets == 1 ? with[(unsigned char)c] : c);
        last = c;
        first = false;
    }
    buf_finish(&from);
    buf_finish(&to);
    return known ? shell_ended(0) : shell_unknown_use(call);
}

/* ---- sort ---- */

struct sort {
    bool once, numbers, backwards;
};

static int64_t number_of(struct str line)
{
    size_t begin = 0, end;
    int64_t value = 0;

    while (begin < line.size && (line.data[begin] == ' ' || line.data[begin] == '\t'))
        begin++;
    end = begin + (begin < line.size && line.data[begin] == '-');
    while (end < line.size && ascii_digit(line.data[end]))
        end++;
    return units_parse_int(str_slice(line, begin, end - begin), INT64_MIN / 2, INT64_MAX / 2, &value) ? value
                                                                                                      : 0;
}

static int compare(const struct sort *sort, struct str a, struct str b)
{
    int order = 0;

    if (sort->numbers) {
        int64_t first = number_of(a), second = number_of(b);

        order = (first > second) - (first < second);
    }
    if (!order && !(sort->numbers && sort->once))
        order = str_compare(a, b);
    return sort->backwards ? -order : order;
}

static struct outcome run_sort(struct call *call)
{
    struct sort sort = { false };
    struct buf content = BUF_INIT;
    struct str text, line, *lines;
    size_t count = 0;
    unsigned i = 1;
    bool there;

    for (; i < call->count && call->words[i].size > 1 && call->words[i].data[0] == '-'; i++)
        for (size_t k = 1; k < call->words[i].size; k++) {
            sort.once |= call->words[i].data[k] == 'u';
            sort.numbers |= call->words[i].data[k] == 'n';
            sort.backwards |= call->words[i].data[k] == 'r';
            if (!strchr("unr", call->words[i].data[k]))
                return shell_unknown_use(call);
        }
    there = shell_input(call, i, &content, &text);
    lines = mem_need((size_t)(there ? count_lines(text) + 1 : 1) * sizeof(*lines));
    while (there && shell_take_line(&text, &line)) {
        size_t at = count;

        while (at && compare(&sort, lines[at - 1], line) > 0)
            at--;
        if (sort.once && at && compare(&sort, lines[at - 1], line) == 0)
            continue;
        memmove(&lines[at + 1], &lines[at], (count - at) * sizeof(*lines));
        lines[at] = line;
        count++;
    }
    for (size_t k = 0; k < count; k++)
        shell_add_line(call->out, lines[k]);
    mem_free(lines);
    buf_finish(&content);
    return shell_ended(there ? 0 : 2);
}

const struct program_row shell_text_rows[] = {
    { "cat", run_cat, "the bytes of files, or of its input" },
    { "head", run_head_tail, "the first lines (-n N, -N) or bytes (-c N)" },
    { "tail", run_head_tail, "the last lines or bytes; -n +N: from the N-th on" },
    { "wc", run_wc, "one count: -l -w -c" },
    { "cut", run_cut, "fields (-d -f) or bytes (-c) of each line" },
    { "tr", run_tr, "one set of bytes as another, without one (-d), without repeats (-s)" },
    { "sort", run_sort, "lines in order; -n -r -u" },
    { 0 },
};
