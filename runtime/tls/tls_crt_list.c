/* Reading crt-list files (manual 5.1, "crt-list"). */
#include "tls/tls_crt_list.h"
#include "base/mem.h"
#include "tls/tls_ca.h"
#include "tls/tls_cert.h"

static bool wrong(struct buf *error, const char *format, ...) PRINTF_LIKE(2, 3);
static bool wrong(struct buf *error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    buf_vprintf(error, format, values);
    va_end(values);
    return false;
}

static struct str next_word(struct str *rest)
{
    *rest = str_trim(*rest);
    size_t end = 0;
    while (end < rest->size && rest->data[end] != ' ' && rest->data[end] != '\t' && rest->data[end] != '[')
        end++;
    struct str word = str_slice(*rest, 0, end);
    *rest = str_from(*rest, end);
    return word;
}

static bool read_options(struct tls_crt_line *line, struct str text, struct buf *error)
{
    struct arena *arena = &line->list->arena;
    struct str rest = str_trim(text);
    line->options = arena_copy(arena, rest).data;
    line->has_settings = rest.size > 0;
    while (rest.size) {
        char name[64];
        struct str word = next_word(&rest);
        str_to_c(word, name, sizeof(name));
        const struct tls_word *option = tls_word_find(name, TLS_IN_CRT_LIST);
        if (!option)
            return wrong(error, "unknown ssl keyword %s", name);
        struct str value = STR("");
        if (tls_word_has_value(option))
            value = arena_copy(arena, next_word(&rest));
        if (tls_word_has_value(option) && !value.size)
            return wrong(error, "ssl args out of '[]' for %s", name);
        rest = str_trim(rest);
        if (!value.data || !tls_word_set(option, &line->settings, value.data, arena, error))
            return false;
    }
    return true;
}

static bool read_filters(struct tls_crt_line *line, struct str rest, struct buf *error)
{
    struct arena *arena = &line->list->arena;
    unsigned room = 0;
    for (size_t i = 0; i < rest.size; i++)
        room += rest.data[i] == ' ' || rest.data[i] == '\t';
    line->filters = arena_zero(arena, (room + 1) * sizeof(*line->filters));
    for (rest = str_trim(rest); line->filters && rest.size; rest = str_trim(rest)) {
        struct str word = next_word(&rest);
        if (!word.size)
            return wrong(error, "too many '['");
        if (str_find_char(word, ']') != STR_NOT_FOUND)
            return wrong(error, "missing '['");
        if (line->filter_count > room)
            break;
        line->filters[line->filter_count++] = arena_copy(arena, word).data;
    }
    return line->filters || wrong(error, "out of memory");
}

/* All of the line but its certificate, whose path goes into path. */
static bool read_line(struct tls_crt_list *list, struct str text, struct tls_crt_line **out, char *path,
                      size_t path_size, struct buf *error)
{
    struct str rest = str_trim(text);
    *out = NULL;
    if (!rest.size || rest.data[0] == '#')
        return true;
    str_to_c(next_word(&rest), path, path_size);
    struct tls_crt_line *line = arena_zero(&list->arena, sizeof(*line));
    if (!line)
        return wrong(error, "out of memory");
    line->list = list;
    list_init(&line->entries);
    list_init(&line->link);
    rest = str_trim(rest);
    if (rest.size && rest.data[0] == '[') {
        size_t end = str_find_char(rest, ']');
        if (end == STR_NOT_FOUND)
            return wrong(error, "file terminated unexpectedly, no ']' closes '['.");
        if (!read_options(line, str_slice(rest, 1, end - 1), error))
            return false;
        rest = str_from(rest, end + 1);
    }
    *out = line;
    return read_filters(line, rest, error);
}

bool tls_crt_list_read(struct tls_crt_list *list, struct str text, struct tls_crt_line **out,
                       struct buf *error)
{
    struct tls_library *library = list->library;
    char path[4096];
    if (!read_line(list, text, out, path, sizeof(path), error) || !*out)
        return !*out && !error->size;
    const char *whole = tls_library_path(library, library->tuning.crt_base, path);
    (*out)->cert = whole ? tls_cert_load(library, whole, error) : NULL;
    return (*out)->cert != NULL;
}

