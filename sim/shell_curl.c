/* `curl`: one request over a connection that ends with the answer, over TLS when no certificate is to be verified (-k). */
#include "base/mem.h"
#include "base/units.h"
#include "sim/shell_parts.h"
#include "sim/sim_address.h"
#include <stdio.h>

enum { EXIT_CONNECT = 7, EXIT_REFUSED_BY_SERVER = 22, EXIT_EMPTY = 52, PATIENCE_S = 300 };

struct curl {
    bool fail, with_head, head_only, drop_body, insecure, tls;
    struct str method, url, data, headers;
    struct str place; /* of --unix-socket, --abstract-unix-socket */
    bool abstract;
};

/* The option at *at and its value; false: it is unknown here. */
static bool take_option(struct call *call, unsigned *at, struct curl *curl, struct buf *headers)
{
    struct str word = call->words[*at], value = *at + 1 < call->count ? call->words[*at + 1] : STR_NONE;
    const struct {
        const char *option;
        struct str *value;
    } values[] = { { "-X", &curl->method },
                   { "--request", &curl->method },
                   { "-d", &curl->data },
                   { "--data", &curl->data },
                   { "--unix-socket", &curl->place },
                   { "--abstract-unix-socket", &curl->place } };

    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (str_eq(word, str_of(values[i].option)) && value.data) {
            *values[i].value = value;
            curl->abstract |= str_starts(word, STR("--abstract"));
            ++*at;
            return true;
        }
    if ((str_eq(word, STR("-H")) || str_eq(word, STR("--header"))) && value.data) {
        buf_printf(headers, "%.*s\r\n", STR_ARG(value));
        ++*at;
        return true;
    }
    if (str_eq(word, STR("-o")) && str_eq(value, STR("/dev/null"))) {
        curl->drop_body = true;
        ++*at;
        return true;
    }
    for (size_t k = 1; k < word.size; k++) { /* several in one word */
        curl->fail |= word.data[k] == 'f';
        curl->with_head |= word.data[k] == 'i' || word.data[k] == 'I';
        curl->head_only |= word.data[k] == 'I';
        curl->insecure |= word.data[k] == 'k';
        if (!strchr("fiIsSk", word.data[k]))
            return false;
    }
    return word.size > 1;
}

/* "http://HOST[:PORT][/PATH]", or https. */
static bool take_url(struct curl *curl, struct str *host, struct str *path, struct addr *to)
{
    struct str rest = curl->url;
    char text[200];
    size_t slash;

    if (str_starts(rest, STR("http://")))
        rest = str_from(rest, 7);
    else if (str_starts(rest, STR("https://")) && curl->insecure)
        rest = str_from(rest, 8);
    else if (str_find(rest, STR("://")) != STR_NOT_FOUND)
        return false;
    curl->tls = str_starts(curl->url, STR("https:"));
    slash = str_find_char(rest, '/');
    *host = slash == STR_NOT_FOUND ? rest : str_slice(rest, 0, slash);
    *path = slash == STR_NOT_FOUND ? STR("/") : str_from(rest, slash);
    if (curl->place.data)
        snprintf(text, sizeof(text), "%s%.*s", curl->abstract ? "@" : "", STR_ARG(curl->place));
    else
        snprintf(text, sizeof(text), "%.*s%s", STR_ARG(*host),
                 str_find_char(*host, ':') != STR_NOT_FOUND ? ""
                 : curl->tls                                ? ":443"
                                                            : ":80");
    if (!host->size || !sim_address_parse(str_of(text), to))
        return false;
    to->tight = curl->abstract; /* the name without NULs behind it */
    return true;
}

