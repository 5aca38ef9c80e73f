/* crt-list files: a certificate a line, with options in brackets and names that it is for. */
#ifndef TLS_TLS_CRT_LIST_H
#define TLS_TLS_CRT_LIST_H
#include "tls/tls_library.h"
#include "tls/tls_settings.h"

struct tls_bind;
struct tls_cert;
struct tls_crt_list;

struct tls_crt_line {
    struct list link; /* the list's lines */
    struct tls_crt_list *list;
    struct tls_cert *cert;
    struct tls_settings settings;
    bool has_settings;
    const char *options;  /* as written, without brackets; NULL: none */
    const char **filters; /* "*.a.com", "!www.a.com" */
    unsigned filter_count;
    unsigned number; /* in the file; later ones count on */
    struct list entries;
};

struct tls_crt_list {
    struct tls_library *library;
    char *path;
    struct arena arena;
    struct list lines;
    struct tls_bind **binds; /* that use it */
    unsigned bind_count, line_count;
};

struct tls_crt_list *tls_crt_list_load(struct tls_library *library, const char *path,
                                       struct buf *error) MUST_USE;
struct tls_crt_list *tls_crt_list_find(const struct tls_library *library, const char *path);
void tls_crt_list_destroy(struct tls_crt_list *list);
/* Reads "cert [options] filters". *out NULL with true: the line holds nothing. The line is not in the list yet. */
bool tls_crt_list_read(struct tls_crt_list *list, struct str text, struct tls_crt_line **out,
                       struct buf *error) MUST_USE;
/* The same with a certificate that is in the store already; no file is read. */
bool tls_crt_list_read_known(struct tls_crt_list *list, struct str text, struct tls_crt_line **out,
                             struct buf *error) MUST_USE;
bool tls_crt_list_use(struct tls_crt_list *list, struct tls_bind *bind) MUST_USE;

#endif