static bool is_known(const struct tls_crt_list *list, const char *path, struct buf *error)
{
    return !path || tls_ca_find_written(list->library, path) || wrong(error, "unable to load %s", path);
}

bool tls_crt_list_read_known(struct tls_crt_list *list, struct str text, struct tls_crt_line **out,
                             struct buf *error)
{
    char path[4096];
    struct buf why = BUF_INIT;
    if (str_find_char(text, '\n') != STR_NOT_FOUND)
        return wrong(error, "only one line of payload is supported!");
    if (!read_line(list, text, out, path, sizeof(path), &why)) {
        wrong(error, "parsing [CLI:1]: %s", why.data ? why.data : "out of memory");
        buf_finish(&why);
        return false;
    }
    if (!*out)
        return wrong(error, "certificate '%.*s' does not exist!", STR_ARG(text));
    const char *whole = tls_library_path(list->library, list->library->tuning.crt_base, path);
    (*out)->cert = tls_cert_find(list->library, path);
    if (!(*out)->cert && whole)
        (*out)->cert = tls_cert_find(list->library, whole);
    if (!(*out)->cert)
        return wrong(error, "certificate '%s' does not exist!", path);
    if (!(*out)->cert->pem.leaf)
        return wrong(error, "certificate '%s' is empty!", path);
    const struct tls_settings *settings = &(*out)->settings;
    return is_known(list, settings->ca_file, error) && is_known(list, settings->ca_verify_file, error) &&
           is_known(list, settings->crl_file, error);
}

struct tls_crt_list *tls_crt_list_find(const struct tls_library *library, const char *path)
{
    return dict_get(&library->crt_lists, str_of(path));
}

static bool read_lines(struct tls_crt_list *list, struct str text, struct buf *error)
{
    while (text.data && text.size) {
        struct str one = str_split(&text, '\n');
        struct tls_crt_line *line = NULL;
        struct buf why = BUF_INIT;
        list->line_count++;
        if (one.size && one.data[one.size - 1] == '\r')
            one.size--;
        if (!tls_crt_list_read(list, one, &line, &why)) {
            wrong(error, "parsing [%s:%u]: %s", list->path, list->line_count,
                  why.data ? why.data : "out of memory");
            buf_finish(&why);
            return false;
        }
        buf_finish(&why);
        if (!line)
            continue;
        line->number = list->line_count;
        list_add_last(&list->lines, &line->link);
    }
    return true;
}

struct tls_crt_list *tls_crt_list_load(struct tls_library *library, const char *path, struct buf *error)
{
    struct tls_crt_list *list = tls_crt_list_find(library, path);
    struct buf text = BUF_INIT;
    if (list)
        return list;
    enum io_status status = library->platform->ops->file_read(library->platform, path, &text);
    if (status != IO_OK) {
        wrong(error, "cannot open file '%s' : %s", path,
              status == IO_NOT_FOUND ? "No such file or directory" : platform_status_text(status));
        buf_finish(&text);
        return NULL;
    }
    list = mem_zero(sizeof(*list));
    if (list) {
        list->library = library;
        list->path = mem_need_copy(str_of(path));
        arena_init(&list->arena, 1024);
        list_init(&list->lines);
        if (!read_lines(list, buf_str(&text), error) || !dict_set(&library->crt_lists, str_of(path), list)) {
            tls_crt_list_destroy(list);
            list = NULL;
        }
    }
    buf_finish(&text);
    return list;
}

void tls_crt_list_destroy(struct tls_crt_list *list)
{
    if (!list)
        return;
    arena_finish(&list->arena);
    mem_free(list->binds);
    mem_free(list->path);
    mem_free(list);
}

bool tls_crt_list_use(struct tls_crt_list *list, struct tls_bind *bind)
{
    struct tls_bind **grown = mem_resize(list->binds, (list->bind_count + 1) * sizeof(struct tls_bind *));
    if (!grown)
        return false;
    list->binds = grown;
    list->binds[list->bind_count++] = bind;
    return true;
}