static void write_request(const struct curl *curl, struct str host, struct str path, struct buf *out)
{
    struct str method = curl->method.data ? curl->method
                        : curl->head_only ? STR("HEAD")
                        : curl->data.data ? STR("POST")
                                          : STR("GET");

    buf_printf(out, "%.*s %.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n",
               STR_ARG(method), STR_ARG(path), STR_ARG(host));
    buf_printf(out, "%.*sConnection: close\r\n", STR_ARG(curl->headers));
    if (curl->data.data)
        buf_printf(out, "Content-Length: %zu\r\nContent-Type: application/x-www-form-urlencoded\r\n",
                   curl->data.size);
    buf_printf(out, "\r\n%.*s", STR_ARG(curl->data));
}

static void add_chunks(struct buf *out, struct str body)
{
    while (body.size) {
        size_t end = str_find(body, STR("\r\n")), size = 0;

        for (size_t i = 0; end != STR_NOT_FOUND && i < end && ascii_hex(body.data[i]) >= 0; i++)
            size = size * 16 + (size_t)ascii_hex(body.data[i]);
        if (end == STR_NOT_FOUND || !size)
            return;
        body = str_from(body, end + 2);
        buf_add(out, str_slice(body, 0, size));
        body = str_from(body, size + 2);
    }
}

/* What it prints of an answer; its exit code. */
static int show_answer(const struct curl *curl, struct str answer, struct buf *out)
{
    for (;;) {
        size_t end = str_find(answer, STR("\r\n\r\n"));
        struct str head = str_slice(answer, 0, end == STR_NOT_FOUND ? 0 : end + 4);
        int64_t status = 0;

        if (!head.size || !units_parse_int(str_slice(head, 9, 3), 100, 999, &status))
            return EXIT_EMPTY;
        answer = str_from(answer, head.size);
        if (curl->fail && status >= 400)
            return EXIT_REFUSED_BY_SERVER;
        if (curl->with_head && !curl->drop_body)
            buf_add(out, head);
        if (status < 200)
            continue; /* one before the answer */
        if (curl->drop_body)
            return 0;
        if (str_find_nocase(head, STR("\r\ntransfer-encoding: chunked")) != STR_NOT_FOUND)
            add_chunks(out, answer);
        else
            buf_add(out, answer);
        return 0;
    }
}

struct outcome shell_run_curl(struct call *call)
{
    struct curl curl = { 0 };
    struct buf headers = BUF_INIT, request = BUF_INIT;
    struct str host, path;
    struct errand *errand;
    struct outcome outcome;
    struct addr to;
    bool made, known = true;

    for (unsigned i = 1; i < call->count && known; i++) {
        if (call->words[i].size && call->words[i].data[0] == '-')
            known = take_option(call, &i, &curl, &headers);
        else if (!curl.url.data)
            curl.url = call->words[i];
        else
            known = false;
        if (!known)
            outcome = shell_stop(call->shell, "shell: 'curl %.*s' is not known here", call->words[i]);
    }
    curl.headers = headers.data ? buf_str(&headers) : STR("");
    if (known && !take_url(&curl, &host, &path, &to)) {
        outcome = shell_stop(call->shell, "shell: 'curl %.*s' is not known here", curl.url);
        known = false;
    }
    errand = known ? shell_next_errand(call->shell, curl.tls ? ERRAND_TLS : ERRAND_CURL, &made) : NULL;
    if (known && !errand) {
        outcome = shell_stop(call->shell, "shell: too many '%.*s'", call->words[0]);
    } else if (known) {
        if (made) {
            write_request(&curl, host, path, &request);
            errand->to = to;
            errand->wait_ns = PATIENCE_S * NS_PER_S;
            buf_add(&errand->in, buf_str(&request));
            if (curl.tls && curl.place.data) /* the host is a name then, which TLS tells the server */
                errand->server_name = mem_need_copy(host);
        }
        outcome = shell_ended(errand->exit_code == EXIT_TLS_FAILED ? EXIT_TLS_FAILED : EXIT_CONNECT);
        if (!errand->done)
            outcome = shell_errand_outcome(call->shell, errand, call->out);
        else if (!errand->exit_code)
            outcome = shell_ended(show_answer(&curl, buf_str(&errand->out), call->out));
    }
    buf_finish(&headers);
    buf_finish(&request);
    return outcome;
}
